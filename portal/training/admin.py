from django import forms
from django.contrib import admin
from django.http import HttpRequest

from portal.admin import ReadOnlyAdmin
from portal.training import services
from portal.training.models import ModelVersion, Run, Training


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    list_display = ["id", "state", "token", "created_at", "heartbeat_at", "finished_at", "is_simulated"]
    list_filter = ["state", "is_simulated"]


@admin.register(Training)
class TrainingAdmin(ReadOnlyAdmin):
    list_display = ["id", "cutoff", "step", "begun_at", "seen_at"]
    list_select_related = ["cutoff"]


class VersionForm(forms.ModelForm):
    """Only a run with results can become a version."""

    class Meta:
        model = ModelVersion
        fields = ["name", "run", "released_at"]

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)
        if "run" in self.fields:
            self.fields["run"].queryset = Run.objects.filter(state=Run.State.DONE)


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
