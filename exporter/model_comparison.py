"""A version of the model beside the one before it: the classes and clades, from arrays to tables.

Nothing here knows a database: who calls reads and writes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import chain
from typing import TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from exporter import accuracy
from exporter.criteria import SPECIES_RANK_LEVEL
from exporter.shares import wilson

Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]


class Change(StrEnum):
    """What became of a class since the version before."""

    GAINED = "gained"
    LOST = "lost"
    BETTER = "better"
    WORSE = "worse"
    SAME = "same"


#: Confusions looked at together: bounds memory.
_AT_ONCE = 200_000


@dataclass(frozen=True)
class Results:
    """The results of a run on its test photos, by class: how many there were, how many it named right."""

    taxon_ids: Ints
    images: Ints
    right: Ints
    right_in_five: Ints


@dataclass(frozen=True)
class Node:
    """A taxon of the tree. ``above``: ids of its ancestors, the root first."""

    name: str
    rank_level: float | None
    iconic_taxon_id: int | None
    above: tuple[int, ...]


class Walk:
    """The classes in the order of a walk of the tree, siblings by name: a clade's classes lie side by side.

    taxon_ids: (n,), by place. A class that the tree does not have comes first and lies in no clade.
    """

    def __init__(self, taxon_ids: set[int], tree: Mapping[int, Node]) -> None:
        number = {
            taxon_id: place
            for place, taxon_id in enumerate(
                sorted(tree, key=lambda taxon_id: (tree[taxon_id].name, taxon_id)), start=1
            )
        }

        def way(taxon_id: int) -> list[tuple[int, int]]:
            node = tree.get(taxon_id)
            above = node.above if node else ()
            return [(number.get(one, 0), one) for one in (*above, taxon_id)]

        self._tree = tree
        self.taxon_ids: Ints = np.array(sorted(taxon_ids, key=way), dtype=np.int64)
        self._by_id = np.argsort(self.taxon_ids)

    def places(self, taxon_ids: Ints) -> Ints:
        """The place of each; -1 where it is none of the classes."""
        result = np.searchsorted(self.taxon_ids, taxon_ids, sorter=self._by_id)
        places = self._by_id[np.minimum(result, len(self._by_id) - 1)]
        return np.where(self.taxon_ids[places] == taxon_ids, places, -1)

    @cached_property
    def memberships(self) -> tuple[Ints, Ints]:
        """Places, ascending, and the clades they lie in: taxa above them, and themselves if no species."""
        numbers, clades = [], []
        for taxon_id in self.taxon_ids.tolist():
            node = self._tree.get(taxon_id)
            own = (taxon_id,) if node and (node.rank_level or 0) > SPECIES_RANK_LEVEL else ()
            clades.append((*(node.above if node else ()), *own))
            numbers.append(len(clades[-1]))
        members = np.repeat(np.arange(len(numbers)), numbers)
        return members, np.fromiter(chain.from_iterable(clades), np.int64, len(members))

    def groups(self) -> Ints:
        """The iconic group of each class, 0 for none."""
        nodes = (self._tree.get(taxon_id) for taxon_id in self.taxon_ids.tolist())
        return np.array([(node.iconic_taxon_id if node else None) or 0 for node in nodes], dtype=np.int64)

    def unplaced(self) -> int:
        """How many classes the tree does not have."""
        return sum(taxon_id not in self._tree for taxon_id in self.taxon_ids.tolist())


class Standings:
    """The classes of both versions side by side, in the order of a walk.

    Counts are (n,), by place: of test photos and of those named right, 0 where a version lacks the class.
    """

    def __init__(self, now: Results, before: Results | None, tree: Mapping[int, Node]) -> None:
        known = set(now.taxon_ids.tolist()) | set(before.taxon_ids.tolist() if before else ())
        self.walk = Walk(known, tree)
        self._tree = tree
        self._has_previous = before is not None
        self.is_now, self.images, self.right = self._spread(now)
        nothing = Results(*(np.empty(0, np.int64) for _ in range(4)))
        self.was_before, self.images_before, self.right_before = self._spread(before or nothing)

    def _spread(self, results: Results) -> tuple[Bools, Ints, Ints]:
        places = self.walk.places(results.taxon_ids)
        number = len(self.walk.taxon_ids)
        has = np.zeros(number, np.bool_)
        images, right = np.zeros((2, number), np.int64)
        has[places], images[places], right[places] = True, results.images, results.right
        return has, images, right

    @property
    def gained(self) -> Bools:
        """The classes that the version before lacks; none if there is none before."""
        return self.is_now & ~self.was_before & self._has_previous

    @property
    def lost(self) -> Bools:
        """The classes that only the version before has."""
        return self.was_before & ~self.is_now

    def classes(self) -> pa.Table:
        """Return a row for each class: taxon_id, place, change, counts, shares and differences."""
        low, high = wilson(self.right, self.images)
        comparable = (self.images > 0) & (self.images_before > 0)
        counts = [
            values[comparable] for values in (self.right, self.images, self.right_before, self.images_before)
        ]
        difference, difference_low, difference_high = accuracy.differences(*counts)
        q_values = accuracy.q_values(accuracy.p_values(*counts))
        recorded = q_values <= accuracy.FALSE_DISCOVERIES
        change = np.full(len(self.images), "", dtype="U8")
        told_change = np.where(difference > 0, str(Change.BETTER), str(Change.WORSE))
        change[comparable] = np.where(recorded, told_change, str(Change.SAME))
        change[self.gained], change[self.lost] = str(Change.GAINED), str(Change.LOST)

        def spread(values: accuracy.Floats) -> pa.Array:
            whole = np.zeros(len(comparable))
            whole[comparable] = values
            return pa.array(whole, mask=~comparable)

        return pa.table(
            {
                "taxon_id": self.walk.taxon_ids,
                "place": np.arange(len(self.images)),
                "change": change,
                "images": pa.array(self.images, mask=~self.is_now),
                "right": pa.array(self.right, mask=~self.is_now),
                "low": pa.array(low, mask=~self.is_now),
                "high": pa.array(high, mask=~self.is_now),
                "images_before": pa.array(self.images_before, mask=~self.was_before),
                "right_before": pa.array(self.right_before, mask=~self.was_before),
                "difference": spread(difference),
                "difference_low": spread(difference_low),
                "difference_high": spread(difference_high),
                "q_value": spread(q_values),
            }
        )

    def clades(self, confusions: Iterator[tuple[Ints, Ints, Ints]]) -> pa.Table:
        """Return a row for each clade and each iconic group: taxon_id, is_group, counts, rank_level, places.

        ``confusions``: batches of labels, of the classes that their photos were taken for, and of counts.
        """
        members, taxon_ids = self.walk.memberships
        clades, clade_of = np.unique(taxon_ids, return_inverse=True)
        groups, group_of = np.unique(self.walk.groups(), return_inverse=True)
        first = np.full(len(clades), len(self.images), np.int64)
        last = np.zeros(len(clades), np.int64)
        np.minimum.at(first, clade_of, members)
        np.maximum.at(last, clade_of, members)
        stayed, stayed_in_group = self._stayed(confusions, clade_of, group_of, first, last, len(groups))
        nodes = (self._tree.get(taxon_id) for taxon_id in clades.tolist())
        levels = [node.rank_level if node else None for node in nodes]
        return pa.concat_tables(
            [
                self._sums(clades, clade_of, members, stayed, is_group=False)
                .append_column("rank_level", pa.array(levels, pa.float64()))
                .append_column("first", pa.array(first))
                .append_column("last", pa.array(last)),
                self._sums(groups, group_of, np.arange(len(group_of)), stayed_in_group, is_group=True),
            ],
            promote_options="default",
        )

    def _sums(self, ids: Ints, of: Ints, members: Ints, stayed: Ints, *, is_group: bool) -> pa.Table:
        """``of``: the row of ``ids`` to which the class at each place of ``members`` counts."""
        sums = {
            name: np.bincount(of, values[members], len(ids)).astype(np.int64)
            for name, values in {
                "classes": self.is_now,
                "images": self.images,
                "right": self.right,
                "images_before": self.images_before,
                "right_before": self.right_before,
                "gained": self.gained,
                "lost": self.lost,
            }.items()
        }
        return pa.table(
            {"taxon_id": ids, "is_group": pa.array([is_group] * len(ids)), "stayed": stayed, **sums}
        )

    def _stayed(
        self,
        confusions: Iterator[tuple[Ints, Ints, Ints]],
        clade_of: Ints,
        group_of: Ints,
        first: Ints,
        last: Ints,
        groups: int,
    ) -> tuple[Ints, Ints]:
        """Photos taken for another class of the same clade, by clade; and the same by group."""
        members, _ = self.walk.memberships
        starts = np.searchsorted(members, np.arange(len(self.images) + 1))
        by_clade, by_group = np.zeros(len(first), np.int64), np.zeros(groups, np.int64)
        for true_ids, predicted_ids, counts in confusions:
            true, predicted = self.walk.places(true_ids), self.walk.places(predicted_ids)
            known = (true >= 0) & (predicted >= 0)
            true, predicted, counts = true[known], predicted[known], counts[known]
            same = group_of[true] == group_of[predicted]
            np.add.at(by_group, group_of[true[same]], counts[same])
            for start in range(0, len(true), _AT_ONCE):
                part = slice(start, start + _AT_ONCE)
                row, clade = _each_clade(true[part], starts, clade_of)
                other = predicted[part][row]
                within = (first[clade] <= other) & (other <= last[clade])
                np.add.at(by_clade, clade[within], counts[part][row[within]])
        return by_clade, by_group


def _each_clade(places: Ints, starts: Ints, clade_of: Ints) -> tuple[Ints, Ints]:
    """For each of these places all clades that it lies in: the row of ``places``, and the clade."""
    numbers = starts[places + 1] - starts[places]
    rows = np.repeat(np.arange(len(places)), numbers)
    within = np.arange(len(rows)) - np.repeat(np.cumsum(numbers) - numbers, numbers)
    return rows, clade_of[starts[places][rows] + within]
