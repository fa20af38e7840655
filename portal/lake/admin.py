from django.contrib import admin

from portal.admin import ReadOnlyAdmin
from portal.lake.models import Refresh


@admin.register(Refresh)
class RefreshAdmin(ReadOnlyAdmin):
    list_display = [
        "id",
        "state",
        "started_at",
        "finished_at",
        "as_of",
        "lake_version",
        "data_as_of",
        "failure",
    ]
    list_filter = ["state", "is_simulated"]
