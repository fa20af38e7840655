"""Numbers along a walk of the tree that stay what they were: a new taxon takes one between its neighbours'.

A clade is a range of these numbers, as it is of the tree's positions. But a position moves with every taxon
that is added before it, and whoever keeps positions would write half of all rows anew.
"""

from bisect import bisect_left

import numpy as np
import pyarrow as pa

from exporter.columns import Ints, integers
from exporter.tree import NONE, Tree

#: Taxa and their numbers.
NUMBERS = pa.schema([("taxon_id", pa.int64()), ("number", pa.int64())])
#: How far apart numbers are at first, where there is room; and the largest that a database's integer holds.
_GAP = 1_000
_LARGEST = 2**31 - 1


def numbers(tree: Tree, former: pa.Table | None = None) -> Ints:
    """Return the number of each position of the tree: above 0, and rising along the walk.

    former: the numbers that taxa have (`NUMBERS`). They keep them, but for the fewest that are out of order
            by now. Where there is no room between two of them all get new ones.
    """
    if former is not None and len(tree):
        result = _kept(tree, former)
        if result[0] > 0 and result[-1] <= _LARGEST and bool((np.diff(result) > 0).all()):
            return result
    return (np.arange(len(tree)) + 1) * _gap(tree)


def _gap(tree: Tree) -> int:
    return max(1, min(_GAP, _LARGEST // 2 // (len(tree) + 1)))


def _kept(tree: Tree, former: pa.Table) -> Ints:
    """The former numbers, and between them new ones, evenly spread; in a full gap they do not rise."""
    at = tree.positions(integers(former["taxon_id"]))
    number = integers(former["number"])[at != NONE]
    at = at[at != NONE]
    order = np.argsort(at)
    at, number = at[order], number[order]
    rising = _longest_rising(number)
    at, number = at[rising], number[rising]
    last_at, last_number = (at[-1], number[-1]) if len(at) else (-1, 0)
    end = last_number + (len(tree) - last_at) * _gap(tree)
    places, known = np.concatenate([[-1], at, [len(tree)]]), np.concatenate([[0], number, [end]])
    result: Ints = np.floor(np.interp(np.arange(len(tree)), places, known)).astype(np.int64)
    return result


def _longest_rising(values: Ints) -> Ints:
    """The places of a longest strictly rising subsequence: all but the fewest that are out of order."""
    if bool((np.diff(values) > 0).all()):
        return np.arange(len(values))
    ends: list[int] = []
    end_places: list[int] = []
    before = np.full(len(values), NONE, dtype=np.int64)
    for place, value in enumerate(values.tolist()):
        length = bisect_left(ends, value)
        if length:
            before[place] = end_places[length - 1]
        ends[length : length + 1] = [value]
        end_places[length : length + 1] = [place]
    result, place = [], end_places[-1]
    while place != NONE:
        result.append(place)
        place = before[place]
    return np.array(result[::-1], dtype=np.int64)
