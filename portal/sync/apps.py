from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SyncConfig(AppConfig):
    name = "portal.sync"
    verbose_name = _("Sync")

    def ready(self) -> None:
        from portal.sync import queues  # noqa: F401  # its signals note when tasks begin and end
