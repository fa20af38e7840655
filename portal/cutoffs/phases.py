"""The phases of a cutoff as people see them: clean-up, settling, snapshot, training, model out."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from portal.cutoffs.models import Cutoff
from portal.cutoffs.states import State

CLEAN_UP, SETTLING, SNAPSHOT, TRAINING, MODEL = "clean-up", "settling", "snapshot", "training", "model"
DONE, NOW, AHEAD = "done", "now", "ahead"

#: The phase that a state is in; what lies before it is done.
_PHASE_OF = {
    State.ANNOUNCED: CLEAN_UP,
    State.SETTLING: SETTLING,
    State.SNAPSHOTTING: SNAPSHOT,
    State.HELD: SNAPSHOT,
    State.TRAINING: TRAINING,
}
_ORDER = (CLEAN_UP, SETTLING, SNAPSHOT, TRAINING, MODEL)


@dataclass(frozen=True)
class Phase:
    """One piece of the line. ``today``: how far through it today is, in per cent; None but for "now"."""

    name: str
    label: str
    when: str
    status: str
    today: int | None = None


def phases(cutoff: Cutoff, now: datetime) -> list[Phase]:
    """The line with today on it. Nothing for a draft, and for what was cancelled."""
    if cutoff.state in (State.DRAFT, State.CANCELLED):
        return []
    current = _current(cutoff)
    labels = {
        CLEAN_UP: _("Clean-up"),
        SETTLING: _("Settling"),
        SNAPSHOT: _("Snapshot"),
        TRAINING: _("Training"),
        MODEL: _("Model out"),
    }
    shown = [name for name in _ORDER if name != SETTLING or cutoff.settle_days]
    return [
        Phase(
            name,
            labels[name],
            _when(name, cutoff),
            status := _status(name, current, cutoff),
            _today(name, cutoff, now) if status == NOW else None,
        )
        for name in shown
    ]


def _current(cutoff: Cutoff) -> str | None:
    """The phase that is under way; None between two, and at the end."""
    if cutoff.state == State.FAILED:
        return TRAINING if cutoff.model_name else SNAPSHOT
    return _PHASE_OF.get(State(cutoff.state))


def _status(name: str, current: str | None, cutoff: Cutoff) -> str:
    if name == current:
        return NOW
    if current is not None:
        return DONE if _ORDER.index(name) < _ORDER.index(current) else AHEAD
    return DONE if cutoff.state == State.PUBLISHED or name in (CLEAN_UP, SETTLING, SNAPSHOT) else AHEAD


def _when(name: str, cutoff: Cutoff) -> str:
    window, day = (
        date_format(moment, "MONTH_DAY_FORMAT") for moment in (cutoff.window_start, cutoff.cutoff_at)
    )
    if name == CLEAN_UP:
        return _("until %(day)s") % {"day": window}
    if name == SETTLING:
        return _("%(window)s to %(day)s") % {"window": window, "day": day}
    if name == SNAPSHOT:
        return day
    return cutoff.model_name if name == MODEL else ""


def _today(name: str, cutoff: Cutoff, now: datetime) -> int:
    """Where today is in a phase that has a beginning and an end; in the middle of one that has none."""
    if name == CLEAN_UP and cutoff.announced_at:
        start, end = cutoff.announced_at, cutoff.window_start
    elif name == SETTLING:
        start, end = cutoff.window_start, cutoff.cutoff_at
    else:
        return 50
    return round(100 * min(max((now - start) / (end - start), 0), 1))
