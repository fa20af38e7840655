"""Counting what blitzes changed in the next version of the model."""

import numpy as np
from django.db import transaction
from django.utils import timezone

from exporter.matched import Before, Estimate, Ints, change, pairs
from portal.blitzes.models import Blitz
from portal.effects import queries
from portal.effects.models import Effect, Member
from portal.present import present
from portal.versions.models import Comparison

_Columns = dict[str, Ints]


def count_effects() -> int:
    """Count every finished blitz in the first version that shows its labels; gives how many were counted."""
    return sum(_count(comparison, blitzes) for comparison, blitzes in queries.uncounted())


@transaction.atomic
def _count(comparison: Comparison, blitzes: list[Blitz]) -> int:
    """Count the blitzes between two exports. No class that any of them had on its list is a partner."""
    if not Comparison.objects.select_for_update().filter(pk=comparison.pk).exists():
        return 0
    classes = queries.in_both(comparison)
    before = Before(classes["images_before"], classes["right_before"], queries.groups_of(classes["taxon_id"]))
    labels = {blitz.pk: queries.labels_of(blitz) for blitz in blitzes}
    may_pair = ~np.isin(classes["taxon_id"], np.concatenate(list(labels.values())))
    Effect.objects.filter(comparison=comparison).delete()
    for blitz in blitzes:
        is_cleaned = np.isin(classes["taxon_id"], labels[blitz.pk])
        cleaned, partner = pairs(before, is_cleaned, may_pair)
        order = np.argsort(-classes["images"][cleaned], kind="stable")
        _record(blitz, comparison, classes, int(is_cleaned.sum()), (cleaned[order], partner[order]))
    return len(blitzes)


def _record(
    blitz: Blitz, comparison: Comparison, classes: _Columns, number: int, paired: tuple[Ints, Ints]
) -> None:
    ids = classes["taxon_id"][np.concatenate(paired)].tolist()
    classes = classes | {
        "stayed": _laid(classes, queries.stayed(comparison.version.run_id, ids)),
        "stayed_before": _laid(classes, queries.stayed(present(comparison.previous).run_id, ids)),
    }
    effect = Effect.objects.create(
        blitz=blitz,
        comparison=comparison,
        counted_at=timezone.now(),
        classes=number,
        **_estimate("right", classes, paired),
        **_estimate("stayed", classes, paired),
    )
    Member.objects.bulk_create(
        Member(effect=effect, pair=pair, is_cleaned=is_cleaned, **_row(classes, place))
        for places, is_cleaned in zip(paired, (True, False), strict=True)
        for pair, place in enumerate(places.tolist())
    )


def _laid(classes: _Columns, counts: dict[int, int]) -> Ints:
    return np.array([counts.get(taxon_id, 0) for taxon_id in classes["taxon_id"].tolist()], dtype=np.int64)


def _estimate(name: str, classes: _Columns, paired: tuple[Ints, Ints]) -> dict[str, float | None]:
    now = classes[name] / classes["images"]
    before = classes[f"{name}_before"] / classes["images_before"]
    result: Estimate | None = change(now, before, *paired)
    names = (f"{name}_difference", f"{name}_low", f"{name}_high")
    values = (result.value, result.low, result.high) if result else (None, None, None)
    return dict(zip(names, values, strict=True))


def _row(classes: _Columns, place: int) -> dict[str, int]:
    return {name: int(column[place]) for name, column in classes.items()}
