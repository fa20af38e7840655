"""Reads for whatever shows blitzes. Every door shows what `visible_to` gives, and nothing else."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum, TextField, Value
from django.db.models.functions import Concat

from exporter.draw import draw_key
from exporter.shares import Share
from portal.batches import queries as batches_of
from portal.batches.models import Holder
from portal.batches.queries.leaving import leave_out
from portal.blitzes.models import Blitz, Event, Measurement, SecondLook, Target
from portal.blitzes.states import SHOWN, State
from portal.cutoffs import queries as cutoffs
from portal.cutoffs.models import Cutoff
from portal.cutoffs.queries import Viewer
from portal.cutoffs.states import State as CutoffState
from portal.hotspots import queries as hotspots
from portal.hotspots.facets import Facets
from portal.hotspots.models import Hotspot, WorklistEntry
from portal.hotspots.queries import worklists
from portal.ids import id_written
from portal.present import present
from portal.taxa.ancestry import ids_in
from portal.taxa.models import Taxon

REVIEW = "blitzes.review_blitz"
#: Its batches' pool: `portal.batches.pools`.
POOL = "blitz"
#: How many of a clade's hotspots a blitz's page names.
HOTSPOTS = 8
#: The fields of a hotspot that are added up over a clade.
EXPECTED = (
    "labels",
    "expected_wrong",
    "expected_wrong_low",
    "expected_wrong_high",
    "expected_wrong_photos",
)
#: Cutoffs that a blitz can still be for.
COMING = (CutoffState.ANNOUNCED, CutoffState.SETTLING)


@dataclass(frozen=True)
class Course:
    """A blitz with what it began with and how it stands; both None before it began."""

    blitz: Blitz
    before: Measurement | None
    latest: Measurement | None

    @property
    def is_measured(self) -> bool:
        """Whether anything was counted since it began."""
        return self.before is not None and self.latest != self.before

    @property
    def is_final(self) -> bool:
        """Whether its result stands: it was counted up to its end."""
        return self.is_measured and present(self.latest).at >= self.blitz.closes_at

    @property
    def counted_until(self) -> datetime:
        """Up to when it was counted, once it has begun; at least its beginning."""
        return max(present(self.latest).at, present(self.blitz.began_at))


@dataclass(frozen=True)
class Batches:
    """How many observations a holder may be given, as far as is counted; and how many batches are held."""

    observations: int
    held: int
    next_free_at: datetime | None

    @property
    def free(self) -> int:
        """In batches, the last of which may be smaller."""
        return -(-self.observations // worklists.BATCH)


@dataclass(frozen=True)
class SecondLooks:
    """How many second looks there are; of those looked at, the moved labels that were moved back, and the
    unsuspected ones that were moved.
    """

    drawn: int
    moved_back: Share
    unsuspected_moved: Share


# Who may know ------------------------------------------------------------------------------------


def visible_to(viewer: Viewer) -> QuerySet[Blitz]:
    """The blitzes that this person may know of: the one place where that is decided.

    None whose cutoff the person may not know of. Of the others those that were approved; one's own, and for
    who reviews them all.
    """
    known = Blitz.objects.select_related("clade", "cutoff").filter(
        Q(cutoff=None) | Q(cutoff__in=cutoffs.visible_to(viewer).order_by())
    )
    if viewer.has_perm(REVIEW):
        return known
    shown = Q(state__in=SHOWN)
    return known.filter(shown | Q(proposer=viewer) if viewer.is_authenticated else shown)


def visible_with_id(viewer: Viewer, blitz_id: int) -> Blitz | None:
    """The blitz of that id, if this person may know of it."""
    return visible_to(viewer).filter(pk=blitz_id).first()


def shown_with_id(viewer: Viewer, blitz_id: int) -> Blitz | None:
    """The same, if it was approved."""
    return shown_to(viewer).filter(pk=blitz_id).first()


def shown_to(viewer: Viewer) -> QuerySet[Blitz]:
    """Those that were approved, of all that this person may know of."""
    return visible_to(viewer).filter(state__in=SHOWN)


def cutoffs_to_choose(viewer: Viewer) -> QuerySet[Cutoff]:
    """The announced cutoffs that this person may propose a blitz for, the next one first."""
    return cutoffs.visible_to(viewer).filter(state__in=COMING).order_by("cutoff_at", "id")


# Lists -------------------------------------------------------------------------------------------


def under_way(viewer: Viewer, limit: int | None = None) -> list[Course]:
    """Those under way, the one that ends first before the others; each has a measurement, so in one query."""
    running = shown_to(viewer).filter(state=State.RUNNING).order_by("ends_at", "id").values("pk")
    rows = _ends(running[:limit]).select_related("blitz__clade", "blitz__cutoff")
    measured_by: dict[Blitz, list[Measurement]] = {}
    for row in rows.order_by("blitz__ends_at", "blitz_id", "at"):
        measured_by.setdefault(row.blitz, []).append(row)
    return [course(blitz, measured) for blitz, measured in measured_by.items()]


def coming(viewer: Viewer) -> list[Blitz]:
    """Those approved that have not begun, the next one first."""
    return list(shown_to(viewer).filter(state=State.APPROVED).order_by("starts_at", "id"))


def past(viewer: Viewer) -> QuerySet[Blitz]:
    """Those finished or called off, the latest first."""
    ended = shown_to(viewer).filter(state__in=(State.FINISHED, State.CANCELLED))
    return ended.order_by("-ends_at", "-id")


def waiting(viewer: Viewer) -> list[Blitz]:
    """Proposals that wait for an answer, the oldest first; nothing for who does not review them."""
    if not viewer.has_perm(REVIEW):
        return []
    return list(visible_to(viewer).filter(state=State.PROPOSED).order_by("proposed_at", "id"))


def own(viewer: Viewer) -> list[Blitz]:
    """What this person proposed, the latest first."""
    if not viewer.is_authenticated:
        return []
    return list(visible_to(viewer).filter(proposer=viewer).order_by("-proposed_at", "-id"))


def of_cutoff(cutoff: Cutoff, viewer: Viewer) -> list[Course]:
    """The blitzes for a cutoff, in the order in which they begin."""
    return courses(shown_to(viewer).filter(cutoff=cutoff).order_by("starts_at", "id"))


def over(taxon: Taxon, viewer: Viewer) -> list[Blitz]:
    """The blitzes under way of which the clade holds the taxon, the narrowest clade first."""
    line = [taxon.pk, *ids_in(taxon.ancestry)]
    running = shown_to(viewer).filter(state=State.RUNNING, clade__in=line)
    return list(running.order_by("clade__rank_level", "ends_at", "id"))


def selected(
    viewer: Viewer,
    *,
    clade: Taxon | None = None,
    taxon: Taxon | None = None,
    state: str = "",
    cutoff_id: int | None = None,
) -> QuerySet[Blitz]:
    """Those approved of a clade or below it; of which the clade holds a taxon; in a state; for a cutoff."""
    rows = shown_to(viewer)
    if clade is not None:
        rows = rows.annotate(path=Concat(Value("/"), "clade__ancestry", Value("/"), output_field=TextField()))
        rows = rows.filter(Q(clade=clade) | Q(path__contains=f"/{clade.pk}/"))
    if taxon is not None:
        rows = rows.filter(clade__in=[taxon.pk, *ids_in(taxon.ancestry)])
    if state:
        rows = rows.filter(state=state)
    if cutoff_id is not None:
        rows = rows.filter(cutoff_id=cutoff_id)
    return rows


def courses(blitzes: Iterable[Blitz]) -> list[Course]:
    """Each with its first and its last measurement, in one query."""
    blitzes = list(blitzes)
    measured_by: dict[int, list[Measurement]] = {blitz.pk: [] for blitz in blitzes}
    for row in _ends(list(measured_by)).order_by("at"):
        measured_by[row.blitz_id].append(row)
    return [course(blitz, measured_by[blitz.pk]) for blitz in blitzes]


def _ends(blitz_ids: Iterable[int] | QuerySet) -> QuerySet[Measurement]:
    """The first and the last measurement of each of these blitzes."""
    own = Measurement.objects.filter(blitz=OuterRef("blitz"))
    ends = Q(at=Subquery(own.order_by("at").values("at")[:1]))
    ends |= Q(at=Subquery(own.order_by("-at").values("at")[:1]))
    return Measurement.objects.filter(ends, blitz__in=blitz_ids)


def latest_change(viewer: Viewer) -> Blitz | None:
    """The one about which something changed last."""
    return shown_to(viewer).order_by("-changed_at", "-id").first()


# One blitz ---------------------------------------------------------------------------------------


def course(blitz: Blitz, rows: Sequence[Measurement] | None = None) -> Course:
    """The blitz with the first and the last of its measurements."""
    rows = measurements(blitz) if rows is None else rows
    return Course(blitz, rows[0], rows[-1]) if rows else Course(blitz, None, None)


def measurements(blitz: Blitz) -> list[Measurement]:
    """How it stood at each count, oldest first."""
    return list(blitz.measurements.order_by("at"))


def moments(rows: Iterable[Measurement]) -> list[hotspots.Moment]:
    """What was expected to be wrong at each count, to be drawn."""
    return [
        hotspots.Moment(
            row.at, row.labels, row.expected_wrong, row.expected_wrong_low, row.expected_wrong_high
        )
        for row in rows
    ]


def events(blitz: Blitz) -> list[Event]:
    """What happened to it, oldest first."""
    return list(blitz.events.select_related("by").order_by("id"))


def worst(blitz: Blitz) -> list[Hotspot]:
    """The worst hotspots of its clade."""
    rows = hotspots.hotspot_list(
        hotspots.Selection(blitz.criteria, clade=blitz.clade, least=hotspots.LEAST_SHOWN)
    )
    return list(rows.prefetch_related("taxon")[:HOTSPOTS])


def targets(blitz: Blitz) -> int:
    """How many observations its list has."""
    return Target.objects.filter(blitz=blitz).count()


# Batches -----------------------------------------------------------------------------------------


def pool_of(blitz: Blitz) -> str:
    """The name under which batches of this blitz are kept."""
    return f"{POOL}-{blitz.pk}"


def of_pool(pool: str) -> Blitz | None:
    """The blitz of that name, whoever may know of it."""
    number = id_written(pool.removeprefix(f"{POOL}-"))
    return Blitz.objects.select_related("clade", "cutoff").filter(pk=number or 0).first()


def batches(blitz: Blitz, holder: Holder | None, now: datetime) -> Batches:
    """What there is to take."""
    held = batches_of.held_in(pool_of(blitz), now)
    rows = free(blitz, leave_out(holder, blitz.criteria, now)).order_by()[: worklists.OVER_ALL]
    return Batches(rows.count(), held.batches, held.first_until)


def free(
    blitz: Blitz, left_out: QuerySet, *, label: int | None = None, place: str = ""
) -> QuerySet[WorklistEntry, int]:
    """What may be given next, the most worthwhile first: the newest count's worklist without ``left_out``.

    The ids of observations alone, which an index has: much may be left out before the first of them.
    """
    rows = worklists.worklist(Facets(blitz.criteria, clade=blitz.clade, place=place, label=label))
    return rows.exclude(observation_id__in=left_out).values_list("observation_id", flat=True)


# Second looks ------------------------------------------------------------------------------------


def second_looks(blitz: Blitz) -> SecondLooks:
    """What second looks came to so far."""
    was_moved = Q(former_taxon_id__isnull=False)
    counted = SecondLook.objects.filter(blitz=blitz).aggregate(
        drawn=Count("id"),
        moved=Count("id", filter=was_moved & Q(is_looked_at=True)),
        moved_back=Count("id", filter=was_moved & Q(is_looked_at=True, is_changed=True)),
        unsuspected=Count("id", filter=~was_moved & Q(is_looked_at=True)),
        unsuspected_moved=Count("id", filter=~was_moved & Q(is_looked_at=True, is_changed=True)),
    )
    return SecondLooks(
        counted["drawn"],
        Share(counted["moved_back"], counted["moved"]),
        Share(counted["unsuspected_moved"], counted["unsuspected"]),
    )


def drawn_for(blitz: Blitz) -> list[SecondLook]:
    """Every second look of a blitz."""
    return list(SecondLook.objects.filter(blitz=blitz).order_by("observation_id"))


def controls(blitz: Blitz, left_out: QuerySet, label: int | None) -> list[SecondLook]:
    """The second looks that may be given next, in the order of the draw."""
    rows = SecondLook.objects.filter(blitz=blitz, is_looked_at=False).exclude(observation_id__in=left_out)
    if label is not None:
        rows = rows.filter(label_taxon_id=label)
    return sorted(rows, key=lambda row: draw_key(blitz.draw_seed, row.observation_id))


# The clock, measuring and pulling ----------------------------------------------------------------


def due(now: datetime) -> list[Blitz]:
    """Those whose time for the next transition has come."""
    moving = Blitz.objects.filter(state__in=(State.APPROVED, State.RUNNING)).select_related("clade", "cutoff")
    return [blitz for blitz in moving.order_by("starts_at", "id") if next_by_clock(blitz, now)]


def next_by_clock(blitz: Blitz, now: datetime) -> State | None:
    """The state that the clock asks for; None if it is not time yet."""
    if blitz.state == State.APPROVED and blitz.starts_at <= now:
        return State.RUNNING
    if blitz.state == State.RUNNING and blitz.closes_at <= now:
        return State.FINISHED
    return None


def unmeasured() -> list[Course]:
    """Those under way, and those finished of which the result is not known yet."""
    begun = Blitz.objects.filter(state__in=(State.RUNNING, State.FINISHED)).select_related("clade", "cutoff")
    return [one for one in courses(begun.order_by("id")) if one.before is not None and not one.is_final]


def followed(blitz: Blitz) -> list[Target]:
    """The observations of its list."""
    return list(Target.objects.filter(blitz=blitz).order_by("observation_id"))


def still_listed(blitz: Blitz) -> set[int]:
    """Those of them that are still on the worklist."""
    ids = Target.objects.filter(blitz=blitz).values("observation_id")
    rows = WorklistEntry.objects.filter(criteria=blitz.criteria, observation_id__in=ids)
    return set(rows.values_list("observation_id", flat=True))


def expected(blitz: Blitz) -> dict[str, float]:
    """What the newest count expects of its clade: the fields of a `Measurement`."""
    rows = hotspots.hotspot_list(hotspots.Selection(blitz.criteria, clade=blitz.clade)).order_by()
    sums = rows.aggregate(**{name: Sum(name, default=0) for name in EXPECTED})
    return {name: sums[name] for name in EXPECTED}


def watched_clades() -> QuerySet[Blitz, int]:
    """The clades of those under way that everybody may know of: their observations are pulled before others.

    What is pulled shows in public numbers.
    """
    running = shown_to(AnonymousUser()).filter(state=State.RUNNING).order_by("starts_at", "id")
    return running.values_list("clade_id", flat=True)
