from django.contrib import admin

from portal.admin import ReadOnlyAdmin
from portal.training.models import Run, Training


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    list_display = ["id", "state", "token", "created_at", "heartbeat_at", "finished_at", "is_simulated"]
    list_filter = ["state", "is_simulated"]


@admin.register(Training)
class TrainingAdmin(ReadOnlyAdmin):
    list_display = ["id", "cutoff", "step", "begun_at", "seen_at"]
    list_select_related = ["cutoff"]
