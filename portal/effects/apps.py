from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EffectsConfig(AppConfig):
    name = "portal.effects"
    verbose_name = _("Effects of blitzes")

    def ready(self) -> None:
        from portal.effects import slots  # noqa: F401  # what other pages show of effects
