"""How common a label is among the other observations: in the lake, and around the observation.

Mistakes scatter; what truly lives somewhere is seen there again and again. So a label that is common
elsewhere and absent around an observation, where much else of its order was seen, is a sign that it is wrong.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from exporter.columns import distinct, numbered
from exporter.hotspots.arrays import Floats, laid, places_in
from exporter.hotspots.history import History
from exporter.hotspots.observed import COLUMNS, ROWS, Observed
from exporter.hotspots.taxonomy import Taxonomy
from exporter.tree import NONE, Bools, Ints

_CELLS = ROWS * COLUMNS
_BESIDE = (-1, 0, 1)


@dataclass(frozen=True)
class Around:
    """How often each kind was named around a cell: in it and in the eight beside it.

    key:    pairs of kind and cell that occur, as one ascending number.
    number: how often the kind was named in the cell and beside it.
    total:  by kind, how often it was named anywhere that is known.
    own:    of each name that was counted, the number of its kind around it.
    """

    key: Ints
    number: Ints
    total: Ints
    own: Ints

    @classmethod
    def count(cls, kind: Ints, cell: Ints, kinds: int) -> "Around":
        """Count names by their kind, of so many, and the cell where they were given."""
        key, place = numbered(kind * _CELLS + cell)
        number = np.bincount(place, minlength=len(key))
        column = key % COLUMNS
        inside = np.flatnonzero((column > 0) & (column < COLUMNS - 1))
        edge = np.flatnonzero((column == 0) | (column == COLUMNS - 1))
        total = np.zeros(len(key), dtype=np.int64)
        total[inside] = _inside(key, number, inside)
        total[edge] = _across_the_date_line(key, number, edge)
        return cls(key, total, np.bincount(kind, minlength=kinds), total[place])

    def of(self, kind: Ints, cell: Ints) -> Ints:
        """Return how often kinds were named around cells; 0 for cell -1."""
        place = places_in(self.key, np.where(cell == NONE, NONE, kind * _CELLS + cell))
        result: Ints = (
            np.where(place == NONE, 0, self.number[place]) if len(self.key) else np.zeros_like(kind)
        )
        return result


def _inside(key: Ints, number: Ints, at: Ints) -> Ints:
    """The names in and beside some cells: those of a row, from the west to the east, lie side by side."""
    centre, row = key[at], key[at] % _CELLS // COLUMNS
    running = np.append(0, np.cumsum(number))
    beyond = np.append(key, np.full(len(_BESIDE), np.iinfo(np.int64).max))
    total = np.zeros(len(at), dtype=np.int64)
    for north in _BESIDE:
        moved = centre + north * COLUMNS
        first = np.searchsorted(key, moved - 1)
        last = first + sum(
            (beyond[first + place] <= moved + 1).astype(np.int64) for place in range(len(_BESIDE))
        )
        total += np.where((row + north >= 0) & (row + north < ROWS), running[last] - running[first], 0)
    return total


def _across_the_date_line(key: Ints, number: Ints, at: Ints) -> Ints:
    """The same of cells in the first and the last column, which lie beside each other."""
    row, column = key[at] % _CELLS // COLUMNS, key[at] % COLUMNS
    total = np.zeros(len(at), dtype=np.int64)
    for north in _BESIDE:
        for east in _BESIDE:
            is_there = (row + north >= 0) & (row + north < ROWS)
            moved = (row + north) * COLUMNS + (column + east) % COLUMNS
            place = places_in(key, np.where(is_there, key[at] // _CELLS * _CELLS + moved, NONE))
            total[place != NONE] += number[place[place != NONE]]
    return total


@dataclass(frozen=True)
class Crowd:
    """Which taxa were named on which observations. Where none is known, the label of the observation counts.

    ids, cell: the observations by id, and the cell of each; -1 for an unknown place.
    named:     pairs of observation and unit, as one ascending number.
    by_unit:   observations by unit.
    mean_log:  mean logarithm of these, over pairs: what a common label is in this lake.
    order:     by unit, a number of its order.
    of_unit, of_order: how often each was named around a cell.
    """

    ids: Ints
    cell: Ints
    named: Ints
    by_unit: Ints
    mean_log: float
    order: Ints
    of_unit: Around
    of_order: Around
    size: int

    def places(self, observation_ids: Ints) -> Ints:
        """Return where observations are in ``ids``; -1 for those that are not."""
        return places_in(self.ids, observation_ids)

    def cells(self, place: Ints) -> Ints:
        """Return the cell of each observation; -1 for an unknown place or observation."""
        return laid(self.cell, place, NONE)

    def numbers(self, place: Ints, unit: Ints) -> tuple[Floats, Floats]:
        """Return how common labels are in the lake, and around the observations.

        The first is the logarithm of 1 + the other observations with the label, less its mean. The second
        says how much more often the label was named around the observation than its order lets expect: the
        logarithm of 1 + the other observations with the label in the cell and those beside it, less that of
        1 + as many as there would be if the label were spread over the lake like the names in its order; 0
        where the place is not known.
        """
        found = places_in(self.named, np.where(place == NONE, NONE, place * self.size + unit))
        others, surplus = np.empty(len(place)), np.empty(len(place))
        own, rest = np.flatnonzero(found != NONE), np.flatnonzero(found == NONE)
        others[own], surplus[own] = (column[found[own]] for column in self._of_named)
        cell, unit = self.cells(place[rest]), unit[rest]
        around = self.of_unit.of(unit, cell), self.of_order.of(self.order[unit], cell)
        others[rest], surplus[rest] = self._count(cell != NONE, unit, *around, own=0)
        return others, surplus

    @cached_property
    def _of_named(self) -> tuple[Floats, Floats]:
        """`numbers` of every pair in ``named``."""
        is_placed = self.cell[self.named // self.size] != NONE
        of_unit, of_order = np.zeros((2, len(self.named)), dtype=np.int64)
        of_unit[is_placed], of_order[is_placed] = self.of_unit.own, self.of_order.own
        return self._count(is_placed, self.named % self.size, of_unit, of_order, own=1)

    def _count(
        self, is_placed: Bools, unit: Ints, of_unit: Ints, of_order: Ints, own: int
    ) -> tuple[Floats, Floats]:
        """`numbers` of labels, by how often they and their orders were named around the observations.

        ``own``: how many of these names the observation itself has.
        """
        others: Floats = np.log1p(self.by_unit[unit] - own) - self.mean_log
        total_of_unit, total_of_order = self.of_unit.total[unit], self.of_order.total[self.order[unit]]
        share = (of_order - own) / np.maximum(total_of_order - own, 1)
        surplus = np.zeros(len(unit))
        here = np.flatnonzero(is_placed)
        expected = (total_of_unit - own)[here] * share[here]
        surplus[here] = np.log1p((of_unit - own)[here]) - np.log1p(expected)
        return others, surplus


def count_crowd(observed: Observed, taxonomy: Taxonomy, history: History) -> Crowd:
    """Count labels over the lake's observations, by the identifications in the history."""
    ids, cells = observed.ids[observed.is_made], observed.cell[observed.is_made]
    size = np.int64(max(len(taxonomy.tree), 1))
    shown = taxonomy.tree.positions(observed.taxon_ids[observed.is_made])
    pairs = [np.flatnonzero(shown != NONE) * size + taxonomy.unit[shown[shown != NONE]]]
    if len(history.named):
        place = places_in(ids, history.observation_ids)
        is_silent = np.ones(len(ids), dtype=np.bool_)
        is_silent[place[place != NONE]] = False
        pairs[0] = pairs[0][is_silent[pairs[0] // size]]
        kept = (place[history.observation] != NONE) & (history.named != NONE)
        pairs.append(place[history.observation[kept]] * size + history.named[kept])
    named = distinct(np.concatenate(pairs))
    unit, cell = named % size, cells[named // size]
    by_unit = np.bincount(unit, minlength=size)
    is_placed = cell != NONE
    orders, order = numbered(taxonomy.order)
    of_unit = Around.count(unit[is_placed], cell[is_placed], int(size))
    of_order = Around.count(order[unit[is_placed]], cell[is_placed], len(orders))
    mean_log = float(np.log1p(by_unit[unit]).mean()) if len(unit) else 0.0
    return Crowd(ids, cells, named, by_unit, mean_log, order, of_unit, of_order, int(size))
