"""Template tags for cutoffs."""

from datetime import date, datetime, timedelta
from typing import Any

from django import template
from django.utils import timezone

from exporter.forecast import Forecast
from portal import lifecycle
from portal.cutoffs import queries, wording
from portal.cutoffs.models import Cutoff, Event, Snapshot
from portal.cutoffs.phases import phases

register = template.Library()

#: The width of a forecast's picture, and the days that it shows before today.
BAND_WIDTH = 1000
_BEFORE = timedelta(days=14)


@register.filter
def until(time: datetime) -> str:
    """How far away a time is."""
    return wording.until(time, timezone.now())


@register.filter
def moment(time: datetime) -> str:
    """A time to the minute, in UTC."""
    return wording.moment(time)


@register.filter
def counts_now(cutoff: Cutoff) -> str:
    """What counts for the cutoff now."""
    return wording.counts_now(cutoff)


@register.filter
def note(event: Event) -> str:
    """What is written down with an event."""
    return wording.note(event)


@register.inclusion_tag("cutoffs/_announced_early.html")
def warn_of_early_announcement(cutoff: Cutoff) -> dict[str, Any]:
    """What announcing a draft now would do, if its settling window opens only later."""
    return {"warning": wording.announced_early(cutoff, timezone.now())}


@register.inclusion_tag("cutoffs/_phases.html")
def phase_line(cutoff: Cutoff) -> dict[str, Any]:
    """The phases as a line with today on it."""
    return {"phases": phases(cutoff, timezone.now())}


@register.inclusion_tag("cutoffs/_forecast.html")
def forecast_band(result: Forecast | None) -> dict[str, Any]:
    """A forecast as a band between dates, in words and as a picture."""
    if result is None:
        return {"forecast": None}
    today = timezone.now().date()
    start = today - _BEFORE
    end = result.high + (result.high - start) / 10

    def place(day: date) -> int:
        return round(BAND_WIDTH * max((day - start) / (end - start), 0))

    return {
        "forecast": result,
        "width": BAND_WIDTH,
        "today": place(today),
        "low": place(result.low),
        "length": max(place(result.high) - place(result.low), 1),
        "start": start,
        "end": end,
        "silence": (today - result.last).days,
    }


@register.filter
def taxa(listed: dict[str, Any], known: dict[int, Any]) -> list[Any]:
    """The taxa of a report's list that the database knows."""
    return [known[taxon_id] for taxon_id in listed["first"] if taxon_id in known]


@register.filter
def waits_until(snapshot: Snapshot) -> datetime:
    """When a snapshot that waits for data gives up."""
    return snapshot.asked_at + queries.PATIENCE


@register.filter
def steps(snapshot: Snapshot) -> list[dict[str, str]]:
    """The steps of making a snapshot, each with whether it is done, under way, or ahead."""
    return lifecycle.steps(list(Snapshot.Step)[:-2], snapshot.step)  # but for "done" and "failed"
