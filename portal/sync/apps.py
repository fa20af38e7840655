from django.apps import AppConfig


class SyncConfig(AppConfig):
    name = "portal.sync"
    verbose_name = "Sync"
