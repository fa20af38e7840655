"""What a load costs and how far it is, in words."""

from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from exporter.pull.limiter import LIMITS, MINUTE, Window
from exporter.pull.regions import walk_of
from exporter.pull.store import Event, Store
from exporter.pull.walk import PER_PAGE
from portal.lifecycle import steps
from portal.loads.models import Load, State
from portal.loads.services import MOST_REQUESTS
from portal.messages import rendered
from portal.numbers import number

_A_MINUTE = next((window for window in LIMITS["requests"] if window.seconds == MINUTE), Window(55, MINUTE))
_EVENTS = 3
_WORDS = {
    State.PROPOSED: gettext_lazy("Nothing is loaded yet."),
    State.LOADING: gettext_lazy("It waits for its turn; the first observations come within minutes."),
    State.COUNTING: gettext_lazy(
        "All observations are here. Hotspots and readiness are being computed; that takes some minutes."
    ),
    State.READY: gettext_lazy("Its hotspots are on the pages."),
    State.STOPPED: gettext_lazy("It was stopped. What had come by then stays and is not kept up to date."),
    State.FAILED: gettext_lazy("iNaturalist refused it: the clade or the place may be gone. Choose again."),
}


@dataclass(frozen=True)
class Progress:
    """How far a load is, as its page shows it."""

    load: Load
    steps: list[dict[str, str]]
    #: Observations that came so far, and their share in whole per cent, while it is loading.
    fetched: int
    percent: int
    words: str
    #: What went wrong or stopped since it began, the newest first.
    events: list[str]
    told_at: datetime


def cost(load: Load, left: int) -> str:
    """Say what it costs: "1,240 requests, about 25 minutes of today’s budget." ``left``: today's requests."""
    requests = load.region.requests
    recorded = ngettext("%(requests)s request", "%(requests)s requests", requests) % {
        "requests": number(requests)
    }
    if requests <= left:
        return _("%(needed)s, about %(time)s of today’s budget.") % {
            "needed": recorded,
            "time": _minutes(requests),
        }
    days = 1 + ceil((requests - left) / MOST_REQUESTS)
    words = ngettext(
        "%(needed)s; today’s budget leaves %(left)s. It takes about %(days)s day, as the budget allows.",
        "%(needed)s; today’s budget leaves %(left)s. It takes about %(days)s days, as the budget allows.",
        days,
    )
    return words % {"needed": recorded, "left": number(left), "days": number(days)}


def progress(load: Load, store: Store) -> Progress:
    """How far a load is now."""
    walk = walk_of(store, load.region)
    fetched = walk.fetched if walk and load.state == State.LOADING else 0
    share = fetched / max(load.observations, fetched, 1)
    return Progress(
        load=load,
        steps=steps(
            (State.LOADING, State.COUNTING, State.READY), "" if load.state == State.READY else load.state
        ),
        fetched=fetched,
        percent=int(100 * share),
        words=_words(load, fetched),
        events=[rendered(event.messages) for event in store.events(_EVENTS) if _is_of(load, event)],
        told_at=timezone.now(),
    )


def _words(load: Load, fetched: int) -> str:
    if load.state == State.LOADING and fetched:
        values = {
            "fetched": number(fetched),
            "all": number(max(load.observations, fetched)),
            "time": _minutes(ceil(max(load.observations - fetched, 0) / PER_PAGE)),
        }
        return _("%(fetched)s of %(all)s observations have come; about %(time)s to go.") % values
    return str(_WORDS[State(load.state)])


def _minutes(requests: int) -> str:
    """How long so many requests take, in whole minutes; from ten on in steps of five."""
    minutes = max(ceil(requests / _A_MINUTE.amount), 1)
    rounded = minutes if minutes <= 10 else 5 * ceil(minutes / 5)
    return ngettext("%(minutes)s minute", "%(minutes)s minutes", rounded) % {"minutes": number(rounded)}


def _is_of(load: Load, event: Event) -> bool:
    at = datetime.fromtimestamp(event.at, UTC)
    return load.state == State.LOADING and load.started_at is not None and at >= load.started_at
