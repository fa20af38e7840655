from django.contrib import admin

from portal.admin import ReadOnlyAdmin
from portal.taxa.models import Taxon


@admin.register(Taxon)
class TaxonAdmin(ReadOnlyAdmin):
    list_display = ["id", "name", "common_name", "rank", "is_active", "observations"]
    search_fields = ["=id", "names__key__startswith"]
    show_full_result_count = False
