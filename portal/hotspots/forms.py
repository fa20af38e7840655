"""What a hotspot page's address asks for. What cannot be read is left out and said so: no error page."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.http import QueryDict
from django.utils.functional import lazystr
from django.utils.translation import gettext_lazy as _

from exporter.criteria import DEFAULT_CRITERIA
from portal.hotspots import queries, wording
from portal.hotspots.facets import FACETS, PERSONAL, Facet, Facets
from portal.hotspots.models import Kind
from portal.hotspots.personal import NOBODY, Closed, about
from portal.hotspots.seen import Visitor
from portal.interests.choices import EVERYTHING, NOTHING, Choice, of_address
from portal.taxa.forms import CladeForm, narrowed
from portal.text import plain

MOST = 1_000_000_000
PLACE = next(facet for facet in FACETS if facet.name == "place")
#: Why a facet about the reader is left out, and what to do.
_CLOSED = {
    Closed.STRANGER: _("“%(facet)s” is left out: sign in first."),
    Closed.UNNAMED: _("“%(facet)s” is left out: say on the page of your account who you are on iNaturalist."),
    Closed.UNPROVEN: _("“%(facet)s” is left out: it is only for people who signed in with iNaturalist."),
}


class FacetField(forms.CharField):
    """What an address says of one facet."""

    def __init__(self, facet: Facet) -> None:
        super().__init__(label=lazystr(facet.label), required=False, max_length=100)
        self.facet = facet

    def clean(self, value: str | None) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return self.facet.read(text)
        except ValueError:
            raise forms.ValidationError(
                _("“%(text)s” is left out: %(advice)s"),
                params={"text": text, "advice": self.facet.advice},
            ) from None


class FacetsForm(CladeForm):
    """Which observations a worklist shows; and whether a page mixes confusions."""

    mixed = forms.BooleanField(required=False)

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data)
        self.fields.update({facet.name: FacetField(facet) for facet in FACETS})

    def facets(self, choice: Choice = NOTHING, visitor: Visitor = NOBODY) -> tuple[Facets, list[str]]:
        """What somebody chose, and the notices. ``choice``: the reader's, where the address has none.

        What is about the reader is left out, with a notice, where it is not open to the visitor.
        """
        values, notices = self.read()
        known, closed = about(visitor, [name for name in PERSONAL if values.get(name)])
        notices = [
            *notices,
            *(_CLOSED[why] % {"facet": wording.facet_name(name)} for name, why in closed.items()),
        ]
        chosen = narrowed(of_address(self.data) or choice, values)
        everything = EVERYTHING in self.data
        left = {**values, **dict.fromkeys(closed, False), **known, "mine": chosen, EVERYTHING: everything}
        return Facets.of(left), notices


class HotspotForm(CladeForm):
    """Which hotspots the list shows."""

    place = FacetField(PLACE)
    kind = forms.ChoiceField(
        label=_("Kind"),
        required=False,
        choices=[("", _("any")), *((kind.value, wording.KIND_NAMES[kind]) for kind in Kind)],
    )
    least = forms.IntegerField(label=_("Minimum expected wrong"), required=False, min_value=0, max_value=MOST)
    exported = forms.BooleanField(label=_("Only what affects the next cutoff"), required=False)
    sort = forms.ChoiceField(
        label=_("Sort by"),
        required=False,
        choices=[
            ("", _("most expected wrong")),
            ("photos", _("most wrong photos in the next export")),
            ("share", _("largest share wrong")),
            ("name", _("scientific name")),
        ],
    )

    def selection(self, choice: Choice = NOTHING) -> tuple[queries.Selection, list[str]]:
        """What to show, and the notices. ``choice``: the reader's groups and places."""
        values, notices = self.read()
        criteria, least = values.get("criteria", DEFAULT_CRITERIA), values.get("least")
        return (
            queries.Selection(
                criteria=criteria,
                clade=values.get("clade"),
                place=values.get("place") or "",
                kind=values.get("kind", ""),
                least=queries.LEAST_SHOWN if least is None else least,
                is_exported=values.get("exported", False),
                sort=values.get("sort", ""),
                mine=narrowed(choice, values),
            ),
            notices,
        )


class NoteForm(forms.Form):
    """How to tell two taxa apart, in somebody's own words."""

    text = forms.CharField(
        label=_("How do you tell them apart?"),
        min_length=10,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Plain text, 2,000 characters at most. Addresses that begin with https:// become links."),
    )

    def clean_text(self) -> str:
        return plain(self.cleaned_data["text"])


class SaveForm(forms.Form):
    """What somebody calls a search that they keep."""

    name = forms.CharField(max_length=80)
    query = forms.CharField(max_length=500, required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        """``user``: who keeps the search."""
        super().__init__(*args, **kwargs)
        self._user = user

    def clean_query(self) -> str:
        facets, notices = FacetsForm(QueryDict(self.cleaned_data["query"])).facets(
            visitor=Visitor(self._user)
        )
        if notices:
            raise forms.ValidationError(notices)
        return facets.query
