"""Writes to blitzes. Each transition is one transaction, claimed by a conditional update and recorded."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from exporter.criteria import DEFAULT_CRITERIA
from exporter.messages import Message
from portal import lifecycle
from portal.batches.services import taking
from portal.blitzes import queries
from portal.blitzes.models import Blitz, Event, Measurement, SecondLook, Target
from portal.blitzes.states import TRANSITIONS, State
from portal.cutoffs.models import Cutoff
from portal.hotspots import queries as hotspots
from portal.hotspots.facets import Facets
from portal.hotspots.models import WorklistEntry
from portal.hotspots.queries import worklists
from portal.lifecycle import NotAllowedError
from portal.messages import message
from portal.opaque import new_key
from portal.taxa.models import Taxon

#: How many proposals of one person may wait for an answer at a time.
MOST_PROPOSALS = 3
#: How long a blitz lasts at most.
LONGEST = timedelta(days=92)


@dataclass(frozen=True)
class Start:
    """What a blitz begins with: its list, and what was expected of its clade at that time."""

    at: datetime
    expected: Mapping[str, float]
    entries: Iterable[WorklistEntry]
    is_simulated: bool


@transaction.atomic
def propose(
    *,
    by: User,
    clade: Taxon,
    cutoff: Cutoff | None,
    starts_at: datetime,
    ends_at: datetime,
    now: datetime | None = None,
    **words: str,
) -> Blitz:
    """Put a proposal before the staff; ``words``: title, purpose, for_whom, shown_as.

    NotAllowedError if the dates cannot be, if there is nothing to look at in the clade, or if too many
    proposals of this person wait already.
    """
    at = now or timezone.now()
    _lock(by)
    if Blitz.objects.filter(proposer=by, state=State.PROPOSED).count() >= MOST_PROPOSALS:
        raise NotAllowedError(
            _("%(n)s proposals of yours wait for an answer: withdraw one, or wait.") % {"n": MOST_PROPOSALS}
        )
    blitz = Blitz(
        **words,
        clade=clade,
        cutoff=cutoff,
        criteria=cutoff.criteria if cutoff else DEFAULT_CRITERIA,
        proposer=by,
        starts_at=starts_at,
        ends_at=ends_at,
        proposed_at=at,
        changed_at=at,
    )
    _check_dates(blitz, at)
    if not worklists.worklist(Facets(blitz.criteria, clade=clade)).exists():
        raise NotAllowedError(
            _("No observation of %(clade)s stands out in the newest count: choose a wider clade.")
            % {"clade": clade}
        )
    blitz.save()
    Event.objects.create(blitz=blitz, before="", after=State.PROPOSED, at=at, by=by)
    return blitz


def approve(blitz: Blitz, *, by: User | None, now: datetime | None = None) -> Blitz:
    """Notify everyone who may see its cutoff. It begins at once if its time has come."""
    at = now or timezone.now()
    if blitz.closes_at <= at:
        raise NotAllowedError(_("Its end is past: decline it, and let it be proposed anew."))
    with transaction.atomic():
        moved = _move(blitz, State.APPROVED, by=by, at=at)
        return _begin(moved, at) if moved.starts_at <= at else moved


def decline(blitz: Blitz, reason: str, *, by: User, now: datetime | None = None) -> Blitz:
    """Say no; the proposer reads why."""
    return _move(blitz, State.DECLINED, by=by, at=now or timezone.now(), note=reason)


def withdraw(blitz: Blitz, *, by: User, now: datetime | None = None) -> Blitz:
    """Take one's own proposal back, before it begins. Who got news of it reads that it was called off."""
    at = now or timezone.now()
    if blitz.state == State.APPROVED:
        return _move(blitz, State.CANCELLED, by=by, at=at, messages=[message("withdrawn")])
    return _move(blitz, State.WITHDRAWN, by=by, at=at)


@transaction.atomic
def cancel(blitz: Blitz, reason: str, *, by: User, now: datetime | None = None) -> Blitz:
    """Call off what was approved; everybody reads why."""
    at = now or timezone.now()
    moved = _move(blitz, State.CANCELLED, by=by, at=at, note=reason)
    taking.end_pool(queries.pool_of(moved), at)
    return moved


def advance_due(now: datetime | None = None) -> int:
    """Begin and end every blitz whose time has come; gives the number of transitions.

    Any number of processes may do so at once: each transition is made by one of them. Where nothing was
    counted yet, a blitz begins once something was.
    """
    at = now or timezone.now()
    transitions = 0
    for blitz in queries.due(at):
        while (after := queries.next_by_clock(blitz, at)) is not None:
            before = blitz.state
            try:
                blitz = _begin(blitz, at) if after == State.RUNNING else _finish(blitz, at)
            except NotAllowedError:
                break  # another process, or a person, was faster
            if blitz.state == before:
                break
            transitions += 1
    return transitions


def _begin(blitz: Blitz, at: datetime) -> Blitz:
    counted = hotspots.counted_last(blitz.criteria)
    if counted is None:
        return blitz
    listed = worklists.worklist(Facets(blitz.criteria, clade=blitz.clade))
    entries = listed[: worklists.OVER_ALL]
    return begin(blitz, Start(counted.moment, queries.expected(blitz), entries, counted.is_simulated), now=at)


@transaction.atomic
def begin(blitz: Blitz, start: Start, *, now: datetime) -> Blitz:
    """Let it begin with this list."""
    moved = _move(
        blitz,
        State.RUNNING,
        by=None,
        at=now,
        began_at=now,
        draw_seed=new_key(),
        is_simulated=start.is_simulated or blitz.is_simulated,
    )
    Target.objects.bulk_create(
        Target(
            blitz=moved,
            observation_id=entry.observation_id,
            label_taxon_id=entry.label_taxon_id,
            photos=entry.photos,
        )
        for entry in start.entries
    )
    Measurement.objects.create(blitz=moved, at=start.at, data_as_of=start.at, **start.expected)
    return moved


@transaction.atomic
def _finish(blitz: Blitz, at: datetime) -> Blitz:
    """End it; its batches are held no more."""
    moved = _move(blitz, State.FINISHED, by=None, at=at)
    taking.end_pool(queries.pool_of(moved), at)
    return moved


@transaction.atomic
def record(
    blitz: Blitz, at: datetime, values: Mapping[str, object], *, now: datetime | None = None
) -> Measurement:
    """Keep how it stands at a count, in place of what was kept for the same time."""
    kept, _is_new = Measurement.objects.update_or_create(blitz=blitz, at=at, defaults=dict(values))
    Blitz.objects.filter(pk=blitz.pk).update(changed_at=now or timezone.now())
    return kept


@transaction.atomic
def record_second_looks(drawn: Iterable[SecondLook], became: Iterable[SecondLook]) -> None:
    """Keep what was drawn at a count, and what became of what was drawn before."""
    SecondLook.objects.bulk_create(drawn, ignore_conflicts=True)
    SecondLook.objects.bulk_update(became, ["is_looked_at", "is_changed"], batch_size=500)


# -------------------------------------------------------------------------------------------------


def _move(
    blitz: Blitz,
    after: State,
    *,
    by: User | None,
    at: datetime,
    note: str = "",
    messages: Sequence[Message] = (),
    **values: Any,
) -> Blitz:
    """Make one transition and record it; gives the blitz as it is now."""
    with transaction.atomic():
        lifecycle.claim(blitz, after, TRANSITIONS, changed_at=at, **values)
        said = {"note": note, "messages": list(messages)}
        Event.objects.create(blitz=blitz, before=blitz.state, after=after, at=at, by=by, **said)
        return Blitz.objects.select_related("clade", "cutoff").get(pk=blitz.pk)


def _lock(person: User) -> None:
    """Let no other transaction count what this person has, until this one ends."""
    get_user_model().objects.select_for_update().get(pk=person.pk)


def _check_dates(blitz: Blitz, now: datetime) -> None:
    if blitz.starts_at >= blitz.ends_at:
        raise NotAllowedError(_("It ends before it begins: choose a later end."))
    if blitz.ends_at <= now:
        raise NotAllowedError(_("Its end is past: choose a later one."))
    if blitz.cutoff and blitz.ends_at > blitz.cutoff.cutoff_at:
        raise NotAllowedError(
            _("It would end after its cutoff, on %(day)s UTC: choose an earlier end.")
            % {"day": f"{blitz.cutoff.cutoff_at:%Y-%m-%d %H:%M}"}
        )
    if blitz.ends_at - blitz.starts_at > LONGEST:
        raise NotAllowedError(
            _("A blitz lasts at most %(n)s days: choose an earlier end.") % {"n": LONGEST.days}
        )
