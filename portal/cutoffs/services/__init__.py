"""Writes to cutoffs. Each transition is one transaction, claimed by a conditional update and recorded."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from exporter.draw import commitment
from exporter.messages import Message
from portal.cutoffs import queries
from portal.cutoffs.models import Audience, Cutoff, Event, Seal, Snapshot
from portal.cutoffs.states import PLANNED, TOLD, TRANSITIONS, State
from portal.lake.asking import ask_for_pull
from portal.lifecycle import NotAllowedError, changed_meanwhile, claim
from portal.messages import message

#: The seed has 256 bits, as 64 hexadecimal digits.
SEED_BYTES = 32

#: What may still be changed, by state; nothing where a state is not named.
DRAFT_FIELDS = frozenset(
    {
        "name",
        "cutoff_at",
        "settle_days",
        "criteria",
        "audience",
        "minimum_identifications",
        "hold",
        "note",
        "is_simulated",
    }
)
EDITABLE: dict[str, frozenset[str]] = {
    State.DRAFT: DRAFT_FIELDS,
    State.ANNOUNCED: DRAFT_FIELDS - {"criteria", "is_simulated"},
    State.SETTLING: frozenset({"hold", "note"}),
    State.SNAPSHOTTING: frozenset({"hold", "note"}),
    State.HELD: frozenset({"note"}),
    State.EXPORTED: frozenset({"note"}),
    State.TRAINING: frozenset({"note"}),
    State.PUBLISHED: frozenset({"note"}),
}
#: Changes that are for staff alone.
_UNTOLD = frozenset({"hold", "audience", "minimum_identifications", "is_simulated"})
_WIDER = (Audience.STAFF, Audience.IDENTIFIERS, Audience.PUBLIC)


@transaction.atomic
def draft(values: Mapping[str, object], *, by: User | None, now: datetime | None = None) -> Cutoff:
    """Make a draft, which only staff see."""
    at = now or timezone.now()
    cutoff = Cutoff.objects.create(**values, created_at=at, changed_at=at)
    Event.objects.create(cutoff=cutoff, before="", after=State.DRAFT, at=at, by=by)
    return cutoff


@transaction.atomic
def edit(cutoff: Cutoff, values: Mapping[str, object], *, by: User, now: datetime | None = None) -> Cutoff:
    """Change what may still be changed, and record it. Calendars hear of it if it was announced.

    NotAllowedError if the state forbids one of the changes, or if the cutoff was moved meanwhile.
    """
    at = now or timezone.now()
    current = _locked(cutoff)
    changes = {name: value for name, value in values.items() if getattr(current, name) != value}
    if not changes:
        return current
    _check_editable(current, changes.keys())
    former = copy(current)
    for name, value in changes.items():
        setattr(current, name, value)
    if current.state == State.ANNOUNCED:
        _check_dates(current, at)
        _check_audience(former, current)
    recorded = changes.keys() - _UNTOLD if current.announced_at else frozenset()
    if recorded:
        current.sequence += 1
        current.changed_at = at
    current.save()
    for is_told in (True, False):
        some = {name: value for name, value in changes.items() if (name in recorded) == is_told}
        if some:
            _record_change(current, _changes(former, some), is_told=is_told, by=by, at=at)
    return current


def _check_editable(cutoff: Cutoff, names: Iterable[str]) -> None:
    """Refuse changes that the state forbids."""
    refused = sorted(set(names) - EDITABLE.get(cutoff.state, frozenset()))
    if refused:
        raise NotAllowedError(
            _("%(fields)s cannot be changed any more: the cutoff is %(state)s.")
            % {
                "fields": ", ".join(_label(name) for name in refused),
                "state": cutoff.get_state_display(),
            }
        )


def _check_audience(before: Cutoff, after: Cutoff) -> None:
    """A cutoff stays public to whom it was announced."""
    is_narrower = _WIDER.index(Audience(after.audience)) < _WIDER.index(Audience(before.audience))
    if is_narrower or after.minimum_identifications > before.minimum_identifications:
        raise NotAllowedError(
            _("It has been announced to more people than that: cancel it, or widen the audience.")
        )


def _record_change(
    cutoff: Cutoff, changes: list[dict[str, Any]], *, is_told: bool, by: User, at: datetime
) -> None:
    """Record a change that left the state."""
    state = cutoff.state
    Event.objects.create(
        cutoff=cutoff, before=state, after=state, at=at, by=by, changes=changes, is_told=is_told
    )


def announce(cutoff: Cutoff, *, by: User | None, now: datetime | None = None) -> Cutoff:
    """Notify the audience, and seal the draw: its seed is chosen, and the seed's digest published.

    NotAllowedError if the settling window has begun already.
    """
    at = now or timezone.now()
    with transaction.atomic():
        current = _locked(cutoff)
        _check_dates(current, at)
        seed = secrets.token_hex(SEED_BYTES)
        moved = _move(current, State.ANNOUNCED, by=by, at=at, announced_at=at, commitment=commitment(seed))
        Seal.objects.create(cutoff=current, seed=seed)
    return moved


def cancel(cutoff: Cutoff, reason: str, *, by: User | None, now: datetime | None = None) -> Cutoff:
    """Call it off. What was announced stays visible as cancelled.

    NotAllowedError while its snapshot is being made of data that have come.
    """
    at = now or timezone.now()
    with transaction.atomic():
        if cutoff.state == State.SNAPSHOTTING and not _stop_waiting(cutoff, at):
            raise NotAllowedError(_("The snapshot is being made already: wait until it is done."))
        return _move(cutoff, State.CANCELLED, by=by, at=at, note=reason)


def ask_for_data(cutoff: Cutoff, *, by: User) -> Cutoff:
    """Have a pull begun now, for a snapshot that waits for data.

    NotAllowedError where nothing is pulled, or while the broker is away.
    """
    if not settings.PULL:
        raise NotAllowedError(
            _("This portal does not pull (LEAFLINE_PULL): load files into the lake instead.")
        )
    if not ask_for_pull():
        raise NotAllowedError(_("The broker of tasks does not answer: try again in some minutes."))
    return cutoff


def _stop_waiting(cutoff: Cutoff, at: datetime) -> bool:
    """End the snapshot that waits for data; whether it still waited."""
    waiting = Snapshot.objects.filter(cutoff=cutoff, is_dry_run=False, lake_version=None, finished_at=None)
    return bool(waiting.update(step=Snapshot.Step.FAILED, stepped_at=at, finished_at=at))


def release(cutoff: Cutoff, reason: str, *, by: User, now: datetime | None = None) -> Cutoff:
    """Let a held snapshot count as exported."""
    return _move(cutoff, State.EXPORTED, by=by, at=now, note=reason)


def cut_again(cutoff: Cutoff, reason: str, *, by: User, now: datetime | None = None) -> Cutoff:
    """Have a held snapshot made anew from the newest data: same cutoff, same sealed seed."""
    return _ask_for_snapshot(cutoff, by=by, at=now or timezone.now(), note=reason, only_from=State.HELD)


def retry(cutoff: Cutoff, *, by: User | None, now: datetime | None = None) -> Cutoff:
    """Go back to the state in which it failed."""
    at = now or timezone.now()
    failed = cutoff.events.filter(after=State.FAILED).exclude(before=State.FAILED).order_by("id").last()
    if cutoff.state != State.FAILED or failed is None:
        raise NotAllowedError(_("Only what failed can be tried again."))
    if failed.before == State.SNAPSHOTTING:
        return _ask_for_snapshot(cutoff, by=by, at=at, note="", only_from=State.FAILED)
    return _move(cutoff, State(failed.before), by=by, at=at)


def begin_training(
    cutoff: Cutoff, model_name: str, *, by: User | None, now: datetime | None = None
) -> Cutoff:
    """Say that a model of this name is being trained on the snapshot."""
    return _move(cutoff, State.TRAINING, by=by, at=now, note=model_name, model_name=model_name)


@transaction.atomic
def ask_for_dry_run(cutoff: Cutoff, *, by: User, now: datetime | None = None) -> Cutoff:
    """Have it worked out what would be exported if it were cut now. Only the report is kept.

    NotAllowedError if its time has come, or a dry run of it is waiting already.
    """
    at = now or timezone.now()
    current = _locked(cutoff)
    if current.state not in PLANNED:
        raise NotAllowedError(_("A dry run is for a cutoff that is still to come."))
    waiting = queries.last_dry_run(current)
    if waiting is not None and waiting.finished_at is None:
        raise NotAllowedError(_("A dry run is under way already."))
    Snapshot.objects.create(cutoff=current, number=queries.next_number(current), is_dry_run=True, asked_at=at)
    said, state = [message("dry_run")], current.state
    Event.objects.create(cutoff=current, before=state, after=state, at=at, by=by, messages=said)
    return current


def publish(cutoff: Cutoff, *, by: User | None, now: datetime | None = None) -> Cutoff:
    """Say that the model is out."""
    return _move(cutoff, State.PUBLISHED, by=by, at=now)


def fail(
    cutoff: Cutoff, why: list[Message], *, by: User | None = None, now: datetime | None = None
) -> Cutoff:
    """Record that it cannot go on, and why."""
    return _move(cutoff, State.FAILED, by=by, at=now, messages=why)


def advance_due(now: datetime | None = None) -> int:
    """Move every cutoff whose time has come, through all that it missed; gives the number of transitions.

    Any number of processes may do so at once: each transition is made by one of them.
    """
    at = now or timezone.now()
    transitions = 0
    for cutoff in queries.due(at):
        while (after := queries.next_by_clock(cutoff, at)) is not None:
            try:
                if after == State.SNAPSHOTTING:
                    cutoff = _ask_for_snapshot(cutoff, by=None, at=at, note="", only_from=State.SETTLING)
                else:
                    cutoff = _move(cutoff, after, by=None, at=at)
            except NotAllowedError:
                break  # another process, or a person, was faster
            transitions += 1
    return transitions


@transaction.atomic
def finish_snapshot(
    snapshot: Snapshot, report: dict[str, Any], *, is_held: bool, now: datetime | None = None
) -> Cutoff:
    """Record that a snapshot is made; the cutoff is exported, or held for review."""
    at = now or timezone.now()
    snapshot.report = report
    snapshot.step, snapshot.stepped_at, snapshot.finished_at = Snapshot.Step.DONE, at, at
    snapshot.save()
    if snapshot.is_dry_run:
        return snapshot.cutoff
    after = State.HELD if is_held else State.EXPORTED
    cutoff = snapshot.cutoff
    is_simulated = cutoff.is_simulated or report["is_simulated"]
    return _move(cutoff, after, by=None, at=at, is_simulated=is_simulated)


@transaction.atomic
def fail_snapshot(snapshot: Snapshot, why: list[Message], now: datetime | None = None) -> Cutoff:
    """Record that a snapshot could not be made, and why."""
    at = now or timezone.now()
    snapshot.step, snapshot.stepped_at, snapshot.finished_at = Snapshot.Step.FAILED, at, at
    snapshot.failure = why
    snapshot.save()
    if snapshot.is_dry_run:
        return snapshot.cutoff
    snapshot.cutoff.refresh_from_db()
    if snapshot.cutoff.state == State.CANCELLED:
        return snapshot.cutoff  # called off while this failed
    return fail(snapshot.cutoff, why, now=at)


@transaction.atomic
def _ask_for_snapshot(
    cutoff: Cutoff, *, by: User | None, at: datetime, note: str, only_from: State
) -> Cutoff:
    """Move to "snapshotting" and put the attempt down for whoever makes snapshots."""
    if cutoff.state != only_from:
        raise NotAllowedError(changed_meanwhile(cutoff))
    moved = _move(cutoff, State.SNAPSHOTTING, by=by, at=at, note=note)
    Snapshot.objects.create(cutoff=moved, number=queries.next_number(moved), asked_at=at)
    return moved


def _move(
    cutoff: Cutoff,
    after: State,
    *,
    by: User | None,
    at: datetime | None,
    note: str = "",
    messages: Sequence[Message] = (),
    **values: object,
) -> Cutoff:
    """Make one transition, if the cutoff still is as it was read; gives it as it is now.

    NotAllowedError if the table of transitions has no such one, or somebody else moved the cutoff first.
    """
    at = at or timezone.now()
    before = State(cutoff.state)
    values |= {"changed_at": at, "sequence": F("sequence") + int(before != State.DRAFT)}
    with transaction.atomic():
        # A new date counts the sequence up: a clock that still has the old one claims nothing.
        claim(cutoff, after, TRANSITIONS, same={"sequence": cutoff.sequence}, **values)
        is_told = after in TOLD and (before, after) != (State.DRAFT, State.CANCELLED)
        said = {"note": note, "messages": list(messages)}
        Event.objects.create(cutoff=cutoff, before=before, after=after, at=at, by=by, is_told=is_told, **said)
        return Cutoff.objects.get(pk=cutoff.pk)


def _locked(cutoff: Cutoff) -> Cutoff:
    """The cutoff as it is now, for this transaction alone; refused if it was moved since it was read."""
    current = Cutoff.objects.select_for_update().get(pk=cutoff.pk)
    if current.state != cutoff.state:
        raise NotAllowedError(changed_meanwhile(current))
    return current


def _check_dates(cutoff: Cutoff, now: datetime) -> None:
    """Who learns of a cutoff can still do something about it: its settling window lies ahead."""
    if cutoff.window_start <= now:
        raise NotAllowedError(
            _(
                "The settling window would begin on %(day)s UTC, which is past: choose a later cutoff,"
                " or fewer days to settle."
            )
            % {"day": f"{cutoff.window_start:%Y-%m-%d %H:%M}"}
        )


def _changes(former: Cutoff, changes: Mapping[str, object]) -> list[dict[str, Any]]:
    """Return the changes for the audit log: field, before and after."""
    return [
        {"field": name, "before": _stored(getattr(former, name)), "after": _stored(value)}
        for name, value in changes.items()
    ]


def _label(name: str) -> str:
    """What a field is called."""
    field: Any = Cutoff._meta.get_field(name)
    return str(field.verbose_name)


def _stored(value: object) -> object:
    """Return a field's value as JSON has it."""
    return value.isoformat() if isinstance(value, datetime) else value
