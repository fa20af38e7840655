"""Two runs on the same photos: what one knows and the other does not, photo by photo.

Two models judged on the same photos can be distinguished by far fewer of them than two shares from different
photos: only the photos on which they differ count (McNemar 1947, exactly: the binomial test).
"""

from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from trainer.errors import DataError
from trainer.metrics import interval
from trainer.predictions import read_set
from trainer.snapshot import Ints, Snapshot


def compare_pairs(run_folder: Path, previous_folder: Path, snapshot: Snapshot) -> dict[str, Any]:
    """What two runs' predictions of the same test photos with the same labels come to, over all and by clade.

    ``pairs`` is None where the previous run has kept no predictions, or of no photo that this one was judged
    on.
    """
    try:
        before = read_set(previous_folder, "test")
    except DataError:
        return {"pairs": None}
    now = read_set(run_folder, "test")
    photo_ids = [table["photo_id"].to_numpy() for table in (now, before)]
    _, mine, theirs = np.intersect1d(photo_ids[0], photo_ids[1], return_indices=True)
    given, formerly = now["label_taxon_id"].to_numpy()[mine], before["label_taxon_id"].to_numpy()[theirs]
    mine, theirs = mine[given == formerly], theirs[given == formerly]
    if not len(mine):
        return {"pairs": None}
    right = np.array([_right(now)[mine], _right(before)[theirs]])
    labels = now["label_taxon_id"].to_numpy()[mine]
    return {"pairs": {**_describe(right), "clades": _clades(right, labels, snapshot)}}


def _right(table: Any) -> Any:
    likeliest = np.array([ids[0] for ids in table["taxon_ids"].to_pylist()], dtype=np.int64)
    return likeliest == table["label_taxon_id"].to_numpy()


def _describe(right: Any) -> dict[str, Any]:
    """right: (2, n), whether the run and the previous one are right."""
    now, before = right
    number = len(now)
    only_here, only_before = int((now & ~before).sum()), int((before & ~now).sum())
    low, high = paired_interval(int((now & before).sum()), only_here, only_before, number)
    return {
        "photos": number,
        "top1": float(now.mean()),
        "previous_top1": float(before.mean()),
        "right_only_here": only_here,
        "right_only_before": only_before,
        "difference": (only_here - only_before) / number,
        "difference_low": low,
        "difference_high": high,
        "p_value": mcnemar(only_here, only_before),
    }


def mcnemar(one: int, other: int) -> float:
    """How likely it is by chance that the photos only one of two models knows are shared out so unevenly."""
    return float(stats.binomtest(one, one + other).pvalue) if one + other else 1.0


def paired_interval(both: int, one: int, other: int, number: int) -> tuple[float, float]:
    """The 95 % interval for a difference of two shares of the same photos.

    Two Wilson intervals, joined by the correlation of the two (Newcombe 1998, Stat. Med. 17:2635).
    """
    shares = (both + one) / number, (both + other) / number
    bounds = [interval(both + single, number) for single in (one, other)]
    (low, high), (past_low, past_high) = ((float(ends[0]), float(ends[1])) for ends in bounds)
    neither = number - both - one - other
    spread = (both + one) * (other + neither) * (both + other) * (one + neither)
    phi = 0.0 if spread == 0 else (both * neither - one * other) / spread**0.5
    down, up = shares[0] - low, high - shares[0]
    past_down, past_up = shares[1] - past_low, past_high - shares[1]
    difference = shares[0] - shares[1]
    return (
        difference - max(down**2 - 2 * phi * down * past_up + past_up**2, 0.0) ** 0.5,
        difference + max(up**2 - 2 * phi * up * past_down + past_down**2, 0.0) ** 0.5,
    )


def _clades(right: Any, labels: Ints, snapshot: Snapshot) -> list[dict[str, Any]]:
    """A row for each taxon over two classes or more, most photos first.

    False discoveries by Benjamini-Hochberg.
    """
    members: dict[int, list[int]] = {}
    for taxon_id in np.unique(labels).tolist():
        if taxon_id in snapshot.taxa:
            for above in snapshot.ancestors(taxon_id):
                members.setdefault(above.taxon_id, []).append(taxon_id)
    rows = [
        {"taxon_id": taxon_id, "name": snapshot.taxa[taxon_id].name, "rank": snapshot.taxa[taxon_id].rank}
        | _describe(right[:, np.isin(labels, below)])
        for taxon_id, below in members.items()
        if len(below) > 1
    ]
    if rows:
        q_values = stats.false_discovery_control([row["p_value"] for row in rows]).tolist()
        rows = [row | {"q_value": q_value} for row, q_value in zip(rows, q_values, strict=True)]
    return sorted(rows, key=lambda row: (-row["photos"], row["taxon_id"]))
