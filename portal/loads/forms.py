"""What people fill in to choose a clade and a place."""

from django import forms
from django.utils.translation import gettext_lazy as _

from exporter.pull.lookups import LONGEST_NAME, Match
from portal.ids import LARGEST_ID
from portal.text import CleanTextForm


class ChoiceForm(CleanTextForm, forms.Form):
    """A clade and a place by name, and what was chosen among those that iNaturalist knows by it.

    A choice is good for the text that it was offered for: who writes another text chooses anew.
    """

    clade = forms.CharField(
        label=_("Clade"), max_length=LONGEST_NAME, help_text=_("Name or iNaturalist’s id of a taxon.")
    )
    place = forms.CharField(
        label=_("Place"),
        max_length=LONGEST_NAME,
        required=False,
        help_text=_("Name or iNaturalist’s id of a place, as the name begins there. Empty: everywhere."),
    )
    taxon_id = forms.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)
    place_id = forms.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)
    offered_clade = forms.CharField(max_length=LONGEST_NAME, required=False)
    offered_place = forms.CharField(max_length=LONGEST_NAME, required=False)

    def wanted_taxon(self) -> str:
        """What to look up: the id that was chosen, or the text."""
        return self._wanted("clade", "taxon_id", "offered_clade")

    def wanted_place(self) -> str:
        """The same of the place; "" for everywhere."""
        return self._wanted("place", "place_id", "offered_place")

    def _wanted(self, name: str, chosen: str, offered: str) -> str:
        text: str = self.cleaned_data[name]
        number = self.cleaned_data.get(chosen)
        return str(number) if number and text and text == self.cleaned_data[offered] else text

    def one_of(self, matches: list[Match], name: str) -> Match | None:
        """The one that is meant: the only one, or the only one that is called exactly so."""
        key = self.cleaned_data[name].casefold()
        exact = [match for match in matches if key in (match.name.casefold(), match.common_name.casefold())]
        return next(iter(exact if len(exact) == 1 else matches if len(matches) == 1 else []), None)


class StartForm(forms.Form):
    """What goes with a start."""

    is_mailed = forms.BooleanField(required=False)
