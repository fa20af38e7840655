from django.contrib import admin

from portal.admin import ReadOnlyAdmin
from portal.sync.models import Pull


@admin.register(Pull)
class PullAdmin(ReadOnlyAdmin):
    list_display = ["id", "state", "started_at", "finished_at", "requests", "observations", "failure"]
    list_filter = ["state"]
