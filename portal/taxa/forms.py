"""What a page's address asks for. What cannot be read is left out and said so: no error page."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from exporter.criteria import DEFAULT_CRITERIA
from portal.interests.choices import NOTHING, Choice
from portal.taxa import queries, wording
from portal.taxa.models import Status
from portal.taxa.queries import named, searching
from portal.taxa.queries.mine import Mine, mine
from portal.taxa.queries.named import AnyClade

#: How far the tabs reach unless the address says otherwise, in observations from the line.
DEFAULT_WITHIN = {queries.NEAR: queries.NEAR_WITHIN, queries.LOSING: queries.LOSING_WITHIN}
FURTHEST = 1_000_000
#: The tabs of the readiness lists, and what the tree's colours mean: values with their labels.
TABS = [
    (queries.NEAR, _("Near the line")),
    (queries.INCLUDED, _("Included")),
    (queries.LOSING, _("About to lose their class")),
    (queries.DROPPED, _("Unused")),
]
STATUS, WRONG = "status", "wrong"
COLOURS = [(STATUS, _("what becomes of them")), (WRONG, _("expected wrong labels"))]


class ForgivingForm(forms.Form):
    """A form on the address's query: what is wrong becomes a notice, the rest is used."""

    def read(self) -> tuple[dict[str, Any], list[str]]:
        """The values that can be used, and a sentence for each one that cannot."""
        self.full_clean()
        notices = [
            f"{self.fields[name].label}: {error}" for name, errors in self.errors.items() for error in errors
        ]
        return self.cleaned_data, notices


class CriteriaForm(ForgivingForm):
    """Which rule to count by."""

    criteria = forms.ChoiceField(label=_("Rule"), required=False, choices=[*wording.CRITERIA_NAMES.items()])

    def clean_criteria(self) -> str:
        return self.cleaned_data["criteria"] or DEFAULT_CRITERIA

    def any_clade(self, text: str) -> AnyClade | None:
        """The taxon with that id or name, or else a clade of which the data know the name alone."""
        criteria = self.cleaned_data.get("criteria", DEFAULT_CRITERIA)
        return searching.taxon_called(text) or named.clade_called(text, criteria)


class CladeForm(CriteriaForm):
    """Which clade a list is about."""

    clade = forms.CharField(label=_("Within"), required=False, max_length=200)

    def clean_clade(self) -> AnyClade | None:
        text = self.cleaned_data["clade"]
        if not text:
            return None
        clade = self.called(text)
        if clade is None:
            raise forms.ValidationError(
                _("no taxon is called “%(text)s”; all taxa are shown."), params={"text": text}
            )
        return clade

    def called(self, text: str) -> AnyClade | None:
        """What is meant by a text; None where nothing is called so."""
        return self.any_clade(text)


def narrowed(choice: Choice, values: Mapping[str, Any]) -> Mine:
    """What a choice narrows: its groups where no clade is named, its places where no place is."""
    left = choice.only(groups=not values.get("clade"), places=not values.get("place"))
    return mine(left, values.get("criteria", DEFAULT_CRITERIA))


class ReadinessForm(CladeForm):
    """Which taxa a readiness list shows."""

    tab = forms.ChoiceField(
        label=_("Tab"),
        required=False,
        choices=TABS,
    )
    status = forms.ChoiceField(
        label=_("Status"),
        required=False,
        choices=[("", _("any")), *((value, Status(value).label) for value in queries.BELOW)],
    )
    within = forms.IntegerField(label=_("Distance"), required=False, min_value=0, max_value=FURTHEST)
    sort = forms.ChoiceField(
        label=_("Sort by"),
        required=False,
        choices=[
            ("", _("usual order")),
            ("margin", _("nearest the line")),
            ("observations", _("most observations")),
            ("photos", _("most photos")),
            ("name", _("scientific name")),
        ],
    )

    def selection(self, choice: Choice = NOTHING) -> tuple[queries.Selection, list[str]]:
        """What to show, and the notices. ``choice``: the reader's groups; places narrow no taxa."""
        values, notices = self.read()
        tab = values.get("tab") or queries.NEAR
        within = values.get("within")
        return (
            queries.Selection(
                criteria=values.get("criteria", DEFAULT_CRITERIA),
                tab=tab,
                clade=values.get("clade"),
                status=values.get("status", "") if tab == queries.NEAR else "",
                within=DEFAULT_WITHIN.get(tab) if within is None else within,
                sort=values.get("sort", ""),
                mine=narrowed(choice.only(groups=True, places=False), values),
            ),
            notices,
        )


class TreeForm(CriteriaForm):
    """Which clade the picture of the tree shows, and what its colours mean."""

    taxon = forms.CharField(label=_("Taxon"), required=False, max_length=200)
    colour = forms.ChoiceField(
        label=_("Colour"),
        required=False,
        choices=COLOURS,
    )

    def clean_taxon(self) -> AnyClade | None:
        text = self.cleaned_data["taxon"]
        if not text:
            return None
        taxon = self.any_clade(text)
        if taxon is None:
            raise forms.ValidationError(
                _("no taxon is called “%(text)s”; the whole tree is shown."), params={"text": text}
            )
        return taxon

    def clean_colour(self) -> str:
        return self.cleaned_data["colour"] or STATUS


class SearchForm(ForgivingForm):
    """What to search for."""

    q = forms.CharField(label=_("Search"), required=False, max_length=200)
