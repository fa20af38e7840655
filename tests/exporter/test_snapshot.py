"""A snapshot's folder: what is in it, byte for byte, and that it is whole or not there."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from exporter import snapshot as module
from exporter.criteria import INAT_2022
from exporter.durable import held
from exporter.errors import DataError
from exporter.ingest import ingest
from exporter.lake import Lake
from exporter.manifest import digest
from exporter.schema import TABLES
from exporter.simulation import simulate
from exporter.snapshot import Request, snapshot
from tests.exporter.exporting import SEED
from tests.exporter.test_selection import SMALL
from tests.exporter.world import World, day

LIFE, KINGDOM, SPECIES, SISTER = 48460, 2, 300, 301
CUTOFF = datetime(2026, 1, 20, tzinfo=UTC)


def load(lake: Lake, world: World) -> None:
    """Put the world's rows into the lake; what belongs to an observation is as new as that."""
    updated = {row["observation_id"]: row.get("updated_at") for row in world.observations}
    rows = {"taxa": world.taxa, "observations": world.observations} | {
        name: [row | {"updated_at": updated[row["observation_id"]]} for row in result]
        for name, result in (("photos", world.photos), ("identifications", world.identifications))
    }
    with lake.staging() as staging:
        staging.begin_file()
        for name, result in rows.items():
            columns = {key: None for row in result for key in row if key != "source"}
            schema = pa.schema([TABLES[name].arrow.field(key) for key in columns])
            staging.add(name, "api", pa.Table.from_pylist(result, schema))
        lake.upsert(staging)


@pytest.fixture
def world() -> World:
    """Two species of a kingdom below Life, with four observations each, of day 1."""
    world = World()
    world.taxon(LIFE, None, "stateofmatter", name="Life")
    world.taxon(KINGDOM, LIFE, "kingdom", name="Plantae", iconic_taxon_id=KINGDOM)
    world.taxon(SISTER, KINGDOM, "species", name='Aster, the "blue"', iconic_taxon_id=KINGDOM)
    world.taxon(SPECIES, KINGDOM, "species", name="Aster ölandicus")
    world.observe(
        4, SPECIES, SPECIES, created_at=day(1), updated_at=day(20), latitude=0.00004, longitude=-0.00003
    )
    world.observe(
        4,
        SISTER,
        SISTER,
        photos=2,
        created_at=day(1),
        updated_at=day(20),
        observed_on=date(2025, 12, 31),
        latitude=12.345678,
        longitude=-0.00003,
        is_captive=True,
    )
    for photo in world.photos:
        photo |= {"host": "static", "extension": "jpeg", "license": "cc-by-nc"}
    world.photos[0] |= {"host": "open-data", "extension": "png"}
    world.photos[1] |= {"host": "open-data", "extension": "jpg", "license": None}
    world.observations[4] |= {"positional_accuracy": 50_000.0}
    world.observations[5] |= {"positional_accuracy": 50_000.5}
    world.observations[6] |= {"longitude": None}
    return world


def request(**changes: Any) -> Request:
    return replace(Request(SMALL, CUTOFF, SEED), **changes)


def contents(folder: Path) -> dict[str, str]:
    """The digest of each file."""
    return {path.name: digest(path) for path in folder.iterdir()}


def test_the_files_of_a_small_world(lake: Lake, world: World, tmp_path: Path) -> None:
    """Drawn: 5 1 6 3 2 7 8 4. Each class has one photo in test and one in validation, the rest in training.

    Observation 6 is placed too roughly, 7 has no longitude, and those of the first species lie at (0, 0).
    """
    load(lake, world)
    out = tmp_path / "out"
    manifest = snapshot(lake, request(), out)
    header = "photo_id,photo_url,observation_id,leaf_class_id,iconic_class_id,taxon_id,obs_taxon_id,community"
    static = "https://static.inaturalist.org/photos"
    assert {path.name: path.read_text() for path in out.glob("*.csv")} == {
        "test_data.csv": f"{header}\n"
        "10,https://inaturalist-open-data.s3.amazonaws.com/photos/10/medium.png,1,0,0,300,300,1\n"
        f"50,{static}/50/medium.jpeg,5,1,1,301,301,1\n",
        "val_data.csv": f"{header}\n"
        f"30,{static}/30/medium.jpeg,3,0,0,300,300,1\n"
        f"60,{static}/60/medium.jpeg,6,1,1,301,301,1\n",
        "train_data.csv": f"{header}\n"
        "20,https://inaturalist-open-data.s3.amazonaws.com/photos/20/medium.jpg,2,0,0,300,300,1\n"
        f"40,{static}/40/medium.jpeg,4,0,0,300,300,1\n"
        f"70,{static}/70/medium.jpeg,7,1,1,301,301,1\n"
        f"80,{static}/80/medium.jpeg,8,1,1,301,301,1\n"
        f"71,{static}/71/medium.jpeg,7,1,1,301,301,1\n"
        f"81,{static}/81/medium.jpeg,8,1,1,301,301,1\n",
        "taxonomy.csv": "parent_taxon_id,taxon_id,rank_level,leaf_class_id,iconic_class_id,"
        "spatial_class_id,name,iconic_taxon_id,rank\n"
        ",2,70,,,,Plantae,2,kingdom\n"
        "2,300,10,0,0,,Aster ölandicus,0,species\n"
        '2,301,10,1,1,1,"Aster, the ""blue""",2,species\n',
        "iconic_taxa.csv": "iconic_taxon_id,iconic_class_id,name\n0,0,Unassigned\n2,1,Plantae\n",
        "spatial_data.csv": "observation_id,latitude,longitude,observed_on,leaf_class_id,iconic_class_id,"
        "taxon_id,obs_taxon_id,community,captive,positional_accuracy\n"
        "5,12.3457,0,2025-12-31,1,1,301,301,1,1,50000\n"
        "8,12.3457,0,2025-12-31,1,1,301,301,1,1,\n",
    }
    assert pq.read_table(out / "photos.parquet").to_pylist()[4] == {
        "set": "train",
        "photo_id": 71,
        "photo_url": f"{static}/71/medium.jpeg",
        "observation_id": 7,
        "leaf_class_id": 1,
        "iconic_class_id": 1,
        "taxon_id": SISTER,
        "obs_taxon_id": SISTER,
        "community": 1,
        "position": 1,
        "observation_photos": 2,
        "license": "cc-by-nc",
    }
    licences = pq.read_table(out / "photos.parquet", columns=["photo_id", "license"]).to_pylist()
    assert licences[0] == {"photo_id": 20, "license": None}
    assert manifest == json.loads((out / "manifest.json").read_text())


def test_the_manifest_of_a_small_world(lake: Lake, world: World, tmp_path: Path) -> None:
    world.observe(3, SPECIES, SISTER, created_at=day(1))
    world.observe(1, SPECIES, SPECIES, created_at=day(15))
    load(lake, world)
    out = tmp_path / "out"
    manifest = snapshot(lake, request(), out)
    rows = {
        "train_data.csv": 6,
        "val_data.csv": 2,
        "test_data.csv": 3,
        "photos.parquet": 11,
        "taxonomy.csv": 3,
        "iconic_taxa.csv": 2,
        "spatial_data.csv": 2,
    }
    files = {
        name: {"bytes": (out / name).stat().st_size, "rows": number, "sha256": digest(out / name)}
        for name, number in rows.items()
    }
    del manifest["distribution"]
    assert manifest == {
        "format": 1,
        "code_version": 5,
        "criteria": {
            "name": "inat-2022",
            "confirmed_by": "community_taxon",
            "min_observations": 0,
            "min_confirmed": 0,
            "train_min": 2,
            "train_max": 4,
            "val_min": 1,
            "val_max": 2,
            "test_min": 1,
            "test_max": 2,
            "train_photos_per_observation": 3,
            "clades": [],
            "leaves": [],
            "hybrids": False,
            "set_aside_by": "fewest_photos",
        },
        "cutoff": "2026-01-20T00:00:00Z",
        "window_start": "2026-01-06T00:00:00Z",
        "settle_days": 14,
        "seed": SEED,
        "commitment": "f8e8d3c1fc8e1eb0bffcd7026da362ade1d784b4c8a0f1f2ef9a815af4c57b8b",
        "lake": {
            "version": 1,
            "tables": {**dict.fromkeys(TABLES, 1), "identifications": 0, "common_names": 0},
        },
        "is_simulated": False,
        "settling": {
            "held_back_observations": 1,
            "accepted_removals": 0,
            "judged_by_observation_times": 12,
            "taxa_kept_below_line": [],
        },
        "counts": {
            "train": {"photos": 6, "observations": 6},
            "val": {"photos": 2, "observations": 2},
            "test": {"photos": 3, "observations": 3},
            "classes": [
                {"leaf_class_id": 0, "taxon_id": 300, "train": 2, "val": 1, "test": 1, "shared_elsewhere": 3},
                {"leaf_class_id": 1, "taxon_id": 301, "train": 4, "val": 1, "test": 2, "shared_elsewhere": 0},
            ],
        },
        "files": files,
    }


def test_taxa_kept_below_the_line_by_the_window_are_named(lake: Lake, world: World, tmp_path: Path) -> None:
    for row in world.observations[:4]:
        row["created_at"] = day(15)
    load(lake, world)
    manifest = snapshot(lake, request(), tmp_path / "out")
    assert manifest["settling"]["taxa_kept_below_line"] == [SPECIES]
    assert [row["taxon_id"] for row in manifest["counts"]["classes"]] == [SISTER]


def test_a_root_that_is_a_class_is_listed(lake: Lake, tmp_path: Path) -> None:
    world = World()
    world.taxon(LIFE, None, "stateofmatter", name="Life")
    world.observe(4, LIFE, LIFE, created_at=day(1), updated_at=day(20))
    load(lake, world)
    snapshot(lake, request(), tmp_path / "out")
    assert (tmp_path / "out" / "taxonomy.csv").read_text().splitlines()[1:] == [
        ",48460,100,0,0,,Life,0,stateofmatter"
    ]


def test_what_a_record_does_not_tell_of_its_iconic_group_its_ancestors_do(lake: Lake, tmp_path: Path) -> None:
    world = World()
    world.taxon(LIFE, None, "stateofmatter", name="Life")
    world.taxon(47170, LIFE, "kingdom", name="Fungi")
    world.taxon(SPECIES, 47170, "species", name="Amanita muscaria")
    world.observe(4, SPECIES, SPECIES, created_at=day(1), updated_at=day(20))
    load(lake, world)
    snapshot(lake, request(), tmp_path / "out")
    assert (tmp_path / "out" / "taxonomy.csv").read_text().splitlines()[1:] == [
        ",47170,70,,,,Fungi,47170,kingdom",
        "47170,300,10,0,0,,Amanita muscaria,47170,species",
    ]
    assert (tmp_path / "out" / "iconic_taxa.csv").read_text().splitlines()[1:] == ["47170,0,Fungi"]


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small simulated world: observations, and the lake that holds them."""
    folder = tmp_path_factory.mktemp("world")
    simulate(folder / "world", seed=1, observations=1_000, end=date(2026, 1, 31))
    ingest(Lake(folder / "lake"), [folder / "world" / "observations"])
    return folder


def test_the_same_version_gives_the_same_bytes_after_more_was_loaded(
    simulated: Path, tmp_path: Path, world: World
) -> None:
    lake = Lake(simulated / "lake")
    version = lake.require_latest()
    first = snapshot(lake, request(), tmp_path / "first")
    assert first["is_simulated"] is True
    load(lake, world)
    assert lake.require_latest().number == version.number + 1
    snapshot(lake, request(), tmp_path / "again", version=version, threads=1, memory_limit="200MB")
    assert contents(tmp_path / "again") == contents(tmp_path / "first")
    snapshot(lake, request(), tmp_path / "newer")
    assert contents(tmp_path / "newer") != contents(tmp_path / "first")


def test_a_previous_snapshot_is_compared_with(lake: Lake, world: World, tmp_path: Path) -> None:
    load(lake, world)
    snapshot(lake, request(), tmp_path / "first")
    changed = request(criteria=replace(SMALL, clades=(SISTER,)))
    manifest = snapshot(lake, changed, tmp_path / "second", previous=tmp_path / "first")
    assert manifest["distribution"]["changes"]["lost"] == [{"taxon_id": SPECIES, "status": "dropped"}]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seed": "too short"}, "the seed has 9 bytes; give a random text of at least 16"),
        (
            {"cutoff": day(20) + timedelta(seconds=1)},
            "the cutoff 2026-01-20T00:00:01Z is in the future of the data, whose newest record is of"
            " 2026-01-20T00:00:00Z; load newer data, or give an earlier cutoff",
        ),
        (
            {"criteria": INAT_2022},
            "no taxon passes inat-2022 at 2026-01-20T00:00:00Z; load more data, or ask for less",
        ),
    ],
)
def test_a_wrong_request_leaves_nothing(
    lake: Lake, world: World, tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    load(lake, world)
    with pytest.raises(DataError) as caught:
        snapshot(lake, request(**changes), tmp_path / "out")
    assert str(caught.value) == message
    assert {path.name for path in tmp_path.iterdir()} == {"lake"}


def test_where_photos_lack_their_address_that_is_why_no_taxon_passes(
    lake: Lake, world: World, tmp_path: Path
) -> None:
    for photo in world.photos:
        photo["host"] = None
    load(lake, world)
    with pytest.raises(DataError, match="left out: 12 photos without a known address"):
        snapshot(lake, request(), tmp_path / "out")


def test_each_step_is_told_as_it_begins(lake: Lake, world: World, tmp_path: Path) -> None:
    load(lake, world)
    recorded: list[str] = []
    snapshot(lake, request(), tmp_path / "out", progress=recorded.append)
    assert recorded == list(module.STEPS)


def test_a_dump_ends_with_its_last_day(lake: Lake, world: World, tmp_path: Path) -> None:
    for row in world.observations:
        row |= {"created_at": None, "updated_at": None, "observed_on": date(2026, 1, 4)}
    load(lake, world)
    with pytest.raises(DataError, match="newest record is of 2026-01-05T00:00:00Z"):
        snapshot(lake, request(settle_days=0), tmp_path / "out")
    snapshot(lake, request(settle_days=0, cutoff=day(5)), tmp_path / "out")


def test_an_empty_lake_is_refused(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the lake is empty; load data with"):
        snapshot(lake, request(), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_stays_as_it_is(lake: Lake, world: World, tmp_path: Path) -> None:
    load(lake, world)
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(DataError, match="out: is there already; give a new folder with --out"):
        snapshot(lake, request(), out)
    assert list(out.iterdir()) == []
    with pytest.raises(DataError, match="no such folder; make it, or give another with --out"):
        snapshot(lake, request(), tmp_path / "nowhere" / "out")


#: Arguments: the lake, the folder to write, what to do first.
_CHILD = """
import os, resource, signal, sys
from pathlib import Path
from exporter import snapshot as module
from exporter.lake import Lake
from tests.exporter.test_snapshot import request

def killed(*arguments):
    os.kill(os.getpid(), signal.SIGKILL)

lake, out, first = sys.argv[1:]
if first == "full disk":
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
elif first:
    setattr(module, first, killed)
try:
    module.snapshot(Lake(lake), request(), Path(out))
except OSError as error:
    sys.exit(error.strerror)
"""


def in_another_process(lake: Path, out: Path, first: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _CHILD, str(lake), str(out), first]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("stage", ["settle", "write_spatial", "write_manifest"])
def test_killed_at_any_stage_it_leaves_no_snapshot_and_the_next_run_completes(
    simulated: Path, tmp_path: Path, stage: str
) -> None:
    out = tmp_path / "out"
    ended = in_another_process(simulated / "lake", out, stage)
    assert ended.returncode == -signal.SIGKILL
    [leftover] = tmp_path.iterdir()
    assert leftover.name.startswith(".out.")
    an_hour_ago = time.time() - 3600
    os.utime(leftover, (an_hour_ago, an_hour_ago))
    snapshot(Lake(simulated / "lake"), request(), out)
    assert (out / "manifest.json").exists()
    assert not leftover.exists()


def test_a_full_disk_is_one_line_and_leaves_nothing(simulated: Path, tmp_path: Path) -> None:
    """No file may grow beyond 4 KiB, which is what a full disk looks like."""
    ended = in_another_process(simulated / "lake", tmp_path / "out", "full disk")
    assert ended.returncode == 1
    assert "File too large" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_leftovers_of_killed_runs_go_when_nobody_holds_them(lake: Lake, world: World, tmp_path: Path) -> None:
    load(lake, world)
    left, begun, under_way = tmp_path / ".out.left", tmp_path / ".out.begun", tmp_path / ".out.under_way"
    for folder in (left, begun, under_way):
        folder.mkdir()
    for folder in (left, under_way):
        os.utime(folder, (0, 0))
    with held(under_way):
        snapshot(lake, request(), tmp_path / "out")
    assert {path.name for path in tmp_path.iterdir()} == {"lake", "out", begun.name, under_way.name}


def test_a_folder_made_meanwhile_is_not_overwritten(
    lake: Lake, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(lake, world)
    out = tmp_path / "out"
    write = module.write_manifest

    def meanwhile(*arguments: Any) -> Any:
        out.mkdir()
        (out / "another").touch()
        return write(*arguments)

    monkeypatch.setattr(module, "write_manifest", meanwhile)
    with pytest.raises(OSError, match="not empty"):
        snapshot(lake, request(), out)
    assert {path.name for path in tmp_path.iterdir()} == {"lake", "out"}
    assert [path.name for path in out.iterdir()] == ["another"]
