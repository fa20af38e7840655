"""Small operations on arrays of groups."""

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from exporter.columns import LONGEST_TABLE, in_order
from exporter.tree import NONE, Bools, Ints

Floats = npt.NDArray[np.float64]
Number = TypeVar("Number", np.int64, np.float64)


#: More numbers than this do not stay in the processor's cache: values in order are then several times faster.
_CACHED = 1 << 16


def places_in(ordered: Ints, values: Ints) -> Ints:
    """Return where each value is among ascending ones without repeats, -1 where it is not."""
    if not len(ordered):
        return np.full(len(values), NONE, dtype=np.int64)
    if int(ordered[-1]) - int(ordered[0]) < LONGEST_TABLE * len(values):
        return _looked_up(ordered, values)
    if len(ordered) <= _CACHED or _is_nearly_ascending(values):
        return _searched(ordered, values)
    ascending, order = in_order(values)
    place = np.empty(len(values), dtype=np.int64)
    place[order] = _searched(ordered, ascending)
    return place


def _is_nearly_ascending(values: Ints) -> bool:
    return bool(np.count_nonzero(values[1:] < values[:-1]) <= len(values) // 10)


def _looked_up(ordered: Ints, values: Ints) -> Ints:
    first, last = ordered[0], ordered[-1]
    table = np.full(last - first + 1, NONE, dtype=np.int64)
    table[ordered - first] = np.arange(len(ordered))
    place = table[np.clip(values, first, last) - first]
    return np.where((values < first) | (values > last), NONE, place)


def _searched(ordered: Ints, values: Ints) -> Ints:
    place = np.minimum(np.searchsorted(ordered, values), len(ordered) - 1)
    return np.where(ordered[place] == values, place, NONE)


def laid(values: npt.NDArray[Number], place: Ints, otherwise: float) -> npt.NDArray[Number]:
    """Return the value at each place; ``otherwise`` for place -1."""
    result = np.full(len(place), otherwise, dtype=values.dtype)
    is_there = place != NONE
    result[is_there] = values[place[is_there]]
    return result


def tally(group: Ints, weights: Floats | Ints | Bools, count: int = 0) -> Floats:
    """Sum of the weights in each group: of ``count`` groups at least, or of those that occur."""
    sums: Floats = np.bincount(group, weights=weights, minlength=count).astype(np.float64)
    return sums


def starts_of(group: Ints) -> Ints:
    """Where each run of equal neighbours starts."""
    is_start = np.ones(len(group), dtype=np.bool_)
    is_start[1:] = group[1:] != group[:-1]
    return np.flatnonzero(is_start)


def ends_of(group: Ints) -> Ints:
    """Where each run of equal neighbours ends: its last place."""
    is_end = np.ones(len(group), dtype=np.bool_)
    is_end[:-1] = group[1:] != group[:-1]
    return np.flatnonzero(is_end)


def place_in_run(group: Ints) -> Ints:
    """The place of each entry in its run of equal neighbours, from 0."""
    starts = starts_of(group)
    return np.arange(len(group)) - np.repeat(starts, np.diff(np.append(starts, len(group))))


def place_in_group(group: Ints) -> Ints:
    """The place of each entry among those of its group, from 0."""
    order = np.argsort(group, kind="stable")
    place = np.empty(len(group), dtype=np.int64)
    place[order] = place_in_run(group[order])
    return place


def significant(values: Floats, digits: int, decimals: int = 300) -> Floats:
    """Return numbers rounded to so many significant digits and decimals, whichever leaves less.

    What changes by less than the last of them mostly stays the same number.
    """
    size = np.where(np.isfinite(values) & (values != 0.0), np.abs(values), 1.0)
    places = np.minimum(digits - 1 - np.floor(np.log10(size)), decimals)
    # Powers of ten below 10^23 are exact, and so are the quotient or the product nearest to it.
    scale = 10.0 ** np.abs(places)
    result: Floats = np.where(places >= 0, np.round(values * scale) / scale, np.round(values / scale) * scale)
    return result
