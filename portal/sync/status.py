"""How the pulls and queues are, in sentences."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exporter.pull.limiter import DAY, LIMITS, MINUTE
from exporter.pull.store import Event, Walk
from portal import throttling
from portal.celery import app
from portal.lake import wording
from portal.lake.models import Refresh
from portal.lake.queries import UNDONE, last_refresh, newest_refresh
from portal.lake.requests import budget, memory
from portal.messages import rendered
from portal.numbers import number
from portal.present import present
from portal.sync import queries, queues
from portal.sync.models import Pull, QueueActivity

#: A task that waits this long has nobody to take it up.
STUCK_AFTER = timedelta(minutes=15)
_EVENTS = 12


@dataclass(frozen=True)
class QueueState:
    """One queue. ``words`` are for staff: a task that runs may be about a cutoff that few may know of."""

    name: str
    waiting: int | None
    words: str
    is_stuck: bool

    @property
    def public_words(self) -> str:
        """What everybody may know of it."""
        return self.words if self.is_stuck else _("%(queue)s: tasks are taken up.") % {"queue": self.name}


@dataclass(frozen=True)
class BudgetState:
    """What was spent of the requests, and what is left."""

    last_minute: int
    a_minute: int
    last_day: int
    a_day: int
    held_until: datetime | None


@dataclass(frozen=True)
class LogEntry:
    """An event with its time."""

    at: datetime
    words: str


@dataclass(frozen=True)
class Status:
    """Everything that the status page shows."""

    words: list[str]
    is_fine: bool
    pull: Pull | None
    #: Those of the last pull and the last refresh that failed; and the steps that failed after the last
    #: refresh was shown. Why is for staff: the words may name folders, hosts and accounts.
    failed: list[Pull | Refresh]
    undone: list[str]
    last_refresh: Refresh | None
    #: The time of the newest record, if that is long ago.
    old_since: datetime | None
    budget: BudgetState
    queues: list[QueueState]
    walks: list[Walk] = field(default_factory=list)
    events: list[LogEntry] = field(default_factory=list)
    #: What the last pull was to do: the steps that needed requests, each with its purpose in words.
    plan: list[dict[str, Any]] = field(default_factory=list)


def status() -> Status:
    """The state of things now."""
    store = memory()
    budget = budget_state()
    queue_states = queue_list()
    pull = queries.latest_pull()
    faults = [state.words for state in queue_states if state.is_stuck]
    if throttling.is_away():
        faults.append(
            _("Requests cannot be counted: signing in, accounts and mails wait, pages can be read.")
        )
    failed = [run for run in (pull, newest_refresh()) if run and run.state == run.State.FAILED]
    refreshed = last_refresh()
    after, damage = _undone_words(refreshed), _damage_words(refreshed)
    return Status(
        words=[_pull_words(pull), *_refresh_words(failed), *after, *damage, *_budget_words(budget), *faults],
        is_fine=not (faults or failed or after or damage),
        pull=pull,
        failed=failed,
        undone=_undone(refreshed),
        last_refresh=refreshed,
        old_since=_old_since(refreshed),
        budget=budget,
        queues=queue_states,
        walks=store.walks(),
        events=[_told(event) for event in store.events(_EVENTS)],
        plan=[_step(step) for step in (pull.plan if pull else []) if step["needed"]],
    )


def budget_state() -> BudgetState:
    """What was spent of the requests."""
    limiter = budget()
    spent, until = limiter.spent("requests"), limiter.held_until("requests")
    allowed = {window.seconds: window.amount for window in LIMITS["requests"]}
    return BudgetState(
        last_minute=spent[MINUTE],
        a_minute=allowed[MINUTE],
        last_day=spent[DAY],
        a_day=allowed[DAY],
        held_until=datetime.fromtimestamp(until, UTC) if until else None,
    )


def queue_list() -> list[QueueState]:
    """Every queue, in the order of the settings."""
    counts, known = queues.waiting(), queries.activity()
    return [
        _queue_state(queue.name, None if counts is None else counts[queue.name], known[queue.name])
        for queue in app.conf.task_queues
    ]


def _queue_state(name: str, waiting: int | None, activity: QueueActivity) -> QueueState:
    if waiting is None:
        return QueueState(name, None, _("%(queue)s: the broker does not answer.") % {"queue": name}, True)
    began, ended = activity.began_at, activity.ended_at
    if began is not None and (ended is None or ended < began):
        words = _("%(queue)s: %(task)s is running since %(time)s UTC.")
        return QueueState(
            name, waiting, words % {"queue": name, "task": activity.task, "time": _clock(began)}, False
        )
    if not waiting:
        return QueueState(name, 0, _("%(queue)s: nothing waits.") % {"queue": name}, False)
    recorded = ngettext("%(queue)s: %(number)s task waits", "%(queue)s: %(number)s tasks wait", waiting) % {
        "queue": name,
        "number": waiting,
    }
    if began is not None and timezone.now() - began < STUCK_AFTER:
        return QueueState(name, waiting, recorded + ".", False)
    since = (
        _("none was ever taken up")
        if began is None
        else _("none was taken up since %(time)s UTC") % {"time": _clock(began)}
    )
    advice = _("Is a worker running? Start one with: celery -A portal worker --queues %(queue)s") % {
        "queue": name
    }
    return QueueState(name, waiting, f"{recorded}, {since}. {advice}", True)


def _pull_words(pull: Pull | None) -> str:
    if not settings.PULL:
        return _("Pulling from iNaturalist is off. LEAFLINE_PULL=1 switches it on.")
    if pull is None:
        return _("Nothing was pulled from iNaturalist yet; the schedule starts a pull every half hour.")
    if pull.state == Pull.State.RUNNING:
        return _("A pull from iNaturalist is under way since %(time)s UTC.") % {
            "time": _clock(pull.started_at)
        }
    if pull.state == Pull.State.FAILED:
        words = _(
            "The last pull stopped at %(time)s UTC before it was done, after %(requests)s requests and"
            " %(observations)s observations new or changed. The next one goes on from there."
        )
    else:
        words = _(
            "The last pull ended at %(time)s UTC: %(requests)s requests,"
            " %(observations)s observations new or changed."
        )
    return words % {
        "time": _clock(present(pull.finished_at)),
        "requests": number(pull.requests),
        "observations": number(pull.observations),
    }


def _refresh_words(failed: list[Pull | Refresh]) -> list[str]:
    return [
        _("The last refresh failed at %(time)s UTC. The pages show the numbers of the one before it.")
        % {"time": _clock(present(run.finished_at))}
        for run in failed
        if isinstance(run, Refresh)
    ]


def _undone_words(refreshed: Refresh | None) -> list[str]:
    if not _undone(refreshed):
        return []
    return [_("The last refresh is shown, but not all that follows one was done. The next refresh does it.")]


def _undone(refreshed: Refresh | None) -> list[str]:
    """Why steps after a refresh failed; for staff."""
    undone = refreshed.counts.get(UNDONE, {}) if refreshed else {}
    return [f"{step}: {rendered(why)}" for step, why in undone.items()]


def _damage_words(refreshed: Refresh | None) -> list[str]:
    if refreshed is None or not refreshed.counts.get("lake_is_damaged"):
        return []
    return [_("Part of the newest data is damaged. The pages show the newest data that can be read.")]


def _old_since(refreshed: Refresh | None) -> datetime | None:
    newest = None if refreshed is None else wording.newest(refreshed.sources)
    return newest if newest and timezone.now() - newest > wording.OLD_AFTER else None


def _budget_words(budget: BudgetState) -> list[str]:
    words = []
    if budget.held_until:
        words.append(
            _("Paused until %(time)s UTC at iNaturalist’s request.") % {"time": _clock(budget.held_until)}
        )
    if budget.last_day >= budget.a_day:
        words.append(_("Today’s requests are spent; pulling goes on as yesterday’s fall out of the day."))
    return words


def _clock(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M}"


def _told(event: Event) -> LogEntry:
    return LogEntry(datetime.fromtimestamp(event.at, UTC), rendered(event.messages))


def _step(step: dict[str, Any]) -> dict[str, Any]:
    return step | {"purpose": rendered([{"code": f"step_{step['name']}"}])}
