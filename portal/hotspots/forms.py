"""What a hotspot page's address asks for. What cannot be read is left out and said so: no error page."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.functional import lazystr
from django.utils.translation import gettext_lazy as _

from exporter.criteria import DEFAULT_CRITERIA
from portal.hotspots import queries, wording
from portal.hotspots.facets import FACETS, Facet, Facets
from portal.hotspots.models import Continent, Kind
from portal.taxa.forms import CladeForm

MOST = 1_000_000_000


def _place_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("Place"), required=False, choices=[("", _("anywhere")), *Continent.choices]
    )


class FacetField(forms.CharField):
    """What an address says of one facet."""

    def __init__(self, facet: Facet) -> None:
        super().__init__(label=lazystr(facet.label), required=False, max_length=64)
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
    """Which observations a worklist shows; and whether a page mixes its confusions."""

    mixed = forms.BooleanField(required=False)

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data)
        self.fields.update({facet.name: FacetField(facet) for facet in FACETS})

    def facets(self) -> tuple[Facets, list[str]]:
        """What somebody chose, and the notices."""
        values, notices = self.read()
        return Facets.of(values), notices


class HotspotForm(CladeForm):
    """Which hotspots the list shows."""

    place = _place_field()
    kind = forms.ChoiceField(
        label=_("Kind"),
        required=False,
        choices=[("", _("any")), *((kind.value, wording.KIND_NAMES[kind]) for kind in Kind)],
    )
    least = forms.IntegerField(label=_("At least so many wrong"), required=False, min_value=0, max_value=MOST)
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

    def wanted(self) -> tuple[queries.Wanted, list[str]]:
        """What to show, and the notices."""
        values, notices = self.read()
        criteria, least = values.get("criteria", DEFAULT_CRITERIA), values.get("least")
        return (
            queries.Wanted(
                criteria=criteria,
                clade=values.get("clade"),
                place=values.get("place", ""),
                kind=values.get("kind", ""),
                least=queries.LEAST_SHOWN if least is None else least,
                is_exported=values.get("exported", False),
                sort=values.get("sort", ""),
            ),
            notices,
        )
