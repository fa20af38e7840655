from django.contrib import admin

from portal.admin import ReadOnlyAdmin
from portal.hotspots.models import Hotspot, WorklistEntry


@admin.register(Hotspot)
class HotspotAdmin(ReadOnlyAdmin):
    list_display = ["rank", "taxon", "criteria", "kind", "evidence", "labels", "expected_wrong", "to_review"]
    list_filter = ["criteria", "kind", "evidence"]
    search_fields = ["=taxon__id", "taxon__name__startswith"]
    list_select_related = ["taxon"]
    ordering = ["criteria", "rank"]
    show_full_result_count = False


@admin.register(WorklistEntry)
class WorklistEntryAdmin(ReadOnlyAdmin):
    list_display = ["observation_id", "criteria", "label_taxon_id", "suspicion", "priority", "reason"]
    search_fields = ["=observation_id", "=label_taxon_id"]
    show_full_result_count = False
