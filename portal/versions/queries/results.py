"""Results of runs, in arrays: the input of a comparison of versions."""

from collections.abc import Iterator
from itertools import islice

import numpy as np

from exporter.model_comparison import Ints, Node, Results
from portal.taxa.ancestry import ids_in
from portal.taxa.models import Taxon
from portal.training.models import Confusion, TaxonResult

_ROWS_AT_ONCE = 50_000
_NODE = ("id", "ancestry", "name", "rank_level", "iconic_taxon_id")


def results_of(run_id: int) -> Results:
    """The results of a run on its test photos."""
    rows = TaxonResult.objects.filter(run_id=run_id).values_list("taxon_id", "images", "top1", "top5")
    taxon_ids, images, top1, top5 = zip(*rows, strict=True)
    photos = np.array(images, dtype=np.int64)
    shares = (np.array(values, dtype=np.float64) for values in (top1, top5))
    right, right_in_five = (np.rint(share * photos).astype(np.int64) for share in shares)
    return Results(np.array(taxon_ids, dtype=np.int64), photos, right, right_in_five)


def tree_of(run_ids: list[int]) -> dict[int, Node]:
    """The classes of the runs and all taxa above them, as far as the portal knows them."""
    classes = TaxonResult.objects.filter(run_id__in=run_ids).values("taxon_id")
    rows = list(Taxon.objects.filter(id__in=classes).values_list(*_NODE))
    above = {taxon_id for row in rows for taxon_id in ids_in(row[1])}
    rows += Taxon.objects.filter(id__in=above).values_list(*_NODE)
    return {
        taxon_id: Node(name, level, iconic, tuple(ids_in(ancestry)))
        for taxon_id, ancestry, name, level, iconic in rows
    }


def confusions_of(run_id: int) -> Iterator[tuple[Ints, Ints, Ints]]:
    """Batches of a run's confusions: labels, what their photos were taken for, how many."""
    rows = Confusion.objects.filter(run_id=run_id).values_list("true_taxon_id", "predicted_taxon_id", "count")
    stream = rows.iterator(chunk_size=_ROWS_AT_ONCE)
    while batch := list(islice(stream, _ROWS_AT_ONCE)):
        columns = np.array(batch, dtype=np.int64)
        yield columns[:, 0], columns[:, 1], columns[:, 2]
