from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "portal.api"
    verbose_name = "API"

    def ready(self) -> None:
        """Let drf-spectacular know how the tokens are sent."""
        from portal.api import schema  # noqa: F401
