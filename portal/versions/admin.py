from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from portal.training.queries import finished_runs
from portal.versions import services
from portal.versions.models import ModelVersion


class VersionForm(forms.ModelForm):
    """Only a run with results can become a version."""

    class Meta:
        model = ModelVersion
        fields = ["name", "run", "released_at"]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if "run" in self.fields:
            runs: Any = self.fields["run"]
            runs.queryset = finished_runs()


@admin.register(ModelVersion)
class ModelVersionAdmin(admin.ModelAdmin):
    form = VersionForm
    list_display = ["name", "run", "released_at"]

    def save_model(
        self, request: HttpRequest, obj: ModelVersion, form: forms.ModelForm, change: bool
    ) -> None:
        if change:
            super().save_model(request, obj, form, change)
        else:
            obj.pk = services.make_version(obj.run, obj.name, obj.released_at).pk

    def get_readonly_fields(self, request: HttpRequest, obj: ModelVersion | None = None) -> list[str]:
        return ["name", "run"] if obj else []
