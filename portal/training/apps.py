from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TrainingConfig(AppConfig):
    name = "portal.training"
    verbose_name = _("Training")

    def ready(self) -> None:
        from portal.training import slots  # noqa: F401  # what other pages show of training
