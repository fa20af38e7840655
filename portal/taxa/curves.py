"""The species of a clade by their photos, most first: the curve that the line is drawn through.

Counted by steps of the number of photos, ten to each power of ten, so that a million species are a few
dozen numbers. Large clades are counted at a refresh, small ones when somebody asks.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from exporter.columns import Ints, booleans, integers
from portal.taxa.models import Status
from portal.taxa.queries import NEAR_WITHIN

#: What becomes of a species in the curve; one that can never be a class is not in it.
STATUSES = (Status.LEAF, Status.ROLLED_UP, Status.DROPPED, Status.SHORT)
#: The steps: the fewest photos of each. 50 and 100 are among them.
STEPS = sorted({int(float(f"{10 ** (step / 10):.1e}")) for step in range(80)})
#: Clades with more taxa than this are counted at a refresh.
KEPT_ABOVE = 2_000
#: Stands for all taxa in place of a clade's id.
EVERYTHING = 0


@dataclass(frozen=True)
class Counted:
    """``steps``: by the fewest photos of each step, how many species have each of `STATUSES`, steps upward.

    ``near``: species below the line, and at most `NEAR_WITHIN` observations short of it.
    """

    steps: dict[int, list[int]]
    near: int


def count(rows: Iterable[tuple[int, str, int]]) -> Counted:
    """Count species, each with its photos, status and margin."""
    steps: dict[int, list[int]] = {}
    near = 0
    for photos, status, margin in sorted(rows, key=lambda row: row[0]):
        step = STEPS[np.searchsorted(STEPS, photos, side="right") - 1]
        steps.setdefault(step, [0] * len(STATUSES))[STATUSES.index(Status(status))] += 1
        near += -NEAR_WITHIN <= margin < 0
    return Counted(steps, near)


def curves_to_keep(result: pa.Table) -> pa.Table:
    """The curves of everything and of all large clades, with the columns of `Curve`.

    ``found``: readiness with `rank` and the numbers in the walk of the tree.
    """
    result = result.sort_by("tree_left")
    left, right = integers(result["tree_left"]), integers(result["tree_right"])
    starts = np.arange(len(left))
    ends = np.searchsorted(left, right, side="right")
    large = np.flatnonzero(ends - starts > KEPT_ABOVE)
    starts, ends = np.append(0, starts[large]), np.append(len(left), ends[large])
    steps, near = _count_in_ranges(result, starts, ends)
    return pa.table(
        {
            "taxon_id": np.append(EVERYTHING, integers(result["taxon_id"])[large]),
            "steps": [json.dumps(clade) for clade in steps],
            "near": near,
        }
    )


def _count_in_ranges(
    result: pa.Table, starts: np.ndarray, ends: np.ndarray
) -> tuple[list[dict[int, list[int]]], np.ndarray]:
    """The steps of each range of rows, and how many of its species are near the line."""
    status = integers(pc.index_in(result["status"], pa.array([*STATUSES])), null=-1)
    is_counted = booleans(pc.equal(result["rank"], "species")) & (status >= 0)
    step = np.searchsorted(STEPS, integers(result["photos"]), side="right") - 1
    steps: list[dict[int, list[int]]] = [{} for _ in starts]
    for at in np.unique(step[is_counted]):
        in_step = is_counted & (step == at)
        counts = [_in_ranges(in_step & (status == place), starts, ends) for place in range(len(STATUSES))]
        for clade, numbers in enumerate(np.transpose(counts).tolist()):
            if any(numbers):
                steps[clade][STEPS[at]] = numbers
    margin = integers(result["margin"], null=0)
    is_near = is_counted & (margin < 0) & (margin >= -NEAR_WITHIN)
    return steps, _in_ranges(is_near, starts, ends)


def _in_ranges(marked: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """How many rows of each range are marked."""
    running: Ints = np.append(0, np.cumsum(marked))
    counted: Ints = running[ends] - running[starts]
    return counted
