"""The doctor: what it finds in a lake, and the version that it puts the lake back to."""

import csv
import json
import shutil
from pathlib import Path

import duckdb
import pytest
from deltalake import DeltaTable

from exporter.doctor import examine
from exporter.lake import Lake
from exporter.manifest import digest
from tests.exporter.damaged import FILES, contents, damage, run, write_inputs


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the inputs, and a lake of two versions."""
    folder = tmp_path_factory.mktemp("made")
    write_inputs(folder)
    for name in FILES[:2]:
        assert run(folder / "lake", "ingest", folder / name).code == 0
    return folder


@pytest.fixture
def lake(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made / "lake", tmp_path / "lake")
    return tmp_path / "lake"


def of_version_two(lake: Path, table: str) -> Path:
    """The file that only version 2 has."""
    old, new = (
        {path for files in Lake(lake).files(table, Lake(lake).at(n)).values() for path in files}
        for n in (1, 2)
    )
    [path] = new - old
    return Path(path)


def found(lake: Path, *options: object) -> list[list[str]]:
    run(lake, "doctor", "--format", "csv", "--out", lake.parent / "found.csv", *options)
    with (lake.parent / "found.csv").open(newline="") as stream:
        return list(csv.reader(stream))


def test_a_whole_lake_version_by_version_and_table_by_table(lake: Path) -> None:
    before = contents(lake)
    assert found(lake) == [
        ["version", "table", "files", "rows", "state", "fault"],
        ["2", "taxa", "1", "2", "whole", ""],
        ["2", "observations", "2", "12", "whole", ""],
        ["2", "photos", "2", "12", "whole", ""],
        ["2", "identifications", "2", "36", "whole", ""],
        ["1", "taxa", "1", "2", "whole", ""],
        ["1", "observations", "1", "6", "whole", ""],
        ["1", "photos", "1", "6", "whole", ""],
        ["1", "identifications", "1", "18", "whole", ""],
    ]
    assert contents(lake) == before
    ran = run(lake, "doctor")
    assert (ran.code, ran.said) == (0, [f"{lake}: every version is whole"])


def test_an_empty_lake_and_none(tmp_path: Path) -> None:
    ran = run(tmp_path, "doctor")
    assert (ran.code, ran.said) == (0, [f"{tmp_path}: the lake is empty"])
    ran = run(tmp_path / "nowhere", "doctor")
    assert ran.said == [f"exporter: {tmp_path}/nowhere: no such folder; give the lake's with --lake"]
    assert ran.code == 1
    assert not (tmp_path / "nowhere").exists()


def test_without_restoring_nothing_is_moved(lake: Path) -> None:
    path = of_version_two(lake, "photos")
    path.unlink()
    before = contents(lake)
    ran = run(lake, "doctor", "--no-restore", "--out", lake.parent / "found.csv")
    assert ran.code == 1
    [line] = ran.said
    assert line.startswith(f"{lake}: 1 fault; version 1 of ")
    assert line.endswith("is the newest that is whole: `python -m exporter doctor --restore` restores it")
    assert contents(lake) == before
    assert ["2", "photos", "2", "12", "damaged", f"{path}: the file is missing"] in found(
        lake, "--no-restore"
    )


def test_what_is_damaged_is_set_aside_and_what_came_since_can_be_loaded_again(made: Path, lake: Path) -> None:
    of_version_two(lake, "photos").unlink()
    version_file = (lake / "versions" / "00000002.json").read_bytes()
    ran = run(lake, "doctor", "--restore", "--out", lake.parent / "found.csv")
    assert ran.code == 0
    assert ran.said[0].endswith("is the newest: load again what was loaded since")
    [aside] = lake.glob("set-aside/*/versions/00000002.json")
    assert aside.read_bytes() == version_file
    assert Lake(lake).require_latest().number == 1
    ran = run(lake, "ingest", made / FILES[1])
    assert ran.code == 0
    assert "observations: 6 rows read, 6 new, 0 changed" in ran.printed
    # A number is given once: a snapshot of the lost version 2 is not one of version 3.
    assert Lake(lake).require_latest().number == 3
    ran = run(
        lake, "snapshot", "--lake-version", 2, "--cutoff", "2026-01-02T00:00:00Z", "--seed", "s", "--out", "x"
    )
    assert ran.said == [f"exporter: {aside}: version 2 was damaged and is set aside here; give another"]


def test_a_flipped_bit_within_a_file(lake: Path) -> None:
    path = of_version_two(lake, "observations")
    content = bytearray(path.read_bytes())
    content[40] ^= 1
    path.write_bytes(content)
    assert [
        "2",
        "observations",
        "2",
        "12",
        "damaged",
        f"{path}: the content is not what was written (its SHA-256 is another)",
    ] in found(lake, "--no-restore")


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ("FROM old LIMIT 5", "the file has 5 rows in place of 6"),
        ("FROM old UNION ALL (FROM old LIMIT 1)", "1 rows have the key of another"),
        (
            "SELECT * REPLACE (observation_id + 4194304 AS observation_id) FROM old",
            "6 rows belong into another bucket",
        ),
    ],
)
def test_rows_are_counted_their_keys_compared_and_their_bucket(lake: Path, rows: str, fault: str) -> None:
    """As if a faulty merge had written them: every digest fits."""
    old = of_version_two(lake, "observations")
    with duckdb.connect() as con:
        con.execute(f"CREATE VIEW old AS FROM read_parquet('{old}', hive_partitioning = false)")
        name = old.name.split("-")[0]
        written = old.with_name("new.parquet")
        [(number,)] = con.execute(
            f"COPY ({rows}) TO '{written}' (FORMAT parquet, KV_METADATA {{leafline_id: '{name}'}})"
        ).fetchall()
    new = written.rename(old.with_name(f"{name}-{digest(written)}.parquet"))
    entry = lake / "observations" / "_delta_log" / f"{2:020d}.json"
    actions = [json.loads(line) for line in entry.read_text().splitlines()]
    [added] = [action["add"] for action in actions if "add" in action]
    added["path"], added["size"] = f"bucket=1/{new.name}", new.stat().st_size
    added["stats"] = json.dumps({"numRecords": 6 if number < 6 else number})
    entry.write_text("\n".join(json.dumps(action) for action in actions))
    version = lake / "versions" / "00000002.json"
    stored = json.loads(version.read_text())
    del stored["digests"]
    version.write_text(json.dumps(stored))
    [finding] = [finding for finding in examine(Lake(lake)).findings if finding.fault]
    assert finding.fault == f"{new}: {fault}"


def test_a_damaged_checkpoint_is_set_aside_and_nothing_is_lost(lake: Path) -> None:
    log = lake / "photos" / "_delta_log"
    DeltaTable(lake / "photos", version=2).create_checkpoint()
    checkpoint = log / f"{2:020d}.checkpoint.parquet"
    damage(checkpoint, "garbage", checkpoint)
    assert "the checkpoint of the log is damaged" in Lake(lake).require_latest().faults[0]
    ran = run(lake, "doctor", "--out", lake.parent / "found.csv")
    assert ran.code == 0
    assert Lake(lake).require_latest().number == 2
    assert Lake(lake).require_latest().faults == ()
    assert not checkpoint.exists()
    assert not (log / "_last_checkpoint").exists()


def test_where_no_version_is_whole_nothing_is_moved(lake: Path) -> None:
    shutil.rmtree(lake / "taxa")
    before = contents(lake)
    ran = run(lake, "doctor", "--out", lake.parent / "found.csv")
    assert ran.code == 1
    assert ran.said == [
        f"{lake}: 2 faults, and no version is whole: copy the folder from a backup, or move it away"
        " and load the files again"
    ]
    assert contents(lake) == before


def test_a_note_of_the_newest_that_cannot_be_read_is_written_anew(lake: Path) -> None:
    note = lake / "versions" / "newest"
    note.write_bytes(b"?")
    assert run(lake, "doctor", "--out", lake.parent / "found.csv").code == 0
    assert json.loads(note.read_text()) == {"newest": 2, "last": 2}
    assert Lake(lake).require_latest().number == 2
