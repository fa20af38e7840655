from django.apps import AppConfig


class HotspotsConfig(AppConfig):
    name = "portal.hotspots"
    verbose_name = "Hotspots"
