from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RefreshConfig(AppConfig):
    name = "portal.refresh"
    verbose_name = _("Refresh")
