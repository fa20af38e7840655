from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VersionsConfig(AppConfig):
    name = "portal.versions"
    verbose_name = _("Models")

    def ready(self) -> None:
        from portal.versions import slots  # noqa: F401  # what other pages show of models
