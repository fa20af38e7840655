"""The confusions within a genus as a matrix: rows are labels, columns what the observations really are."""

from bisect import bisect
from collections import defaultdict
from dataclasses import dataclass

from portal.hotspots.models import Confusion, Hotspot
from portal.hotspots.queries import LEAST_SHOWN
from portal.hotspots.queries.genus import confusions_of, labels_within
from portal.taxa.models import Taxon
from portal.taxa.queries import ids_within, taxa_with_ids

#: How many taxa a matrix shows: those with most confusion about them.
SIZE = 12
#: Shares of a label's observations from which on a cell is shaded one step darker.
SHADES = (0.005, 0.02, 0.05, 0.15, 0.4)


def shade(share: float) -> int:
    """How dark a share is drawn: 0, for next to none, to 5."""
    return bisect(SHADES, share)


@dataclass(frozen=True)
class Cell:
    """How many observations with the row's label are the column's taxon. ``share`` is of the row's labels."""

    taxon: Taxon
    expected: float
    low: float
    high: float
    share: float
    is_right: bool = False

    @property
    def shade(self) -> int:
        return shade(self.share)


@dataclass(frozen=True)
class Row:
    """One label. ``elsewhere``: how many of it are none of the matrix's taxa, or not known what."""

    taxon: Taxon
    labels: int
    cells: list[Cell | None]
    elsewhere: float

    @property
    def elsewhere_shade(self) -> int:
        return shade(self.elsewhere / self.labels)


@dataclass(frozen=True)
class Matrix:
    """The taxa most confused within a genus; ``others`` more are left out."""

    taxa: list[Taxon]
    rows: list[Row]
    others: int


def matrix(genus: Taxon, criteria: str) -> Matrix:
    """The genus's matrix; without rows where nothing in it is confused."""
    labels = labels_within(genus, criteria)
    confusions = confusions_of(labels, criteria)
    inside = {genus.id} | ids_within(genus, {row.true_taxon_id for row in confusions} | set(labels))
    ranked = _most_confused(labels, confusions, inside)
    shown = taxa_with_ids(ranked[:SIZE])
    taxa = sorted(shown.values(), key=lambda taxon: (taxon.id == genus.id, taxon.name))
    by_label: dict[int, list[Confusion]] = defaultdict(list)
    for confusion in confusions:
        by_label[confusion.label_taxon_id].append(confusion)
    rows = [_row(labels[taxon.id], taxon, by_label[taxon.id], taxa) for taxon in taxa if taxon.id in labels]
    return Matrix(taxa, rows, len(ranked) - len(taxa))


def _most_confused(labels: dict[int, Hotspot], confusions: list[Confusion], inside: set[int]) -> list[int]:
    """The genus's taxa by how many observations are confused with them or under them.

    A label counts although nobody knows what its wrong observations are, unless fewer than one is expected.
    """
    named: dict[int, float] = defaultdict(float)
    for row in confusions:
        named[row.label_taxon_id] += row.expected
    weights: dict[int, float] = defaultdict(float)
    for taxon_id, label in labels.items():
        if label.expected_wrong >= LEAST_SHOWN:
            weights[taxon_id] = max(label.expected_wrong - named[taxon_id], 0.0)
    for row in confusions:
        weights[row.label_taxon_id] += row.expected
        if row.true_taxon_id in inside:
            weights[row.true_taxon_id] += row.expected
    return sorted(weights, key=lambda taxon_id: (-weights[taxon_id], taxon_id))


def _row(label: Hotspot, taxon: Taxon, confusions: list[Confusion], taxa: list[Taxon]) -> Row:
    result = {row.true_taxon_id: row for row in confusions}
    wrong = max(label.expected_wrong, sum(row.expected for row in confusions))
    right = max(label.labels - wrong, 0.0)
    cells = [
        Cell(other, right, right, right, right / label.labels, is_right=True)
        if other.id == taxon.id
        else _cell(other, result.get(other.id), label.labels)
        for other in taxa
    ]
    shown = sum(result[other.id].expected for other in taxa if other.id in result)
    return Row(taxon, label.labels, cells, wrong - shown)


def _cell(taxon: Taxon, row: Confusion | None, labels: int) -> Cell | None:
    if row is None:
        return None
    return Cell(taxon, row.expected, row.expected_low, row.expected_high, row.expected / labels)
