"""Template tags for models."""

from typing import Any

from django import template
from django.utils.translation import gettext as _

from exporter.accuracy import Difference
from exporter.shares import Share
from portal import numbers
from portal.versions import wording
from portal.versions.queries.current import Reported

register = template.Library()

#: An interval narrower than this is shown to a tenth of a per cent.
_NARROW = 0.04


@register.inclusion_tag("versions/_accuracy.html")
def accuracy(result: Share) -> dict[str, Any]:
    """A share of test photos named right, as a bar with its interval and in words."""
    return {
        "accuracy": result,
        "share": 100 * result.value,
        "low": 100 * result.low,
        "high": 100 * result.high,
        **_in_words(result),
    }


@register.inclusion_tag("versions/_accuracy_words.html")
def accuracy_words(result: Share) -> dict[str, Any]:
    """The same in words alone."""
    return {"accuracy": result, **_in_words(result)}


def _in_words(result: Share) -> dict[str, str]:
    low, high = result.low, result.high

    def shown(share: float) -> str:
        is_narrow = high - low < _NARROW
        return numbers.decimal(100 * share, 1) if is_narrow else str(numbers.percent(share))

    return {"share_words": shown(result.value), "low_words": shown(low), "high_words": shown(high)}


@register.filter
def share_percent(value: Any) -> str:
    """A share that a trainer reported, in per cent to a tenth; empty if it reported none."""
    is_share = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
    return numbers.decimal(100 * value, 1) if is_share else ""


@register.filter
def points(result: Difference | None) -> str:
    """A difference of accuracies in percentage points with its interval: "+4.1 (1.0 to 7.2)"."""
    if result is None:
        return ""
    value, low, high = (numbers.signed(100 * number, 1) for number in (result.value, result.low, result.high))
    return _("%(value)s (%(low)s to %(high)s)") % {"value": value, "low": low, "high": high}


@register.filter
def reported(standing: Reported) -> str:
    """What iNaturalist says of a taxon, as a label with its date."""
    return wording.label(standing)
