from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApiConfig(AppConfig):
    name = "portal.api"
    verbose_name = _("API")

    def ready(self) -> None:
        """Let drf-spectacular know how the tokens are sent."""
        from portal.api import schema  # noqa: F401
