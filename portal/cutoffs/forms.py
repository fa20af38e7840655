"""What staff fill in."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.cutoffs.models import Cutoff
from portal.cutoffs.services import EDITABLE
from portal.text import CleanTextForm

LONGEST_SETTLING = 90


class CutoffForm(CleanTextForm, forms.ModelForm):
    """A cutoff's dates, rule and audience. What its state does not allow to change is shown, not offered."""

    class Meta:
        model = Cutoff
        fields = (
            "name",
            "cutoff_at",
            "settle_days",
            "criteria",
            "audience",
            "minimum_identifications",
            "hold",
            "note",
        )
        widgets = {
            "cutoff_at": forms.DateTimeInput(
                attrs={"type": "datetime-local", "data-clock": "cutoff-clock"}, format="%Y-%m-%dT%H:%M"
            ),
            "note": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        editable = EDITABLE.get(self.instance.state, frozenset())
        for name, field in self.fields.items():
            field.disabled = name not in editable
        settle_days: Any = self.fields["settle_days"]
        settle_days.max_value = LONGEST_SETTLING
        settle_days.widget.attrs |= {"min": 0, "max": LONGEST_SETTLING}

    def clean_settle_days(self) -> int:
        days: int = self.cleaned_data["settle_days"]
        if days > LONGEST_SETTLING:
            raise forms.ValidationError(_("At most 90 days."))
        return days
