"""What a refresh sums up of each clade, for made-up readiness: a part of the benchmarks of the portal."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

HOTSPOTS = 20_000
#: What is summed up, as columns of readiness.
SUMS = (
    "is_drawn", "stem_id", "branches", "branch_photos", "classes", "class_photos",
    "expected_wrong", "expected_wrong_low", "expected_wrong_high",
)  # fmt: skip


def with_clades(
    result: pa.Table, parents: np.ndarray, ranks: Sequence[str], rank_levels: Sequence[float]
) -> pa.Table:
    """Readiness as `portal.taxa.services.write_unseen` takes it.

    ``parents``, ``ranks`` and ``rank_levels`` are by number from 0, the root; taxon ids are one more. The
    first labels are hotspots, with about 20 wrong observations each.
    """
    from exporter.clades import summed_up
    from exporter.tree import NONE, Tree

    ids = np.arange(1, len(parents) + 1)
    parent_ids = parents + 1
    parent_ids[0] = NONE
    wrong = np.random.default_rng(6).exponential(20, min(HOTSPOTS, result.num_rows))
    hotspots = pa.table(
        {
            "taxon_id": result["taxon_id"].slice(0, len(wrong)),
            "expected_wrong": wrong,
            "expected_wrong_low": wrong * 0.5,
            "expected_wrong_high": wrong * 1.6,
        }
    )
    levels = pa.table({"taxon_id": ids, "rank_level": rank_levels})
    result = result.append_column("rank", pa.array(ranks).take(pa.array(result["taxon_id"].to_numpy() - 1)))
    return summed_up(Tree(ids, parent_ids), levels, result, hotspots)
