from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.access import signed_in
from portal.admin import ReadOnlyAdmin
from portal.hotspots import services
from portal.hotspots.models import Hotspot, NoteState, PairNote, WorklistEntry
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


@admin.register(PairNote)
class PairNoteAdmin(ReadOnlyAdmin):
    """Notes that people wrote, those that wait first: read, approved and declined here."""

    list_display = ["id", "state", "low_taxon_id", "high_taxon_id", "text", "author", "written_at"]
    list_filter = ["state"]
    list_select_related = ["author"]
    ordering = ["-state", "written_at"]
    actions = ["approve", "decline"]

    @admin.action(description=_("Approve"), permissions=["moderate"])
    def approve(self, request: HttpRequest, rows: QuerySet[PairNote]) -> None:
        services.decide_notes(rows, NoteState.APPROVED, by=signed_in(request))

    @admin.action(description=_("Decline"), permissions=["moderate"])
    def decline(self, request: HttpRequest, rows: QuerySet[PairNote]) -> None:
        services.decide_notes(rows, NoteState.DECLINED, by=signed_in(request))

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        """Whether somebody may approve and decline."""
        return request.user.has_perm("hotspots.moderate_note")
