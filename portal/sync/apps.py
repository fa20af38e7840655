from django.apps import AppConfig


class SyncConfig(AppConfig):
    name = "portal.sync"
    verbose_name = "Sync"

    def ready(self) -> None:
        from portal.sync import queues  # noqa: F401  # its signals note when tasks begin and end
