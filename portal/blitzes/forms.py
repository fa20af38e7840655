"""What people fill in to propose a blitz, and to claim a batch."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.blitzes import queries
from portal.cutoffs.models import Cutoff
from portal.cutoffs.queries import Viewer
from portal.ids import LARGEST_ID
from portal.places import Continent
from portal.taxa.models import Taxon
from portal.taxa.queries.searching import taxon_called
from portal.text import CleanTextForm


def _moment(label: Any, help_text: Any, clock: str) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        help_text=help_text,
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local", "data-clock": clock}, format="%Y-%m-%dT%H:%M"
        ),
    )


class ProposalForm(CleanTextForm, forms.Form):
    """A blitz as it is proposed. Only cutoffs that this person may know of can be chosen."""

    clade = forms.CharField(label=_("Clade"), max_length=200, help_text=_("Name or id of a taxon."))
    title = forms.CharField(label=_("Title"), max_length=100)
    purpose = forms.CharField(
        label=_("What it is for"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What goes wrong there, and how to distinguish the taxa. Plain text."),
    )
    for_whom = forms.CharField(
        label=_("Who it is for"),
        max_length=200,
        required=False,
        help_text=_("Such as: whoever knows European hoverflies."),
    )
    cutoff: "forms.ModelChoiceField[Cutoff]" = forms.ModelChoiceField(
        queryset=None,
        label=_("Cutoff"),
        required=False,
        empty_label=_("the next export, whenever it comes"),
    )
    starts_at = _moment(_("Begins"), _("In UTC."), "starts-clock")
    ends_at = _moment(_("Ends"), _("In UTC; at the latest at the cutoff."), "ends-clock")
    shown_as = forms.CharField(
        label=_("Your name beside it"),
        max_length=60,
        required=False,
        help_text=_("Shown to everybody. Without it nobody is named."),
    )

    def __init__(self, *args: Any, viewer: Viewer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cutoffs: Any = self.fields["cutoff"]
        cutoffs.queryset = queries.cutoffs_to_choose(viewer)

    def clean_clade(self) -> Taxon:
        taxon = taxon_called(self.cleaned_data["clade"])
        if taxon is None:
            raise forms.ValidationError(_("No taxon has that name or ID. Choose another."))
        return taxon


class ClaimForm(forms.Form):
    """Of which label, or on which continent, the batch is to be."""

    label = forms.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)
    place = forms.ChoiceField(
        label=_("Place"), required=False, choices=[("", _("anywhere")), *Continent.choices]
    )
