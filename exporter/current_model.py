"""Which taxa are classes of iNaturalist's current model: by the API's answers, or by an export's taxonomy.

`vision` of ``taxa/{ids}`` marks the classes alone, which iNaturalist's pages call "Included"; every other
taxon is "Pending" there, those above classes too (inaturalist/iNaturalistAPI pull request 262,
inaturalist/inaturalist issue 3116). `taxonomy.csv` of a vision export has a `leaf_class_id` in the row of
each class.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from exporter import manifest as manifests
from exporter.columns import Bools, booleans, integers
from exporter.errors import DataError
from exporter.pull.store import Store
from exporter.sources.csv_lines import csv_rows
from exporter.sources.fields import Fields
from exporter.sources.files import FileReport, open_input
from exporter.sources.values import count, identifier

#: A taxon of which it is known whether it is a class, and how it stands by our count: ``status`` is empty
#: and ``observations`` 0 where we have no observation of it; ``has_classes_below``: it is a class by our
#: count, no class there, and some taxa in its clade are.
BESIDE = pa.schema(
    [
        ("taxon_id", pa.int64()),
        ("is_included", pa.bool_()),
        ("told_on", pa.date32()),
        ("is_from_export", pa.bool_()),
        ("status", pa.string()),
        ("observations", pa.int64()),
        ("has_classes_below", pa.bool_()),
    ]
)


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

    @property
    def is_unknown(self) -> bool:
        """Whether nothing is known of any taxon."""
        return not self.standings and self.exported is None


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


def beside(known: CurrentModel, outlook: pa.Table) -> pa.Table:
    """Return what is known of the current model beside our outlook, as `BESIDE` says, by ascending id.

    outlook: of each taxon with observations taxon_id, status, observations, tree_left and tree_right.

    Our classes that an export lacks are no classes there, and are among the rows.
    """
    standings = [*known.standings, *_lacking(known, outlook)]
    standings.sort(key=lambda each: each.taxon_id)
    rows = {
        name: [getattr(each, name) for each in standings]
        for name in ("taxon_id", "is_included", "told_on", "is_from_export")
    }
    result = pa.table(rows, pa.schema([BESIDE.field(name) for name in rows]))
    places = pc.index_in(result["taxon_id"], outlook["taxon_id"])
    ours = outlook.take(places)
    result = result.append_column("status", pc.fill_null(ours["status"], ""))
    result = result.append_column("observations", pc.fill_null(ours["observations"], 0))
    return result.append_column("has_classes_below", pa.array(_has_below(result, ours))).cast(BESIDE)


def _lacking(known: CurrentModel, outlook: pa.Table) -> list[Standing]:
    """Our classes that are not among what is known, where an export was read."""
    if known.exported is None:
        return []
    classes = outlook.filter(pc.equal(outlook["status"], "leaf"))["taxon_id"].to_pylist()
    recorded = {each.taxon_id for each in known.standings}
    return [
        Standing(each, is_included=False, told_on=known.exported, is_from_export=True)
        for each in classes
        if each not in recorded
    ]


def _has_below(rows: pa.Table, ours: pa.Table) -> Bools:
    """Which rows are pending, classes by our count, and have included taxa in their clades."""
    is_included = booleans(rows["is_included"])
    left, right = integers(ours["tree_left"], null=-1), integers(ours["tree_right"], null=-1)
    places = np.sort(left[is_included & (left >= 0)])
    holds = np.searchsorted(places, right, side="right") > np.searchsorted(places, left)
    is_class: Bools = booleans(pc.equal(rows["status"], "leaf"))
    return holds & is_class & ~is_included
