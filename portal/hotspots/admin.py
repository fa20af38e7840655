from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from portal.admin import ReadOnlyAdmin
from portal.hotspots.models import Hotspot, WorklistEntry
from portal.hotspots.queries.shown import shown


class ShownAdmin(ReadOnlyAdmin):
    """Staff pages of what a refresh shows in one step."""

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return shown(super().get_queryset(request))


@admin.register(Hotspot)
class HotspotAdmin(ShownAdmin):
    list_display = ["rank", "taxon", "criteria", "kind", "evidence", "labels", "expected_wrong", "to_review"]
    list_filter = ["criteria", "kind", "evidence"]
    search_fields = ["=taxon__id", "taxon__name__startswith"]
    list_select_related = ["taxon"]
    ordering = ["criteria", "rank"]
    show_full_result_count = False


@admin.register(WorklistEntry)
class WorklistEntryAdmin(ShownAdmin):
    list_display = ["observation_id", "criteria", "label_taxon_id", "suspicion", "priority", "reasons"]
    search_fields = ["=observation_id", "=label_taxon_id"]
    show_full_result_count = False
