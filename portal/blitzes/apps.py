from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BlitzesConfig(AppConfig):
    name = "portal.blitzes"
    verbose_name = _("Blitzes")
