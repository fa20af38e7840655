"""A model's confusions within a genus as a matrix: rows are what photos show, columns what it names them."""

from collections import defaultdict

from exporter.shares import Share
from portal.hotspots.matrix import SIZE, Cell, Matrix, Row
from portal.taxa.models import Taxon
from portal.taxa.queries import taxa_with_ids
from portal.versions.models import ClassStanding
from portal.versions.queries import Part, confusions_in, judged_classes


def matrix(result: Part) -> Matrix:
    """The matrix of the classes of a genus in a version; without rows where there are none."""
    classes = {row.taxon_id: row for row in judged_classes(result)}
    counts: dict[int, dict[int, int]] = defaultdict(dict)
    for true, predicted, count in confusions_in(result):
        counts[true][predicted] = count
    ranked = _most_confused(classes, counts)
    shown = taxa_with_ids(ranked[:SIZE])
    taxa = sorted(shown.values(), key=lambda taxon: taxon.name)
    rows = [_row(classes[taxon.id], taxon, counts[taxon.id], taxa) for taxon in taxa]
    return Matrix(taxa, rows, len(ranked) - len(taxa))


def _most_confused(classes: dict[int, ClassStanding], counts: dict[int, dict[int, int]]) -> list[int]:
    """The classes by how many photos are confused with them or of them."""
    weights = dict.fromkeys(classes, 0)
    for true, result in counts.items():
        for predicted, count in result.items():
            if true in classes and predicted in classes:
                weights[true] += count
                weights[predicted] += count
    return sorted(weights, key=lambda taxon_id: (-weights[taxon_id], taxon_id))


def _row(standing: ClassStanding, taxon: Taxon, counts: dict[int, int], taxa: list[Taxon]) -> Row:
    images, right = standing.images or 0, standing.right or 0
    cells = [
        _cell(other, right if other.id == taxon.id else counts.get(other.id, 0), images, taxon)
        for other in taxa
    ]
    shown = sum(counts.get(other.id, 0) for other in taxa)
    return Row(taxon, images, cells, max(images - right - shown, 0))


def _cell(other: Taxon, count: int, images: int, taxon: Taxon) -> Cell | None:
    if not count and other.id != taxon.id:
        return None
    result = Share(count, images)
    return Cell(
        other, count, images * result.low, images * result.high, result.value, is_right=other.id == taxon.id
    )
