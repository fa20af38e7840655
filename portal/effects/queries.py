"""Reads of effects, and of what they are counted from. Nothing here writes."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from django.db.models import Sum

from exporter.accuracy import Difference
from exporter.criteria import GENUS_RANK_LEVEL
from exporter.matched import Ints
from exporter.shares import Share
from portal.blitzes import queries as blitzes
from portal.blitzes.models import Blitz, Target
from portal.blitzes.states import State
from portal.cutoffs.queries import Viewer
from portal.effects.models import Effect, Member
from portal.present import present
from portal.taxa.ancestry import ids_in
from portal.taxa.models import Taxon
from portal.taxa.queries import taxa_with_ids
from portal.training.models import Confusion
from portal.training.queries import export_days
from portal.versions.models import ClassStanding, Comparison

#: Classes named on a page, those with most test photos.
SHOWN = 10
#: Test photos below which a class is not compared: its share says nothing.
LEAST_IMAGES = 5


# What is counted ---------------------------------------------------------------------------------


def uncounted() -> list[tuple[Comparison, list[Blitz]]]:
    """Each comparison with the finished blitzes that it is the first to come after, if any is not counted."""
    comparisons = list(
        Comparison.objects.filter(previous__isnull=False, version__released_at__isnull=False).select_related(
            "version__run", "previous__run"
        )
    )
    if not comparisons:
        return []
    ended = list(Blitz.objects.filter(state=State.FINISHED, began_at__isnull=False).select_related("cutoff"))
    runs = [run for one in comparisons for run in (one.version.run, present(one.previous).run)]
    exported = export_days(runs)
    known = set(Effect.objects.values_list("comparison_id", "blitz_id"))
    result = []
    for one in comparisons:
        before = exported.get(present(one.previous).run.snapshot_digest)
        after = exported.get(one.version.run.snapshot_digest)
        if before is None or after is None:
            continue
        between = [blitz for blitz in ended if before <= present(blitz.began_at) and blitz.closes_at <= after]
        if any((one.pk, blitz.pk) not in known for blitz in between):
            result.append((one, between))
    return result


def labels_of(blitz: Blitz) -> Ints:
    """The labels that were on a blitz's list when it began."""
    rows = Target.objects.filter(blitz=blitz).values_list("label_taxon_id", flat=True).distinct()
    return np.array(sorted(rows), dtype=np.int64)


def in_both(comparison: Comparison) -> dict[str, Ints]:
    """The classes that both versions judged on enough photos: columns of equal length."""
    names = ("taxon_id", "images_before", "right_before", "images", "right")
    rows = (
        ClassStanding.objects.filter(
            comparison=comparison, images__gte=LEAST_IMAGES, images_before__gte=LEAST_IMAGES
        )
        .order_by("taxon_id")
        .values_list(*names)
    )
    columns = np.array(list(rows), dtype=np.int64).reshape(-1, len(names)).T
    return dict(zip(names, columns, strict=True))


def groups_of(taxon_ids: Ints) -> Ints:
    """The iconic taxon of each; 0 without one."""
    rows = Taxon.objects.filter(id__in=taxon_ids.tolist()).values_list("id", "iconic_taxon_id")
    known = {taxon_id: iconic or 0 for taxon_id, iconic in rows}
    return np.array([known.get(taxon_id, 0) for taxon_id in taxon_ids.tolist()], dtype=np.int64)


def stayed(run_id: int, taxon_ids: Iterable[int]) -> dict[int, int]:
    """By class, how many of its test photos a run took for another class of the genus."""
    selected = list(taxon_ids)
    rows = list(
        Confusion.objects.filter(run_id=run_id, true_taxon_id__in=selected)
        .values_list("true_taxon_id", "predicted_taxon_id")
        .annotate(photos=Sum("count"))
    )
    genus = _genera({*selected, *(row[1] for row in rows)})
    counts: dict[int, int] = defaultdict(int)
    for true, predicted, photos in rows:
        if true in genus and genus[true] == genus.get(predicted):
            counts[true] += photos
    return counts


def _genera(taxon_ids: set[int]) -> dict[int, int]:
    """The genus of each taxon that has one."""
    rows = list(Taxon.objects.filter(id__in=taxon_ids).values_list("id", "ancestry"))
    above = {taxon_id for row in rows for taxon_id in ids_in(row[1])}
    genera = set(
        Taxon.objects.filter(id__in=above | taxon_ids, rank_level=GENUS_RANK_LEVEL).values_list(
            "id", flat=True
        )
    )
    result = {}
    for taxon_id, ancestry in rows:
        line = [one for one in (*ids_in(ancestry), taxon_id) if one in genera]
        if line:
            result[taxon_id] = line[-1]
    return result


# What pages show ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Side:
    """A class of a pair, and what each version made of its test photos."""

    taxon: Taxon | None
    taxon_id: int
    before: Share
    now: Share
    stayed_before: Share
    stayed: Share


@dataclass(frozen=True)
class Shown:
    """An effect with its pairs: the blitz's class and its partner. ``more`` pairs are left out."""

    effect: Effect
    pairs: list[tuple[Side, Side]]
    number: int

    @property
    def more(self) -> int:
        return self.number - len(self.pairs)

    @property
    def right(self) -> Difference | None:
        """How much more was named right; None with too few pairs."""
        effect = self.effect
        return _difference(effect.right_difference, effect.right_low, effect.right_high)

    @property
    def stayed(self) -> Difference | None:
        """How much more was taken for another class of the genus; None with too few pairs."""
        effect = self.effect
        return _difference(effect.stayed_difference, effect.stayed_low, effect.stayed_high)


def _difference(value: float | None, low: float | None, high: float | None) -> Difference | None:
    if value is None or low is None or high is None:
        return None
    return Difference(value, low, high)


def of_blitz(blitz: Blitz) -> list[Shown]:
    """What a blitz changed in the next version."""
    return _shown(Effect.objects.filter(blitz=blitz), SHOWN)


def of_version(comparison: Comparison, viewer: Viewer) -> list[Shown]:
    """What the blitzes before a version changed in it; of those that this person may know of."""
    known = blitzes.shown_to(viewer).values("pk")
    return _shown(Effect.objects.filter(comparison=comparison, blitz__in=known), 0)


def _shown(effects: Iterable[Effect], most: int) -> list[Shown]:
    listed = list(
        Effect.objects.filter(pk__in=[effect.pk for effect in effects])
        .select_related("blitz__clade", "comparison__version", "comparison__previous")
        .order_by("blitz__ends_at", "pk")
    )
    members: dict[int, list[Member]] = defaultdict(list)
    for member in Member.objects.filter(effect__in=listed, pair__lt=most):
        members[member.effect_id].append(member)
    numbers = dict(
        Member.objects.filter(effect__in=listed, is_cleaned=True)
        .order_by()
        .values_list("effect")
        .annotate(number=Sum(1))
    )
    taxa = taxa_with_ids({member.taxon_id for some in members.values() for member in some})
    return [Shown(effect, _pairs(members[effect.pk], taxa), numbers.get(effect.pk, 0)) for effect in listed]


def _pairs(members: list[Member], taxa: dict[int, Taxon]) -> list[tuple[Side, Side]]:
    sides = [_side(member, taxa.get(member.taxon_id)) for member in members]
    return list(zip(sides[::2], sides[1::2], strict=True))


def _side(member: Member, taxon: Taxon | None) -> Side:
    return Side(
        taxon,
        member.taxon_id,
        Share(member.right_before, member.images_before),
        Share(member.right, member.images),
        Share(member.stayed_before, member.images_before),
        Share(member.stayed, member.images),
    )
