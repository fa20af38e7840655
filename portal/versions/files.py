"""The classes of a version of the model as a file."""

from collections.abc import Iterable, Iterator
from itertools import islice

from exporter.output import csv_cell
from portal.csv_lines import csv_lines
from portal.taxa.names import common_name
from portal.taxa.queries import taxa_with_ids
from portal.versions.models import ClassStanding, Comparison

COLUMNS = (
    "taxon_id",
    "name",
    "common_name",
    "rank",
    "change",
    "test_photos",
    "right",
    "accuracy",
    "accuracy_low",
    "accuracy_high",
    "test_photos_before",
    "right_before",
    "difference",
    "difference_low",
    "difference_high",
    "q_value",
    "model",
    "previous_model",
    "simulated",
)
_AT_ONCE = 2_000


def class_lines(rows: Iterable[ClassStanding], comparison: Comparison) -> Iterator[str]:
    """The lines of a list of classes as CSV, the header first. Shares are 0 to 1."""
    return csv_lines(COLUMNS, _rows(rows, comparison))


def _rows(rows: Iterable[ClassStanding], comparison: Comparison) -> Iterator[tuple[object, ...]]:
    model = csv_cell(comparison.version.name)
    previous = csv_cell(comparison.previous.name if comparison.previous else "")
    simulated = "true" if comparison.version.run.is_simulated else "false"
    stream = iter(rows)
    while batch := list(islice(stream, _AT_ONCE)):
        taxa = taxa_with_ids(row.taxon_id for row in batch)
        for row in batch:
            taxon = taxa.get(row.taxon_id)
            words = (taxon.name, common_name(taxon).text, taxon.rank) if taxon else ("", "", "")
            yield (row.taxon_id, *map(csv_cell, words), *_figures(row), model, previous, simulated)


def _figures(row: ClassStanding) -> tuple[object, ...]:
    return (
        row.change,
        row.images,
        row.right,
        _share((row.right or 0) / row.images) if row.images else None,
        _share(row.low),
        _share(row.high),
        row.images_before,
        row.right_before,
        _share(row.difference),
        _share(row.difference_low),
        _share(row.difference_high),
        None if row.q_value is None else f"{row.q_value:.3g}",
    )


def _share(value: float | None) -> str | None:
    return None if value is None else f"{value:.4f}"
