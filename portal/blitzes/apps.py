from django.apps import AppConfig


class BlitzesConfig(AppConfig):
    name = "portal.blitzes"
    verbose_name = "Blitzes"
