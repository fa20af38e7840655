"""Check a written snapshot: its digests, every rule that its files obey, and what the lake gives again."""

import filecmp
import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from datetime import datetime, timedelta
from itertools import zip_longest
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from exporter import manifest as manifests
from exporter.criteria import SPECIES_RANK_LEVEL, Criteria, criteria_from
from exporter.distribution import photos_per_class
from exporter.draw import commitment
from exporter.errors import DataError
from exporter.lake import Lake
from exporter.manifest import Manifest
from exporter.selection import ACCURACY_MAX_M, SETS, SPATIAL_MAX
from exporter.snapshot import Request, snapshot
from exporter.snapshot_files import PHOTOS, SET_COLUMNS
from exporter.snapshot_rules import DERIVED, RULES
from exporter.sql_paths import no_wildcards

_PHOTOS_FILE = "photos.parquet"

#: The files without a twin in photos.parquet, and how DuckDB reads their columns.
_CSV_FILES = {
    "taxonomy.csv": {
        "parent_taxon_id": "BIGINT",
        "taxon_id": "BIGINT",
        "rank_level": "DOUBLE",
        "leaf_class_id": "BIGINT",
        "iconic_class_id": "BIGINT",
        "spatial_class_id": "BIGINT",
        "name": "VARCHAR",
        "iconic_taxon_id": "BIGINT",
        "rank": "VARCHAR",
    },
    "iconic_taxa.csv": {"iconic_taxon_id": "BIGINT", "iconic_class_id": "BIGINT", "name": "VARCHAR"},
    "spatial_data.csv": {
        "observation_id": "BIGINT",
        "latitude": "DOUBLE",
        "longitude": "DOUBLE",
        "observed_on": "DATE",
        "leaf_class_id": "BIGINT",
        "iconic_class_id": "BIGINT",
        "taxon_id": "BIGINT",
        "obs_taxon_id": "BIGINT",
        "community": "BIGINT",
        "captive": "BIGINT",
        "positional_accuracy": "DOUBLE",
    },
}

_FILES = (*_CSV_FILES, *(f"{name}_data.csv" for name in SETS), _PHOTOS_FILE)

_MANIFEST_KEYS = {
    "code_version",
    "commitment",
    "counts",
    "criteria",
    "cutoff",
    "distribution",
    "files",
    "format",
    "is_simulated",
    "lake",
    "seed",
    "settle_days",
    "settling",
    "window_start",
}

_WHOLE_FOLDER = "the folder holds the manifest's files and no other"
_COLUMNS = "every file has its columns"
_SAME_ROWS = "the sets' CSV files have the rows of photos.parquet, in its order"
_DERIVED_AGAIN = "the lake's version, the criteria, the cutoff and the seed give the same snapshot again"


def verify(folder: Path, lake: Lake | None = None, *, memory_limit: str = "4GB") -> None:
    """Check the snapshot in ``folder``; return if it is sound.

    Without a lake: the digests, and what the files show by themselves (`exporter.snapshot_rules`). With the
    lake that it was made from, the snapshot is derived again from the pinned version besides, and must be the
    same byte for byte, but for its comparison with a previous snapshot; that finds what files alone cannot
    show. What does not fit in ``memory_limit`` spills into the system's temporary folder.

    DataError that names the broken rule and where it is broken, or says why the folder cannot be read.
    """
    manifest = _read_manifest(folder)
    _check_digests(folder, manifest)
    try:
        with (
            tempfile.TemporaryDirectory() as spill,
            duckdb.connect(config={"temp_directory": spill, "memory_limit": memory_limit}) as con,
        ):
            _load(con, folder, manifest)
            _check_rules(con, folder)
            _check_counts(con, folder, manifest)
        _check_sets(folder)
    except (duckdb.Error, pa.ArrowException) as error:
        raise _broken(folder, "every file can be read", str(error).splitlines()[0]) from None
    if lake is not None:
        _check_derivation(folder, manifest, lake, memory_limit)


def _broken(folder: Path, rule: str, where: str) -> DataError:
    return DataError(f"{folder}: {where}: broken rule: {rule}; do not use this snapshot, write it again")


def _read_manifest(folder: Path) -> Manifest:
    manifest = manifests.read_manifest(folder)
    try:
        _check_manifest(folder, manifest)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _broken(folder, "the manifest is whole", f"{manifests.NAME}: {error!r}") from None
    text = json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False)
    if (folder / manifests.NAME).read_bytes() != f"{text}\n".encode():
        raise _broken(folder, "the manifest's keys are sorted and indented by two spaces", manifests.NAME)
    return manifest


def _check_manifest(folder: Path, manifest: Manifest) -> None:
    """What the manifest says of itself. KeyError, TypeError or ValueError where it says too little."""
    if manifest["code_version"] != manifests.RULES_VERSION:
        raise DataError(
            f"{folder}: made by version {manifest['code_version']} of the rules, not"
            f" {manifests.RULES_VERSION}; verify it with the software that made it"
        )
    start, cutoff = (datetime.fromisoformat(manifest[key]) for key in ("window_start", "cutoff"))
    rows = manifest["counts"]["classes"]
    classes = {row["taxon_id"] for row in rows}
    report = manifest["distribution"]
    changes = report["changes"] or {"added": [], "lost": [], "rolled_up": []}
    gone = {row["taxon_id"] for row in [*changes["lost"], *changes["rolled_up"]]}
    is_obeyed = {
        "the manifest has the keys of its format": manifest.keys() == _MANIFEST_KEYS,
        _WHOLE_FOLDER: manifest["files"].keys() == set(_FILES),
        "the commitment is the seed's SHA-256": manifest["commitment"] == commitment(manifest["seed"]),
        "the window is settle_days long": cutoff - start == timedelta(days=manifest["settle_days"]),
        "a taxon kept below the line is no class": classes.isdisjoint(
            manifest["settling"]["taxa_kept_below_line"]
        ),
        "the histogram counts the classes": report["photos_per_class"]
        == photos_per_class(criteria_from(manifest["criteria"]), rows),
        "classes added are classes, and those gone are none": classes.issuperset(changes["added"])
        and classes.isdisjoint(gone),
    }
    for rule, is_true in is_obeyed.items():
        if not is_true:
            raise _broken(folder, rule, manifests.NAME)


def _check_digests(folder: Path, manifest: Manifest) -> None:
    present = {path.name for path in folder.iterdir()}
    for name in sorted(present ^ {manifests.NAME, *_FILES}):
        raise _broken(folder, _WHOLE_FOLDER, f"{name} is {'missing' if name in _FILES else 'none of them'}")
    for name in _FILES:
        recorded = manifest["files"][name]
        if (
            manifests.digest(folder / name) != recorded["sha256"]
            or (folder / name).stat().st_size != recorded["bytes"]
        ):
            raise _broken(folder, "every file has the manifest's SHA-256 and size", name)


def _load(con: duckdb.DuckDBPyConnection, folder: Path, manifest: Manifest) -> None:
    """Make the relations that `exporter.snapshot_rules` names."""
    for name, columns in _CSV_FILES.items():
        _check_header(folder, name, list(columns))
        con.execute(
            f"CREATE TABLE {Path(name).stem} AS SELECT *, row_number() OVER () - 1 AS row FROM read_csv("
            f"$path, columns = {columns}, auto_detect = false, header = true, quote = '\"', escape = '\"',"
            " hive_partitioning = false)",
            {"path": no_wildcards(folder / name)},
        )
    if not pq.read_schema(folder / _PHOTOS_FILE).equals(PHOTOS):
        raise _broken(folder, _COLUMNS, _PHOTOS_FILE)
    con.read_parquet(
        no_wildcards(folder / _PHOTOS_FILE), file_row_number=True, hive_partitioning=False
    ).create_view("photos_file")
    con.register("counted", pa.Table.from_pylist(manifest["counts"]["classes"]))
    con.execute("CREATE TABLE classes AS SELECT *, row_number() OVER () - 1 AS row FROM counted")
    con.unregister("counted")
    _set_variables(con, criteria_from(manifest["criteria"]), manifest["seed"])
    for relation in DERIVED:
        con.execute(relation)


def _check_header(folder: Path, name: str, columns: list[str]) -> None:
    with (folder / name).open("rb") as stream:
        if stream.readline() != f"{','.join(columns)}\n".encode():
            raise _broken(folder, _COLUMNS, name)


def _set_variables(con: duckdb.DuckDBPyConnection, criteria: Criteria, seed: str) -> None:
    variables = {
        **asdict(criteria),
        "seed": seed,
        "species_level": SPECIES_RANK_LEVEL,
        "barred_ranks": criteria.barred_ranks,
        "spatial_max": SPATIAL_MAX,
        "accuracy_max_m": ACCURACY_MAX_M,
    }
    for name, value in variables.items():
        bound = list(value) if isinstance(value, tuple) else value
        con.execute(f"SET VARIABLE {name} = $value", {"value": bound})


def _check_rules(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    for rule in RULES:
        result = con.execute(f"FROM ({rule.broken}) LIMIT 1").fetchone()
        if result is not None:
            raise _broken(folder, rule.sentence, result[0])


def _check_counts(con: duckdb.DuckDBPyConnection, folder: Path, manifest: Manifest) -> None:
    rows = {name: _count(con, Path(name).stem) for name in _CSV_FILES} | {_PHOTOS_FILE: _count(con, "places")}
    for set_name in SETS:
        places = f"places WHERE set_name = '{set_name}'"
        counted = {
            "photos": _count(con, places),
            "observations": _count(con, places, "DISTINCT observation_id"),
        }
        if manifest["counts"][set_name] != counted:
            raise _broken(folder, "the manifest counts each set's photos and observations", set_name)
        rows[f"{set_name}_data.csv"] = counted["photos"]
    for name, number in rows.items():
        if manifest["files"][name]["rows"] != number:
            raise _broken(folder, "the manifest counts every file's rows", name)


def _count(con: duckdb.DuckDBPyConnection, relation: str, what: str = "*") -> int:
    [[number]] = con.execute(f"SELECT count({what}) FROM {relation}").fetchall()
    return int(number)


def _check_sets(folder: Path) -> None:
    names = {set_name: f"{set_name}_data.csv" for set_name in SETS}
    with ExitStack() as stack:
        files = {key: stack.enter_context((folder / name).open("rb")) for key, name in names.items()}
        for key, file in files.items():
            _check_header(folder, names[key], SET_COLUMNS)
            file.readline()
        for key, line in _set_lines(folder):
            if files[key].readline() != line:
                raise _broken(folder, _SAME_ROWS, f"{names[key]} lacks {line.decode().strip()} in its place")
        for key, file in files.items():
            if file.readline():
                raise _broken(folder, _SAME_ROWS, f"{names[key]} has more rows")


def _set_lines(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Each row's set, and its line in that set's CSV file: by the rules so far, no value needs quotes."""
    for batch in pq.ParquetFile(folder / _PHOTOS_FILE).iter_batches():
        texts = [batch[column].cast(pa.string()) for column in SET_COLUMNS]
        lines = pc.binary_join_element_wise(*texts, ",").to_pylist()
        yield from zip(batch["set"].to_pylist(), (f"{line}\n".encode() for line in lines), strict=True)


def _check_derivation(folder: Path, manifest: Manifest, lake: Lake, memory_limit: str) -> None:
    request = Request(
        criteria_from(manifest["criteria"]),
        datetime.fromisoformat(manifest["cutoff"]),
        manifest["seed"],
        manifest["settle_days"],
    )
    pinned = lake.at(manifest["lake"]["version"])
    with tempfile.TemporaryDirectory() as parent:
        again = Path(parent) / "snapshot"
        snapshot(lake, request, again, version=pinned, memory_limit=memory_limit)
        for name in _FILES:
            if not filecmp.cmp(folder / name, again / name, shallow=False):
                raise _broken(folder, _DERIVED_AGAIN, f"{name}{_first_difference(folder, again, name)}")
        derived = manifests.read_manifest(again)
        derived["distribution"]["changes"] = manifest["distribution"]["changes"]
        for key in sorted(_MANIFEST_KEYS):
            if manifest[key] != derived[key]:
                raise _broken(folder, _DERIVED_AGAIN, f"{manifests.NAME}, {key}")


def _first_difference(folder: Path, again: Path, name: str) -> str:
    if name == _PHOTOS_FILE:
        return ""
    with (folder / name).open("rb") as recorded, (again / name).open("rb") as derived:
        numbered = enumerate(zip_longest(recorded, derived), start=1)
        return next(f" line {number}" for number, (left, right) in numbered if left != right)
