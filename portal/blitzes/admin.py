from django.contrib import admin

from portal.admin import ReadOnlyAdmin
from portal.blitzes.models import Blitz, Event


@admin.register(Blitz)
class BlitzAdmin(ReadOnlyAdmin):
    list_display = ["id", "title", "clade", "cutoff", "state", "starts_at", "ends_at", "proposer"]
    list_filter = ["state"]
    list_select_related = ["clade", "cutoff", "proposer"]
    exclude = ["draw_seed"]  # whoever knows it knows which rows are second looks


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ["id", "blitz", "before", "after", "at", "by", "note"]
    list_filter = ["after"]
    list_select_related = ["blitz", "by"]
