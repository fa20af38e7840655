"""Which taxa are classes of iNaturalist's current model: by the API's answers, or by an export's taxonomy.

`vision` of ``taxa/{ids}`` marks the classes alone, which iNaturalist's pages call "Included"; every other
taxon is "Pending" there, those above classes too (inaturalist/iNaturalistAPI pull request 262,
inaturalist/inaturalist issue 3116). `taxonomy.csv` of a vision export has a `leaf_class_id` in the row of
each class.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from exporter import manifest as manifests
from exporter.errors import DataError
from exporter.pull.store import Store
from exporter.sources.csv_lines import csv_rows
from exporter.sources.fields import Fields
from exporter.sources.files import FileReport, open_input
from exporter.sources.values import count, identifier


@dataclass(frozen=True)
class Standing:
    """Whether a taxon is a class of iNaturalist's current model."""

    taxon_id: int
    is_included: bool
    #: The day of the API's answer, or of the export.
    told_on: date
    is_from_export: bool


@dataclass(frozen=True)
class CurrentModel:
    """What is known of iNaturalist's current model."""

    #: By ascending id.
    standings: list[Standing]
    #: The day of the export that was read: whatever it has not is no class of it. None without one.
    exported: date | None


def read_classes(path: Path) -> list[int]:
    """Return the ids of an export's classes, ascending, from its taxonomy.csv, packed or not.

    DataError if that is no such file, has no class, or belongs to a snapshot of Leafline's own.
    """
    if (path.parent / manifests.NAME).exists():
        raise DataError(
            f"{path}: a {manifests.NAME} lies beside it, so it is a snapshot of Leafline's;"
            " give the taxonomy.csv of an export of iNaturalist's"
        )
    report, result = FileReport(path), set[int]()
    with open_input(path) as stream:
        for _, row in csv_rows(stream, report):
            fields = Fields(row)
            taxon_id = fields.get(("taxon_id",), identifier)
            if taxon_id and fields.get(("leaf_class_id",), count) is not None:
                result.add(taxon_id)
    if not result:
        raise DataError(
            f"{path}: no row has a taxon_id and a leaf_class_id; give a vision export's taxonomy.csv"
        )
    return sorted(result)


def current_model(store: Store) -> CurrentModel:
    """Return what is known by now. Of an answer and an export the later one counts."""
    standings = {
        taxon_id: Standing(taxon_id, is_included, told_at.date(), is_from_export=False)
        for taxon_id, is_included, told_at in store.model_answers()
    }
    export = store.export()
    if export is not None:
        exported, class_ids = export
        standings = {key: each for key, each in standings.items() if each.told_on >= exported}
        standings |= {
            each: Standing(each, is_included=True, told_on=exported, is_from_export=True)
            for each in class_ids
            if each not in standings
        }
    ordered = [standings[taxon_id] for taxon_id in sorted(standings)]
    return CurrentModel(ordered, export[0] if export else None)
