"""Reads for whatever shows cutoffs. Every door shows what `visible_to` gives, and nothing else."""

from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Case, Max, Q, QuerySet, Subquery, When

from exporter.forecast import Export
from portal.accounts.models import Identity
from portal.cutoffs.models import Audience, Cutoff, Event, PastExport, Snapshot
from portal.cutoffs.states import AHEAD, CUT, State

Viewer = User | AnonymousUser

#: How many lines of the audit log a page shows.
AUDIT_LINES = 200
#: How long a snapshot waits, from its request, for data that reach its cutoff.
PATIENCE = timedelta(days=7)
#: How often a snapshot is taken up whose worker dies each time.
MOST_ATTEMPTS = 5


def visible_to(viewer: Viewer) -> QuerySet[Cutoff]:
    """The cutoffs that this person may know of: the one place where the audience is enforced.

    Whoever may view cutoffs in the staff pages sees all. Others see what was announced to everybody, and
    identifiers also what was announced to them: those on the list, which the permission makes, and those who
    have made so many identifications on iNaturalist. A draft is nobody else's.
    """
    if viewer.has_perm("cutoffs.view_cutoff"):
        return Cutoff.objects.all()
    return Cutoff.objects.filter(_told_to(viewer), announced_at__isnull=False)


def will_know(viewer: Viewer, cutoff: Cutoff) -> bool:
    """Whether this person may know of the cutoff once it is announced."""
    return viewer.has_perm("cutoffs.view_cutoff") or (
        Cutoff.objects.filter(_told_to(viewer), pk=cutoff.pk).exists()
    )


def _told_to(viewer: Viewer) -> Q:
    """The cutoffs that are announced to this person, or would be."""
    known = Q(audience=Audience.PUBLIC)
    if viewer.has_perm("cutoffs.know_identifiers_cutoffs"):
        known |= Q(audience=Audience.IDENTIFIERS)
    elif viewer.is_authenticated and viewer.is_active:
        known |= Q(audience=Audience.IDENTIFIERS, minimum_identifications__lte=_identifications(viewer))
    return known


def visible_with_id(viewer: Viewer, cutoff_id: int) -> Cutoff | None:
    """The cutoff of that id, if this person may know of it."""
    return visible_to(viewer).filter(pk=cutoff_id).first()


def cutoff_with_id(cutoff_id: int) -> Cutoff | None:
    """The cutoff of that id, whoever may know of it."""
    return Cutoff.objects.filter(pk=cutoff_id).first()


def _identifications(viewer: User) -> Subquery:
    """How many a person has made; for somebody who never signed in with iNaturalist, no number at all."""
    return Subquery(Identity.objects.filter(user=viewer).values("identifications"))


def next_cutoff(viewer: Viewer) -> Cutoff | None:
    """The cutoff that is announced and comes next, or is being made; None where there is none."""
    return visible_to(viewer).filter(state__in=AHEAD).order_by("cutoff_at", "id").first()


def next_or_latest(viewer: Viewer) -> Cutoff | None:
    """The cutoff that comes next; where none does, the newest one whose snapshot stands."""
    nearest = Case(When(state__in=AHEAD, then="cutoff_at")).asc(nulls_last=True)
    return visible_to(viewer).filter(state__in=AHEAD + CUT).order_by(nearest, "-cutoff_at", "id").first()


def timeline(viewer: Viewer) -> QuerySet[Cutoff]:
    """Every cutoff that has a date people may know, the latest first."""
    return visible_to(viewer).order_by("-cutoff_at", "-id")


def dated(viewer: Viewer, most: int) -> list[Cutoff]:
    """The latest of those that were announced."""
    return list(timeline(viewer).exclude(announced_at=None)[:most])


def events(cutoff: Cutoff) -> QuerySet[Event]:
    """What happened to a cutoff, oldest first."""
    return cutoff.events.select_related("by")


def events_visible_to(viewer: Viewer) -> QuerySet[Event]:
    """What happened to the cutoffs that this person may know of, oldest first."""
    return Event.objects.filter(cutoff__in=visible_to(viewer)).order_by("id")


def news(viewer: Viewer) -> QuerySet[Event]:
    """The published events of the cutoffs that this person may know of, latest first."""
    recorded = Event.objects.filter(cutoff__in=visible_to(viewer).exclude(announced_at=None), is_told=True)
    return recorded.select_related("cutoff").order_by("-id")


def updates_until(event: Event) -> int:
    """How many times the audience has heard of the event's cutoff, this event included."""
    return Event.objects.filter(cutoff_id=event.cutoff_id, is_told=True, pk__lte=event.pk).count()


def audit_log() -> QuerySet[Event]:
    """What happened to all cutoffs, latest first."""
    return Event.objects.select_related("by", "cutoff").order_by("-at", "-id")[:AUDIT_LINES]


def waiting_for_people() -> QuerySet[Cutoff]:
    """Cutoffs that go on only when somebody decides, the longest waiting first."""
    return Cutoff.objects.filter(state__in=(State.HELD, State.FAILED)).order_by("changed_at", "id")


def snapshots(cutoff: Cutoff) -> list[Snapshot]:
    """The attempts to make a cutoff's snapshot, the last one first."""
    return list(cutoff.snapshots.filter(is_dry_run=False).order_by("-number"))


def last_dry_run(cutoff: Cutoff) -> Snapshot | None:
    """The newest dry run."""
    return cutoff.snapshots.filter(is_dry_run=True).order_by("-number").first()


def snapshot_that_stands(cutoff: Cutoff) -> Snapshot | None:
    """The snapshot that counts as exported."""
    return next(iter(snapshots(cutoff)), None) if cutoff.state in CUT else None


def seed(cutoff: Cutoff) -> str:
    """The seed of the draw, once the snapshot stands; empty before."""
    return cutoff.seal.seed if cutoff.state in CUT else ""


def file_of(cutoff: Cutoff, name: str) -> Path | None:
    """A file of the snapshot that stands; None before there is one, or if it has no such file."""
    made = snapshot_that_stands(cutoff)
    if made is None or made.report is None or name not in {"manifest.json", *made.report["files"]}:
        return None
    path = settings.DATA_DIR / made.folder / name
    return path if path.is_file() else None


def before(cutoff: Cutoff) -> Snapshot | None:
    """The snapshot that a cutoff's is compared with: that of the one before it, under the same rule.

    Only of cutoffs that everybody knows of who may know of this one: the comparison shows both.
    """
    earlier = known_with(cutoff).filter(
        state__in=CUT, criteria=cutoff.criteria, cutoff_at__lt=cutoff.cutoff_at
    )
    latest = earlier.order_by("-cutoff_at", "-id").first()
    return snapshot_that_stands(latest) if latest else None


def known_with(cutoff: Cutoff) -> QuerySet[Cutoff]:
    """The cutoffs that whoever may know of this one may know of too."""
    if cutoff.audience == Audience.STAFF:
        return Cutoff.objects.all()
    known = Q(audience=Audience.PUBLIC)
    if cutoff.audience == Audience.IDENTIFIERS:
        most = cutoff.minimum_identifications
        known |= Q(audience=Audience.IDENTIFIERS, minimum_identifications__lte=most)
    return Cutoff.objects.filter(known)


def next_number(cutoff: Cutoff) -> int:
    """The number of the next attempt."""
    return (cutoff.snapshots.aggregate(last=Max("number"))["last"] or 0) + 1


def due(now: datetime) -> list[Cutoff]:
    """The cutoffs whose time for the next transition has come, the earliest first."""
    moving = Cutoff.objects.filter(state__in=(State.ANNOUNCED, State.SETTLING)).order_by("cutoff_at", "id")
    return [cutoff for cutoff in moving if next_by_clock(cutoff, now)]


def next_by_clock(cutoff: Cutoff, now: datetime) -> State | None:
    """The state that the clock asks for; None if it is not time yet."""
    if cutoff.state == State.ANNOUNCED and cutoff.window_start <= now:
        return State.SETTLING
    if cutoff.state == State.SETTLING and cutoff.cutoff_at <= now:
        return State.SNAPSHOTTING
    return None


def unfinished() -> QuerySet[Snapshot]:
    """Snapshots that are to be made, or that a stopped process left half-made; dry runs come last."""
    selected = Q(cutoff__state=State.SNAPSHOTTING, is_dry_run=False) | Q(is_dry_run=True)
    requested = Snapshot.objects.filter(selected, finished_at__isnull=True)
    return requested.select_related("cutoff").order_by("is_dry_run", "asked_at", "id")


def past_exports() -> list[PastExport]:
    """The exports reported from before there was a Leafline, oldest first."""
    return list(PastExport.objects.all())


def export_record(viewer: Viewer) -> list[Export]:
    """Every export whose day this person may know, oldest first: those reported, then those made here."""
    recorded = [
        Export(past.exported_from, past.exported_to, past.exports_since)
        for past in past_exports()
        if past.exported_from is not None and past.exported_to is not None
    ]
    own = visible_to(viewer).filter(state__in=CUT, is_simulated=False).order_by("cutoff_at", "id")
    days = [moment.date() for moment in own.values_list("cutoff_at", flat=True)]
    # Exports between the last one reported and the first one here are not known of.
    return [*recorded, *(Export(day, day, 1 if number else None) for number, day in enumerate(days))]
