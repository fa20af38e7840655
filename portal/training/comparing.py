"""Counting what pages tell of a version of the model: once, when it is released, beside the one before it."""

from collections.abc import Iterator
from itertools import islice

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection, models, transaction
from django.utils import timezone

from exporter.columns import booleans
from portal import bulk
from portal.taxa.models import Taxon
from portal.taxa.queries import last_refresh
from portal.training.models import (
    CladeStanding,
    ClassStanding,
    Comparison,
    Confusion,
    ModelVersion,
    TaxonResult,
)
from portal.training.standings import Change, Ints, Node, Results, Standings
from portal.training.version_queries import uncounted

_ROWS_AT_ONCE = 50_000


def compare_versions() -> int:
    """Count every released version that is not counted as it stands now; gives how many there were."""
    return sum(compare(version.pk, previous) for version, previous in uncounted())


@transaction.atomic
def compare(version_id: int, previous: ModelVersion | None) -> bool:
    """Count a version beside the one before it, in place of what was counted of it; False if it is gone."""
    version = ModelVersion.objects.select_for_update().filter(pk=version_id).first()
    if version is None:
        return False
    now = _results(version.run_id)
    before = _results(previous.run_id) if previous else None
    standings = Standings(now, before, _tree([version.run_id, *([previous.run_id] if previous else [])]))
    classes, clades = standings.classes(), standings.clades(_confusions(version.run_id))
    _forget(version)
    counts = {change: int(booleans(pc.equal(classes["change"], str(change))).sum()) for change in Change}
    comparison = Comparison.objects.create(
        version=version,
        previous=previous,
        refresh=last_refresh(),
        counted_at=timezone.now(),
        classes=len(now.taxon_ids),
        images=int(now.images.sum()),
        hits=int(now.right.sum()),
        hits_in_five=int(now.right_in_five.sum()),
        images_before=int(before.images.sum()) if before else 0,
        hits_before=int(before.right.sum()) if before else 0,
        unplaced=standings.walk.unplaced(),
        **{change.value: counts[change] for change in Change if change != Change.SAME},
    )
    _append(ClassStanding, classes, comparison)
    _append(CladeStanding, clades, comparison)
    return True


def _results(run_id: int) -> Results:
    rows = TaxonResult.objects.filter(run_id=run_id).values_list("taxon_id", "images", "top1", "top5")
    taxon_ids, images, top1, top5 = zip(*rows, strict=True)
    photos = np.array(images, dtype=np.int64)
    shares = (np.array(values, dtype=np.float64) for values in (top1, top5))
    right, right_in_five = (np.rint(share * photos).astype(np.int64) for share in shares)
    return Results(np.array(taxon_ids, dtype=np.int64), photos, right, right_in_five)


def _tree(run_ids: list[int]) -> dict[int, Node]:
    """The classes of the runs and all taxa above them, as far as the portal knows them."""
    classes = TaxonResult.objects.filter(run_id__in=run_ids).values("taxon_id")
    rows = list(Taxon.objects.filter(id__in=classes).values_list(*_NODE))
    above = {int(part) for row in rows for part in row[1].split("/") if part}
    rows += Taxon.objects.filter(id__in=above).values_list(*_NODE)
    return {
        taxon_id: Node(name, level, iconic, tuple(int(part) for part in ancestry.split("/") if part))
        for taxon_id, ancestry, name, level, iconic in rows
    }


_NODE = ("id", "ancestry", "name", "rank_level", "iconic_taxon_id")


def _confusions(run_id: int) -> Iterator[tuple[Ints, Ints, Ints]]:
    """Batches of a run's confusions: labels, what their photos were taken for, how many."""
    rows = Confusion.objects.filter(run_id=run_id).values_list("true_taxon_id", "predicted_taxon_id", "count")
    stream = rows.iterator(chunk_size=_ROWS_AT_ONCE)
    while batch := list(islice(stream, _ROWS_AT_ONCE)):
        columns = np.array(batch, dtype=np.int64)
        yield columns[:, 0], columns[:, 1], columns[:, 2]


def _forget(version: ModelVersion) -> None:
    """Remove what was counted of a version."""
    former = Comparison.objects.filter(version=version)
    for model in (ClassStanding, CladeStanding):
        model.objects.filter(comparison__in=former)._raw_delete(using="default")
    former.delete()


def _append(model: type[models.Model], rows: pa.Table, comparison: Comparison) -> None:
    table = model._meta.db_table
    whole = rows.append_column("comparison_id", pa.repeat(comparison.pk, rows.num_rows))
    bulk.copy(table, whole.column_names, whole.to_batches(max_chunksize=_ROWS_AT_ONCE))
    if connection.vendor == "postgresql":
        bulk.execute(f"ANALYZE {table}")
