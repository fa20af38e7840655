from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CutoffsConfig(AppConfig):
    name = "portal.cutoffs"
    verbose_name = _("Cutoffs")
