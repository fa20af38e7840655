"""What templates tell of runs and models with."""

from typing import Any

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _

from exporter.accuracy import Difference
from exporter.shares import Share
from portal import numbers
from portal.cutoffs.models import Cutoff
from portal.cutoffs.states import State
from portal.taxa.models import Taxon
from portal.training import queries, version_queries, wording

register = template.Library()

register.filter("share_of_photos", wording.share_words)
register.filter("duration", wording.duration)
register.filter("training_steps", wording.steps)

#: How many taxa are named that the model takes it for, or takes for it.
PARTNERS = 3
#: How many runs a cutoff's page names, the last ones.
RUNS = 5
#: An interval narrower than this is told to a tenth of a per cent.
_NARROW = 0.04


@register.inclusion_tag("training/_of_cutoff.html")
def training_of(cutoff: Cutoff) -> dict[str, Any]:
    """What this portal's worker is at, and the last runs on the cutoff's snapshot."""
    now = timezone.now()
    own = queries.training_of(cutoff) if cutoff.state == State.TRAINING else None
    runs = [wording.describe(run, cutoff, now) for run in queries.runs_of_cutoff(cutoff)[:RUNS]]
    return {"step": own and own.get_step_display(), "own": own, "runs": runs}


@register.inclusion_tag("training/_in_model.html")
def in_model(taxon: Taxon) -> dict[str, Any]:
    """Whether the taxon is a class of the current model, how well that knows it, what it takes it for."""
    version = queries.current_version()
    if version is None:
        return {"version": None}
    known = queries.knowledge(version, taxon, PARTNERS)
    return {"version": version, "taxon": taxon, "known": known}


@register.simple_tag
def released_models() -> frozenset[str]:
    """The names of the versions that have a page."""
    return version_queries.released_names()


@register.inclusion_tag("training/_accuracy.html")
def accuracy(found: Share) -> dict[str, Any]:
    """A share of test photos named right, as a bar with its interval and in words."""
    return {
        "found": found,
        "share": 100 * found.value,
        "low": 100 * found.low,
        "high": 100 * found.high,
        **_in_words(found),
    }


@register.inclusion_tag("training/_accuracy_words.html")
def accuracy_words(found: Share) -> dict[str, Any]:
    """The same in words alone."""
    return {"found": found, **_in_words(found)}


def _in_words(found: Share) -> dict[str, str]:
    low, high = found.low, found.high

    def told(share: float) -> str:
        return numbers.decimal(100 * share, 1) if high - low < _NARROW else str(numbers.percent(share))

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
