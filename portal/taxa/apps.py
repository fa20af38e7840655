from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TaxaConfig(AppConfig):
    name = "portal.taxa"
    verbose_name = _("Taxa")
