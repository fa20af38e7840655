from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NoticesConfig(AppConfig):
    name = "portal.notices"
    verbose_name = _("Notices")

    def ready(self) -> None:
        from portal.notices import slots  # noqa: F401  # what other pages show of mails
