from django.contrib import admin
from django.http import HttpRequest

from portal.sync.models import Refresh


@admin.register(Refresh)
class RefreshAdmin(admin.ModelAdmin):
    """What ran when, and what went wrong: to be read, not written."""

    list_display = [
        "id",
        "state",
        "started_at",
        "finished_at",
        "as_of",
        "lake_version",
        "data_as_of",
        "error",
    ]
    list_filter = ["state", "is_simulated"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Refresh | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Refresh | None = None) -> bool:
        return False
