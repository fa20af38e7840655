from django.contrib import admin
from django.db import models

from portal.admin import ReadOnlyAdmin
from portal.cutoffs.models import Event, PastExport, Snapshot


@admin.register(PastExport)
class PastExportAdmin(admin.ModelAdmin):
    """The record that the forecast rests on: to be kept up to date by hand, with sources."""

    list_display = ["model_name", "exported_from", "exported_to", "exports_since", "released", "source"]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ["id", "cutoff", "before", "after", "at", "by", "note", "messages", "changes", "is_told"]
    list_filter = ["after", "is_told"]
    list_select_related = ["cutoff", "by"]


@admin.register(Snapshot)
class SnapshotAdmin(ReadOnlyAdmin):
    list_display = ["id", "cutoff", "number", "is_dry_run", "step", "lake_version", "finished_at", "failure"]
    list_select_related = ["cutoff"]
