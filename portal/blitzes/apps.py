from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BlitzesConfig(AppConfig):
    name = "portal.blitzes"
    verbose_name = _("Blitzes")

    def ready(self) -> None:
        from portal.blitzes import slots  # noqa: F401  # what other pages show of blitzes
