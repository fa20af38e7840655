"""The lake: upserts, versions, several writers, killed writers."""

import multiprocessing
import os
import signal
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from exporter import staging as staging_module
from exporter.errors import DataError
from exporter.lake import Lake
from exporter.merge import Changes, Merge
from exporter.schema import TABLES, surrogate_id

UUID = "69359289-e254-4778-ab15-9b41d68057da"
NOTHING = Changes(0, 0, 0)


def day(number: int) -> datetime:
    return datetime(2026, 1, number, tzinfo=UTC)


def load(lake: Lake, source: str, **tables: list[dict[str, Any]]) -> dict[str, Changes]:
    """Upsert rows given as dicts, each table's as one file.

    What is None in a row of the API or the dump is empty there, and the API lists an observation's photos and
    identifications, unless the row says otherwise.
    """
    for name, table in tables.items():
        for row in table if source in ("api", "dump") and name != "taxa" else ():
            row["known_empty"] = sum(
                TABLES[name].bits.get(column, 0) for column, value in row.items() if value is None
            )
            if source == "api" and name == "observations":
                row.setdefault("lists_photos", True)
                row.setdefault("lists_identifications", True)
    with lake.staging() as staging:
        staging.begin_file()
        for name, rows in tables.items():
            fields = [field for field in TABLES[name].arrow if any(field.name in row for row in rows)]
            staging.add(name, source, pa.Table.from_pylist(rows, schema=pa.schema(fields)))
        return lake.upsert(staging)


def rows(lake: Lake, table: str, columns: str) -> list[tuple[Any, ...]]:
    """The rows of a table; of the taxa all but Life, which is always there."""
    but_life = "WHERE taxon_id <> 48460" if table == "taxa" else ""
    with lake.connect() as con:
        return con.execute(f"SELECT {columns} FROM {table} {but_life} ORDER BY ALL").fetchall()


def test_an_empty_lake_says_what_to_do(lake: Lake) -> None:
    assert lake.latest() is None
    with pytest.raises(DataError, match="the lake is empty; load data with `python -m exporter ingest PATH`"):
        lake.connect()


def test_new_rows_are_stored_with_their_source(lake: Lake) -> None:
    changes = load(
        lake,
        "api",
        taxa=[{"taxon_id": 1, "name": "Animalia", "ancestry": ""}],
        observations=[{"observation_id": 7, "taxon_id": 1, "updated_at": day(1)}],
    )
    assert changes == {
        "taxa": Changes(1, 1, 0),
        "observations": Changes(1, 1, 0),
        "photos": NOTHING,
        "identifications": NOTHING,
    }
    assert rows(lake, "taxa", "taxon_id, name, ancestry, rank, source") == [(1, "Animalia", "", None, "api")]
    assert rows(lake, "observations", "observation_id, taxon_id, updated_at, source") == [
        (7, 1, day(1), "api")
    ]


def test_loading_twice_changes_nothing(lake: Lake) -> None:
    observation = {"observation_id": 7, "taxon_id": 1, "updated_at": day(1)}
    photos = [{"observation_id": 7, "photo_id": number, "updated_at": day(1)} for number in (3, 4)]
    load(lake, "api", observations=[observation], photos=photos)
    before = lake.latest()
    changes = load(lake, "api", observations=[observation], photos=photos)
    assert changes["observations"] == Changes(1, 0, 0)
    assert changes["photos"] == Changes(2, 0, 0)
    assert lake.latest() == before


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_the_newest_row_wins_in_any_order(lake: Lake, order: tuple[int, int]) -> None:
    for number in order:
        load(lake, "api", observations=[{"observation_id": 7, "taxon_id": number, "updated_at": day(number)}])
    assert rows(lake, "observations", "taxon_id, updated_at") == [(2, day(2))]


def test_within_one_load_the_newest_wins_then_the_later_file(lake: Lake) -> None:
    schema = pa.schema(
        [
            (name, TABLES["observations"].arrow.field(name).type)
            for name in ("observation_id", "taxon_id", "updated_at")
        ]
    )
    with lake.staging() as staging:
        for taxon_id, updated_at in ((1, day(2)), (2, day(1)), (3, day(2))):
            staging.begin_file()
            row = {"observation_id": 7, "taxon_id": taxon_id, "updated_at": updated_at}
            staging.add("observations", "api", pa.Table.from_pylist([row], schema=schema))
        changes = lake.upsert(staging)
    assert changes["observations"] == Changes(3, 1, 0)
    assert rows(lake, "observations", "taxon_id") == [(3,)]


def test_at_equal_age_the_more_detailed_source_wins(lake: Lake) -> None:
    load(lake, "api", observations=[{"observation_id": 7, "taxon_id": 1, "updated_at": day(1)}])
    load(lake, "csv", observations=[{"observation_id": 7, "taxon_id": 2, "updated_at": day(1)}])
    assert rows(lake, "observations", "taxon_id, source") == [(1, "api")]


def test_what_the_winner_cannot_know_is_kept(lake: Lake) -> None:
    load(lake, "dump", observations=[{"observation_id": 7, "taxon_id": 1, "anomaly_score": 0.5}])
    load(lake, "api", observations=[{"observation_id": 7, "taxon_id": None, "updated_at": day(1)}])
    assert rows(lake, "observations", "taxon_id, anomaly_score, source") == [(None, 0.5, "api")]


def test_a_field_empty_in_a_csv_tells_nothing(lake: Lake) -> None:
    load(lake, "csv", observations=[{"observation_id": 7, "taxon_id": 1, "quality_grade": "research"}])
    load(lake, "csv", observations=[{"observation_id": 7, "taxon_id": None, "quality_grade": "needs_id"}])
    assert rows(lake, "observations", "taxon_id, quality_grade") == [(1, "needs_id")]


def test_csv_rows_of_one_load_complete_each_other(lake: Lake) -> None:
    load(
        lake,
        "csv",
        taxa=[
            {"taxon_id": 5, "name": "Apis", "rank": None, "updated_at": day(2)},
            {"taxon_id": 5, "name": None, "rank": "genus", "updated_at": day(1)},
        ],
    )
    assert rows(lake, "taxa", "name, rank, updated_at") == [("Apis", "genus", day(2))]


def photo(observation_id: int, photo_id: int, updated_at: datetime | None) -> dict[str, Any]:
    return {"observation_id": observation_id, "photo_id": photo_id, "updated_at": updated_at}


def test_a_newer_api_observation_replaces_its_photos_as_a_set(lake: Lake) -> None:
    load(
        lake,
        "api",
        observations=[{"observation_id": number, "updated_at": day(1)} for number in (7, 8)],
        photos=[photo(7, 1, day(1)), photo(7, 2, day(1)), photo(8, 9, day(1))],
    )
    changes = load(
        lake,
        "api",
        observations=[{"observation_id": 7, "updated_at": day(2)}],
        photos=[photo(7, 2, day(2)), photo(7, 3, day(2))],
    )
    assert changes["photos"] == Changes(read=2, new=1, changed=2)
    assert rows(lake, "photos", "observation_id, photo_id") == [(7, 2), (7, 3), (8, 9)]


def test_an_api_observation_that_lost_all_photos_and_identifications(lake: Lake) -> None:
    load(
        lake,
        "api",
        observations=[{"observation_id": 7, "updated_at": day(1)}],
        photos=[photo(7, 1, day(1))],
        identifications=[{"observation_id": 7, "identification_id": 1, "updated_at": day(1)}],
    )
    load(lake, "api", observations=[{"observation_id": 7, "updated_at": day(2)}])
    assert rows(lake, "photos", "photo_id") == []
    assert rows(lake, "identifications", "identification_id") == []


def test_an_older_api_observation_changes_no_photo(lake: Lake) -> None:
    load(
        lake, "api", observations=[{"observation_id": 7, "updated_at": day(2)}], photos=[photo(7, 1, day(2))]
    )
    load(
        lake, "api", observations=[{"observation_id": 7, "updated_at": day(1)}], photos=[photo(7, 2, day(1))]
    )
    assert rows(lake, "photos", "photo_id") == [(1,)]


def test_less_complete_sources_do_not_add_photos_to_an_api_observation(lake: Lake) -> None:
    load(
        lake, "api", observations=[{"observation_id": 7, "updated_at": day(2)}], photos=[photo(7, 1, day(2))]
    )
    load(lake, "dump", photos=[photo(7, 2, None), photo(8, 3, None)])
    assert rows(lake, "photos", "observation_id, photo_id") == [(7, 1), (8, 3)]


@pytest.mark.parametrize("dump_first", [True, False])
def test_an_observation_known_by_uuid_takes_its_id(lake: Lake, dump_first: bool) -> None:
    surrogate = surrogate_id(UUID)
    dump = {
        "observations": [{"observation_id": surrogate, "observation_uuid": UUID, "anomaly_score": 0.9}],
        "photos": [{"observation_id": surrogate, "photo_id": 1, "license": "cc0"}],
    }
    csv = {"observations": [{"observation_id": 7, "observation_uuid": UUID, "taxon_id": 5}]}
    for source, tables in [("dump", dump), ("csv", csv)] if dump_first else [("csv", csv), ("dump", dump)]:
        load(lake, source, **tables)
    assert rows(lake, "observations", "observation_id, anomaly_score") == [(7, 0.9)]
    assert rows(lake, "photos", "observation_id, photo_id, license") == [(7, 1, "cc0")]


def test_other_surrogates_stay_when_one_moves(lake: Lake) -> None:
    other = "ffffffff-ffff-4fff-bfff-ffffffffffff"
    load(
        lake,
        "dump",
        observations=[
            {"observation_id": surrogate_id(text), "observation_uuid": text, "taxon_id": 1}
            for text in (UUID, other)
        ],
    )
    load(lake, "api", observations=[{"observation_id": 7, "observation_uuid": UUID, "updated_at": day(1)}])
    assert rows(lake, "observations", "observation_id, source") == [(surrogate_id(other), "dump"), (7, "api")]


def test_an_old_version_can_be_read_again(lake: Lake) -> None:
    load(lake, "api", observations=[{"observation_id": 7, "taxon_id": 1, "updated_at": day(1)}])
    pinned = lake.latest()
    load(lake, "api", observations=[{"observation_id": 7, "taxon_id": 2, "updated_at": day(2)}])
    with lake.connect(pinned) as con:
        assert con.execute("SELECT taxon_id FROM observations").fetchall() == [(1,)]
    assert rows(lake, "observations", "taxon_id") == [(2,)]
    with pytest.raises(DataError, match="the lake has no version 9"):
        lake.at(9)


def test_what_does_not_fit_in_memory_spills_into_a_lake_that_never_spilled(lake: Lake) -> None:
    load(lake, "api", observations=[{"observation_id": 7, "taxon_id": 1, "updated_at": day(1)}])
    with lake.connect(memory_limit="60MB", threads=1) as con:
        con.execute("CREATE TEMP TABLE large AS SELECT range AS i, random() AS x FROM range(4000000)")
        assert list((lake.root / "spill").iterdir()) != []
        assert con.execute("SELECT count(*), min(i), max(i) FROM large").fetchall() == [(4000000, 0, 3999999)]


def test_what_a_killed_query_spilled_goes_when_nobody_holds_it(lake: Lake) -> None:
    load(lake, "api", observations=[{"observation_id": 7, "taxon_id": 1, "updated_at": day(1)}])
    left = lake.root / "spill" / "left"
    left.mkdir(parents=True)
    (left / "duckdb_temp_storage-0.tmp").touch()
    with lake.connect() as con:
        (held,) = [folder for folder in (lake.root / "spill").iterdir() if folder != left]
        for folder in (left, held):
            os.utime(folder, (0, 0))
        with lake.staging():
            assert (left.exists(), held.exists()) == (False, True)
        assert con.execute("SELECT count(*) FROM observations").fetchall() == [(1,)]
    del con
    assert list((lake.root / "spill").iterdir()) == []


def test_every_lake_knows_life_the_root(lake: Lake) -> None:
    query = "SELECT ancestry, name, rank, rank_level FROM taxa WHERE taxon_id = 48460"
    load(lake, "api", taxa=[{"taxon_id": 1, "name": "Animalia", "ancestry": "48460"}])
    with lake.connect() as con:
        assert con.execute(query).fetchall() == [("", "Life", "stateofmatter", 100.0)]
    load(lake, "dump", taxa=[{"taxon_id": 48460, "name": "Life as told", "ancestry": ""}])
    with lake.connect() as con:
        assert con.execute(query).fetchall() == [("", "Life as told", None, None)]


def test_simulated_data_mark_the_lake_for_good(lake: Lake) -> None:
    with lake.staging() as staging:
        staging.is_simulated = True
        lake.upsert(staging)
    load(lake, "api", taxa=[{"taxon_id": 1}])
    latest = lake.latest()
    assert latest is not None
    assert (latest.number, latest.is_simulated) == (2, True)


def _load_hundred(root: Path, first: int) -> None:
    for number in range(first, first + 100, 20):
        observations = [{"observation_id": n, "updated_at": day(1)} for n in range(number, number + 20)]
        load(Lake(root), "api", observations=observations)


def test_two_processes_writing_at_once_lose_nothing(lake: Lake) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_load_hundred, args=(lake.root, first)) for first in (0, 100)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert rows(lake, "observations", "observation_id") == [(number,) for number in range(200)]
    latest = lake.latest()
    assert latest is not None
    assert latest.number == 10


def _load_and_die(root: Path, owner: type, step: str, call: int) -> None:
    """Load two tables, but be killed at the given call of a step of the commit."""
    original = getattr(owner, step)
    calls = count(1)

    def step_or_die(*args: Any) -> Any:
        if next(calls) == call:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*args)

    setattr(owner, step, step_or_die)
    observations = [{"observation_id": 8, "updated_at": day(1)}]
    load(Lake(root), "api", observations=observations, photos=[photo(8, 2, day(1))])


@pytest.mark.parametrize(
    ("owner", "step", "call"),
    [(Merge, "_merge_bucket", 2), (Merge, "commit", 2), (Merge, "commit", 4), (Lake, "_write", 1)],
)
def test_a_killed_load_leaves_the_lake_as_it_was(lake: Lake, owner: type, step: str, call: int) -> None:
    load(
        lake, "api", observations=[{"observation_id": 7, "updated_at": day(1)}], photos=[photo(7, 1, day(1))]
    )
    before = lake.latest()
    victim = multiprocessing.get_context("spawn").Process(
        target=_load_and_die, args=(lake.root, owner, step, call)
    )
    victim.start()
    victim.join()
    assert victim.exitcode == -signal.SIGKILL
    assert lake.latest() == before
    assert rows(lake, "observations", "observation_id") == [(7,)]
    load(lake, "api", observations=[{"observation_id": 9, "updated_at": day(1)}])
    assert rows(lake, "observations", "observation_id") == [(7,), (9,)]
    assert rows(lake, "photos", "observation_id, photo_id") == [(7, 1)]


def test_a_load_of_nothing_leaves_an_empty_lake_that_can_be_loaded(
    lake: Lake, caplog: pytest.LogCaptureFixture
) -> None:
    load(lake, "api")
    load(lake, "api")
    assert lake.latest() is None
    load(lake, "api", taxa=[{"taxon_id": 1}])
    assert rows(lake, "taxa", "taxon_id") == [(1,)]
    assert caplog.messages == []


@pytest.mark.parametrize("step", ["commit", "_write"])
def test_a_killed_first_load_leaves_an_empty_lake_that_can_be_loaded(lake: Lake, step: str) -> None:
    owner, call = (Merge, 4) if step == "commit" else (Lake, 1)
    victim = multiprocessing.get_context("spawn").Process(
        target=_load_and_die, args=(lake.root, owner, step, call)
    )
    victim.start()
    victim.join()
    assert victim.exitcode == -signal.SIGKILL
    assert lake.latest() is None
    load(lake, "api", observations=[{"observation_id": 9, "updated_at": day(1)}])
    assert rows(lake, "observations", "observation_id") == [(9,)]


def test_what_a_killed_ingest_staged_goes_when_nobody_holds_it(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    with lake.staging() as under_way:
        left, begun = (tmp_path / "staging" / name for name in ("left", "begun"))
        for folder in (left, begun):
            folder.mkdir()
        for folder in (left, under_way.folder):
            os.utime(folder, (0, 0))
        with lake.staging():
            assert (left.exists(), begun.exists(), under_way.folder.exists()) == (False, True, True)


def test_rows_are_divided_a_few_at_a_time(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging_module, "_ROWS_AT_ONCE", 3)
    lists = [[1, 2**21], [2, 3], [], [4, 2**21 + 1, 5], [6]]
    with lake.staging() as staging:
        for ids in lists:
            staging.add("observations", "api", pa.table({"observation_id": pa.array(ids, pa.int64())}))
        staging.replace("observations", "api", "SELECT * REPLACE (7 AS taxon_id) FROM ({staged})")
        assert staging.distribute("observations", keep=True) == {0, 1}
        divided = [staging.bucket_sql("observations", "api", bucket) for bucket in (0, 1)]
        result = [
            sorted(staging.con.execute(f"SELECT observation_id, taxon_id FROM ({rows})").fetchall())
            for rows in divided
        ]
        assert result == [[(one, 7) for one in range(1, 7)], [(2**21, 7), (2**21 + 1, 7)]]
        assert len(list((staging.folder / "buckets").rglob("bucket=0/*.parquet"))) == 3
        assert staging.distribute("observations", keep=False) == {0, 1}
        assert not list((staging.folder / "observations").rglob("*.parquet"))


def test_rows_of_many_buckets_are_divided_in_little_memory(lake: Lake) -> None:
    random = np.random.default_rng(0)
    with lake.staging(memory_limit="40MB") as staging:
        staging.con.execute("SET threads = 4")
        for _ in range(20):
            ids = -1 - random.integers(0, 2**60, 50_000)
            staging.add("observations", "dump", pa.table({"observation_id": ids, "taxon_id": ids}))
        buckets = staging.distribute("observations", keep=False)
        divided = [staging.bucket_sql("observations", "dump", bucket) for bucket in buckets]
        counts = [staging.con.execute(f"SELECT count(*) FROM ({rows})").fetchall()[0][0] for rows in divided]
        assert (len(buckets), sum(counts)) == (128, 1_000_000)
        assert staging.con.execute("SELECT current_setting('threads')").fetchall() == [(4,)]
