from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BatchesConfig(AppConfig):
    name = "portal.batches"
    verbose_name = _("Batches")

    def ready(self) -> None:
        from portal.batches import slots  # noqa: F401  # what other pages show of batches
