from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HotspotsConfig(AppConfig):
    name = "portal.hotspots"
    verbose_name = _("Hotspots")

    def ready(self) -> None:
        from portal.hotspots import slots  # noqa: F401  # what other pages show of hotspots
