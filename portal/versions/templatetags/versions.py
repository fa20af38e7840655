"""What templates tell of models with."""

from typing import Any

from django import template
from django.utils.translation import gettext as _

from exporter.accuracy import Difference
from exporter.shares import Share
from portal import numbers
from portal.versions import wording
from portal.versions.queries.current import Told

register = template.Library()

#: An interval narrower than this is told to a tenth of a per cent.
_NARROW = 0.04


@register.inclusion_tag("versions/_accuracy.html")
def accuracy(found: Share) -> dict[str, Any]:
    """A share of test photos named right, as a bar with its interval and in words."""
    return {
        "found": found,
        "share": 100 * found.value,
        "low": 100 * found.low,
        "high": 100 * found.high,
        **_in_words(found),
    }


@register.inclusion_tag("versions/_accuracy_words.html")
def accuracy_words(found: Share) -> dict[str, Any]:
    """The same in words alone."""
    return {"found": found, **_in_words(found)}


def _in_words(found: Share) -> dict[str, str]:
    low, high = found.low, found.high

    def told(share: float) -> str:
        is_narrow = high - low < _NARROW
        return numbers.decimal(100 * share, 1) if is_narrow else str(numbers.percent(share))

    return {"share_words": told(found.value), "low_words": told(low), "high_words": told(high)}


@register.filter
def share_percent(value: Any) -> str:
    """A share that a trainer told, in per cent to a tenth; empty if it told none."""
    is_share = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
    return numbers.decimal(100 * value, 1) if is_share else ""


@register.filter
def points(found: Difference | None) -> str:
    """A difference of accuracies in percentage points with its interval: "+4.1 (1.0 to 7.2)"."""
    if found is None:
        return ""
    value, low, high = (numbers.signed(100 * number, 1) for number in (found.value, found.low, found.high))
    return _("%(value)s (%(low)s to %(high)s)") % {"value": value, "low": low, "high": high}


@register.filter
def told(standing: Told) -> str:
    """What iNaturalist says of a taxon, as a label with its date."""
    return wording.label(standing)
