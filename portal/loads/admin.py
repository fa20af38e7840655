from django.contrib import admin

from portal.admin import ReadOnlyAdmin
from portal.loads.models import Load


@admin.register(Load)
class LoadAdmin(ReadOnlyAdmin):
    list_display = ["id", "taxon_name", "place_name", "state", "observations", "proposed_at", "started_at"]
    list_filter = ["state"]
