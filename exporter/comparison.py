"""Two exports class by class: ours, or iNaturalist's own files.

Of each folder four files are read, by the names of their columns: ``taxonomy.csv`` (taxon_id,
parent_taxon_id, rank_level, leaf_class_id, name) and ``train_data.csv``, ``val_data.csv``, ``test_data.csv``
(photo_id, taxon_id: that of the class). ``manifest.json``, which only our snapshots have, says by what rule
and from what data an export was made.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from exporter import manifest as manifests
from exporter.errors import DataError
from exporter.output import counted
from exporter.selection import SETS
from exporter.sql_paths import no_wildcards

SIDES = ("first", "second")

_TAXONOMY = {
    "taxon_id": "BIGINT",
    "parent_taxon_id": "BIGINT",
    "rank_level": "DOUBLE",
    "leaf_class_id": "BIGINT",
    "name": "VARCHAR",
}
_PHOTOS = {"photo_id": "BIGINT", "taxon_id": "BIGINT"}
#: What of two manifests is compared, and what it is called.
_MADE_BY = {
    "criteria": "criteria",
    "cutoff": "cutoff",
    "settle_days": "settling days",
    "code_version": "version of the rules",
    "seed": "seed of the draw",
    "is_simulated": "kind of data (one is simulated)",
}

_READ = (
    "SELECT {columns} FROM read_csv($path, all_varchar = true, header = true, delim = ',', quote = '\"',"
    " escape = '\"', hive_partitioning = false)"
)

#: Each class with each of its ancestors in its own export. Ancestors repeat where a taxonomy is circular;
#: UNION ends that.
_ABOVE = """
CREATE TEMP TABLE above_{side} AS
WITH RECURSIVE climbing(taxon_id, above_id) AS (
    SELECT taxon_id, parent_taxon_id FROM taxa_{side} WHERE leaf_class_id IS NOT NULL
    UNION
    SELECT c.taxon_id, t.parent_taxon_id
    FROM climbing AS c JOIN taxa_{side} AS t ON t.taxon_id = c.above_id WHERE t.parent_taxon_id IS NOT NULL
)
SELECT DISTINCT * FROM climbing WHERE above_id IS NOT NULL
"""

#: For each class of one export alone: how many classes the other has below it, and the class above it.
_REASONS = """
CREATE TEMP TABLE reasons_{side} AS
SELECT c.taxon_id, b.below, b.below_name, a.above_name
FROM (SELECT taxon_id FROM taxa_{side} WHERE leaf_class_id IS NOT NULL
    EXCEPT SELECT taxon_id FROM taxa_{other} WHERE leaf_class_id IS NOT NULL) AS c
LEFT JOIN (
    SELECT u.above_id AS taxon_id, count(DISTINCT u.taxon_id) AS below, min(t.name) AS below_name
    FROM above_{other} AS u JOIN taxa_{other} AS t ON t.taxon_id = u.taxon_id GROUP BY u.above_id
) AS b USING (taxon_id)
LEFT JOIN (
    SELECT u.taxon_id, arg_min(t.name, t.rank_level) AS above_name
    FROM above_{side} AS u JOIN taxa_{other} AS t ON t.taxon_id = u.above_id
    WHERE t.leaf_class_id IS NOT NULL GROUP BY u.taxon_id
) AS a USING (taxon_id)
"""

#: A row for each class of either export. A photo stands in one place of an export, or is counted once.
_CLASSES = """
WITH pairs AS (
    SELECT f.taxon_id AS first_class, s.taxon_id AS second_class, f.set_number AS first_set,
        s.set_number AS second_set
    FROM photos_first AS f FULL JOIN photos_second AS s USING (photo_id)
),
sides AS (
    SELECT first_class AS taxon_id, first_set, NULL AS second_set,
        CASE WHEN second_class IS NULL THEN 'only_first'
            WHEN second_class <> first_class THEN 'other_class'
            WHEN second_set <> first_set THEN 'other_set' ELSE 'same' END AS became
    FROM pairs WHERE first_class IS NOT NULL
    UNION ALL
    SELECT second_class, NULL, second_set,
        CASE WHEN first_class IS NULL THEN 'only_second'
            WHEN second_class <> first_class THEN 'other_class' ELSE '' END
    FROM pairs WHERE second_class IS NOT NULL
),
counts AS (
    SELECT taxon_id, {sets},
        count(*) FILTER (became = 'same') AS photos_same,
        count(*) FILTER (became = 'other_set') AS photos_other_set,
        count(*) FILTER (became = 'other_class') AS photos_other_class,
        count(*) FILTER (became = 'only_first') AS photos_only_first,
        count(*) FILTER (became = 'only_second') AS photos_only_second
    FROM sides GROUP BY taxon_id
),
classes AS (
    SELECT taxon_id, coalesce(s.name, f.name) AS name, coalesce(s.rank_level, f.rank_level) AS rank_level,
        CASE WHEN f.taxon_id IS NULL THEN 'second' WHEN s.taxon_id IS NULL THEN 'first' ELSE 'both' END
            AS class_in
    FROM (FROM taxa_first WHERE leaf_class_id IS NOT NULL) AS f
        FULL JOIN (FROM taxa_second WHERE leaf_class_id IS NOT NULL) AS s USING (taxon_id)
)
SELECT c.taxon_id, c.name, c.rank_level, c.class_in, {counted}, r.below, r.below_name, r.above_name
FROM classes AS c LEFT JOIN counts AS n USING (taxon_id)
    LEFT JOIN (FROM reasons_first UNION ALL FROM reasons_second) AS r USING (taxon_id)
ORDER BY c.class_in = 'both', c.class_in, photos_only_first + photos_only_second + photos_other_class
    + photos_other_set DESC, c.taxon_id
"""

_SET_COLUMNS = tuple(f"{name}_{side}" for name in SETS for side in SIDES)
_PHOTO_COLUMNS = (
    "photos_same",
    "photos_other_set",
    "photos_other_class",
    "photos_only_first",
    "photos_only_second",
)


@dataclass(frozen=True)
class Comparison:
    """Two exports side by side.

    rows:      a row for each class of either: taxon_id, name, rank_level, class_in (both, first, second),
               photos by set in each, photos that are in the same place of both, in another set, in another
               class, or in one alone; and why it is a class of one alone, where the trees show it.
    made_by:   what differs in how the two were made, a sentence each.
    """

    rows: pa.Table
    made_by: tuple[str, ...]

    @property
    def differing(self) -> pa.Table:
        """Return the rows of the classes that are not the same in both, photo for photo."""
        differs = [
            row["class_in"] != "both" or any(row[name] for name in _PHOTO_COLUMNS[1:])
            for row in self.rows.to_pylist()
        ]
        return self.rows.filter(pa.array(differs, pa.bool_()))

    def summary(self) -> list[str]:
        """Return the differences in a few sentences."""
        class_in = self.rows["class_in"].to_pylist()
        sums = {name: sum(self.rows[name].to_pylist()) for name in _PHOTO_COLUMNS}
        # A photo that moved to another class stands in the rows of both classes.
        moved = sums["photos_other_class"] // 2
        return [
            *self.made_by,
            f"Classes: {class_in.count('both'):,} in both, {class_in.count('first'):,} in the first alone,"
            f" {class_in.count('second'):,} in the second alone.",
            f"Photos: {sums['photos_same']:,} in the same set and class, {sums['photos_other_set']:,} in"
            f" another set, {moved:,} in another class, {sums['photos_only_first']:,} in the first alone,"
            f" {sums['photos_only_second']:,} in the second alone.",
        ]


def compare(first: Path, second: Path, *, memory_limit: str = "4GB") -> Comparison:
    """Compare two folders of an export; what does not fit in ``memory_limit`` spills to disk.

    DataError where a folder lacks a file or a column, or a value cannot be read.
    """
    folders = dict(zip(SIDES, (first, second), strict=True))
    with (
        tempfile.TemporaryDirectory() as spill,
        duckdb.connect(config={"temp_directory": spill, "memory_limit": memory_limit}) as con,
    ):
        for side, folder in folders.items():
            _load(con, side, folder)
        for side in SIDES:
            con.execute(_ABOVE.format(side=side))
        for side, other in (SIDES, SIDES[::-1]):
            con.execute(_REASONS.format(side=side, other=other))
        sets = ", ".join(
            f"count(*) FILTER ({side}_set = {number}) AS {name}_{side}"
            for number, name in enumerate(SETS)
            for side in SIDES
        )
        names = ", ".join(f"coalesce(n.{name}, 0) AS {name}" for name in (*_SET_COLUMNS, *_PHOTO_COLUMNS))
        rows = con.sql(_CLASSES.format(sets=sets, counted=names)).to_arrow_table()
    return Comparison(_with_reasons(rows), tuple(_differences(first, second)))


def _load(con: duckdb.DuckDBPyConnection, side: str, folder: Path) -> None:
    """Make the tables taxa_SIDE and photos_SIDE."""
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; give the folder of an export")
    _read(con, folder / "taxonomy.csv", _TAXONOMY, f"taxa_{side}")
    for name in SETS:
        _read(con, folder / f"{name}_data.csv", _PHOTOS, f"{name}_{side}")
    every = " UNION ALL ".join(
        f"SELECT *, {number} AS set_number FROM {name}_{side}" for number, name in enumerate(SETS)
    )
    con.execute(
        f"CREATE TEMP TABLE photos_{side} AS SELECT photo_id, min(taxon_id) AS taxon_id,"
        f" arg_min(set_number, taxon_id) AS set_number FROM ({every}) GROUP BY photo_id"
    )
    for name in SETS:
        con.execute(f"DROP TABLE {name}_{side}")


def _read(con: duckdb.DuckDBPyConnection, path: Path, columns: dict[str, str], table: str) -> None:
    chosen = ", ".join(f"CAST(nullif(\"{name}\", '') AS {kind}) AS {name}" for name, kind in columns.items())
    query = _READ.format(columns=chosen)
    try:
        con.execute(f"CREATE TEMP TABLE {table} AS {query}", {"path": no_wildcards(path)})
    except duckdb.BinderException:
        raise DataError(
            f"{path}: lacks one of the columns {', '.join(columns)}; is it of an export?"
        ) from None
    except duckdb.IOException:
        raise DataError(f"{path}: cannot be read; give the folder of an export") from None
    except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
        raise DataError(f"{path}: {' '.join(str(error).split())[:160]}; export it again") from None


def _with_reasons(rows: pa.Table) -> pa.Table:
    reasons = [_reason(row) for row in rows.to_pylist()]
    return rows.drop_columns(["below", "below_name", "above_name"]).append_column(
        "reason", pa.array(reasons, pa.string())
    )


def _reason(row: dict[str, Any]) -> str:
    """Why a class is one of one export alone, by the trees; empty for one of both."""
    if row["class_in"] == "both":
        return ""
    other = SIDES[row["class_in"] == "first"]
    if row["below"]:
        classes = counted(row["below"], "class", "classes")
        return f"the {other} has {classes} below it, such as {row['below_name']}"
    if row["above_name"]:
        return f"part of {row['above_name']} in the {other}"
    return f"no class at, above or below it in the {other}"


def _differences(first: Path, second: Path) -> Iterator[str]:
    """Yield a sentence for each thing that differs in how the two were made, where both say how."""
    if not all((folder / manifests.NAME).is_file() for folder in (first, second)):
        yield "How they were made cannot be compared: only Leafline's snapshots say so."
        return
    one, two = (manifests.read_manifest(folder) for folder in (first, second))
    for key, name in _MADE_BY.items():
        if one.get(key) != two.get(key):
            yield f"They differ in the {name}{_values(one.get(key), two.get(key))}."


def _values(one: object, two: object) -> str:
    if isinstance(one, dict) and isinstance(two, dict):
        keys = sorted(key for key in one.keys() | two.keys() if one.get(key) != two.get(key))
        return ": " + ", ".join(f"{key} {one.get(key)} and {two.get(key)}" for key in keys)
    return f": {one} and {two}" if isinstance(one, str | int) and not isinstance(one, bool) else ""
