"""One answer that is right in the stated share of cases: the finest taxon whose probability is high enough.

A taxon's probability is the sum of those of the classes below it. The finest taxon at or above a threshold is
an answer: the species where the photo shows it, else its genus, family or further up. The threshold of each
accuracy is the lowest at which that share of validation photos, or more, gets an answer that holds their
label.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from trainer.snapshot import Floats, Ints, Taxon

ACCURACIES = (0.8, 0.9, 0.95, 0.99)
#: No taxon: the answer is that it is something.
NOTHING = -1
#: Above a half the taxa that reach a threshold are one line of descent.
THRESHOLDS = np.round(np.concatenate([np.arange(0.51, 0.99, 0.01), np.arange(0.99, 1.0, 0.001)]), 3)


@dataclass(frozen=True)
class Tree:
    """The taxa at and above the classes. parents: row of each taxon's parent, -1 for none."""

    taxon_ids: Ints
    depths: Ints
    matrix: Any

    @classmethod
    def over(cls, taxa: dict[int, Taxon], class_taxon_ids: Ints) -> "Tree":
        """The tree over these classes.

        ``matrix``: (classes, taxa), 1 where the class is the taxon or below it.
        """
        lines = [_line(taxa, taxon_id) for taxon_id in class_taxon_ids.tolist()]
        depths = {taxon_id: depth for line in lines for depth, taxon_id in enumerate(reversed(line))}
        taxon_ids = np.array(sorted(depths), dtype=np.int64)
        rows = np.repeat(np.arange(len(lines)), [len(line) for line in lines])
        columns = np.searchsorted(taxon_ids, [taxon_id for line in lines for taxon_id in line])
        matrix = sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(lines), len(taxon_ids)))
        return cls(taxon_ids, np.array([depths[taxon_id] for taxon_id in taxon_ids.tolist()]), matrix)

    def sums(self, probabilities: Floats) -> Floats:
        """Probabilities of all taxa, (n, taxa), from those of classes, (n, classes)."""
        sums: Floats = probabilities @ self.matrix
        return sums

    def answers(self, sums: Floats, threshold: float) -> Ints:
        """For each row the finest taxon that reaches the threshold, as its number, or NOTHING."""
        depths = np.where(sums >= threshold, self.depths[None, :], -1)
        best = depths.argmax(axis=1)
        return np.where(depths[np.arange(len(sums)), best] < 0, NOTHING, best)

    def holds(self, answers: Ints, labels: Ints) -> Any:
        """Whether each answer is the label's class or above it. NOTHING always is."""
        return (answers == NOTHING) | self._has[labels, answers]

    def taxa_of(self, answers: Ints) -> Ints:
        """The taxon ids of answers; NOTHING stays."""
        return np.where(answers == NOTHING, NOTHING, self.taxon_ids[answers])

    @cached_property
    def _has(self) -> Any:
        return _Lookup(self.matrix)


class _Lookup:
    """Which classes are below which taxa, pair by pair."""

    def __init__(self, matrix: Any) -> None:
        self._width = matrix.shape[1]
        result = matrix.tocoo()
        self._keys = np.sort(result.coords[0].astype(np.int64) * self._width + result.coords[1])

    def __getitem__(self, pair: tuple[Ints, Ints]) -> Any:
        keys = pair[0] * self._width + pair[1]
        at = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        return self._keys[at] == keys


class Counted:
    """How often answers hold at each threshold, counted batch by batch."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._held = np.zeros(len(THRESHOLDS))
        self._photos = 0

    def add(self, labels: Ints, probabilities: Floats) -> None:
        """Count a batch; probabilities: (n, classes)."""
        sums = self._tree.sums(probabilities)
        for number, threshold in enumerate(THRESHOLDS.tolist()):
            answers = self._tree.answers(sums, threshold)
            self._held[number] += self._tree.holds(answers, labels).sum()
        self._photos += len(labels)

    def thresholds(self) -> list[float]:
        """For each of ACCURACIES the lowest threshold from which on answers hold that often.

        1 if none does.
        """
        shares = self._held / max(self._photos, 1)
        result = []
        for accuracy in ACCURACIES:
            short = np.flatnonzero(shares < accuracy)
            first = 0 if not len(short) else int(short[-1]) + 1
            result.append(float(THRESHOLDS[first]) if first < len(THRESHOLDS) else 1.0)
        return result


def _line(taxa: dict[int, Taxon], taxon_id: int) -> list[int]:
    """A taxon and its ancestors, finest first."""
    line = [taxon_id]
    while (parent := taxa[line[-1]].parent_id) is not None and parent in taxa and parent not in line:
        line.append(parent)
    return line
