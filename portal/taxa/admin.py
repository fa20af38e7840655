from django.contrib import admin
from django.http import HttpRequest

from portal.taxa.models import Taxon


@admin.register(Taxon)
class TaxonAdmin(admin.ModelAdmin):
    """The tree as it was taken over from the lake: to be read, not written."""

    list_display = ["id", "name", "common_name", "rank", "is_active", "observations"]
    search_fields = ["=id", "names__key__startswith"]
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Taxon | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Taxon | None = None) -> bool:
        return False
