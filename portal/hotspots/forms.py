"""What a hotspot page's address asks for. What cannot be read is left out and said so: no error page."""

from django import forms
from django.utils.translation import gettext_lazy as _

from exporter.criteria import DEFAULT_CRITERIA
from portal.hotspots import queries, wording
from portal.hotspots.models import Continent, Kind
from portal.taxa.forms import CladeForm, CriteriaForm

MOST = 1_000_000_000


def _place_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("Place"), required=False, choices=[("", _("anywhere")), *Continent.choices]
    )


class WorklistForm(CriteriaForm):
    """Which part of a worklist is shown."""

    place = _place_field()


class WorklistOverAllForm(CladeForm):
    """Which observations the worklist over all labels shows."""

    place = _place_field()

    def wanted(self) -> tuple[queries.Wanted, list[str]]:
        """What to show, and the notices."""
        values, notices = self.read()
        criteria = values.get("criteria", DEFAULT_CRITERIA)
        wanted = queries.Wanted(
            criteria,
            clade=values.get("clade"),
            place=values.get("place", ""),
        )
        return wanted, notices


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
