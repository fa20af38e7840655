"""The selection on Spark: the same bytes as on DuckDB; one line where Spark cannot run."""

import shutil
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import pytest

from exporter import spark
from exporter.__main__ import main
from exporter.criteria import INAT_2022
from exporter.ingest import ingest
from exporter.lake import Lake
from exporter.lineages import Name, provisional_id
from exporter.manifest import digest
from exporter.simulation import simulate
from exporter.snapshot import Request, snapshot
from tests.exporter.exporting import SEED
from tests.exporter.test_selection import SMALL
from tests.exporter.test_snapshot import load
from tests.exporter.world import World, day

#: So that a world of 3,000 observations has classes of every filling.
CRITERIA = replace(INAT_2022, train_min=5, train_max=40, val_min=3, val_max=8, test_min=3, test_max=8)
REQUEST = Request(CRITERIA, datetime(2026, 1, 25, tzinfo=UTC), SEED)
#: As the rule of 2021 differs: same taxon, hybrids, all drawn.
DRAWN = replace(
    SMALL,
    confirmed_by="same_taxon",
    hybrids=True,
    set_aside_by="draw",
    min_observations=SMALL.set_aside + SMALL.train_min,
)

#: One task a stage, and no compilers: they take longer than the work.
SMALL_WORK = {
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.ui.enabled": "false",
}

needs_java = pytest.mark.skipif(
    shutil.which("java") is None, reason="Spark needs Java 17; there is none here"
)


@needs_java
def test_both_engines_write_the_same_bytes(lake: Lake, tmp_path: Path) -> None:
    world = simulate(tmp_path / "world", seed=1, observations=1_500, end=date(2026, 1, 31))
    ingest(lake, [world.folder / "observations"])
    on_spark = partial(spark.connect, master="local[2]", settings=SMALL_WORK)
    manifest = snapshot(lake, REQUEST, tmp_path / "spark", connect=on_spark)
    assert snapshot(lake, REQUEST, tmp_path / "duckdb") == manifest
    assert {path.name: digest(path) for path in (tmp_path / "spark").iterdir()} == {
        path.name: digest(path) for path in (tmp_path / "duckdb").iterdir()
    }
    assert min(manifest["counts"][name]["photos"] for name in ("train", "val", "test")) > 50
    assert manifest["settling"]["held_back_observations"] > 0
    assert manifest["settling"]["judged_by_observation_times"] > 0


@needs_java
def test_a_lake_without_identifications_on_both_engines(tmp_path: Path) -> None:
    """And with a photo of two observations, one known by its UUID alone, taxa that are known by names alone,
    a folder of an odd name, and what the rule of 2021 has of its own."""
    lake = Lake(tmp_path / "it's 100% [a]*{b,c}?" / "taxon_id=3")
    world = four_observations()
    lineage = '{"kingdom": "Plantae", "family": "Asteraceae"}'
    world.taxa[0] |= {"ancestry": None, "lineage": lineage, "name": "Aster"}
    named = provisional_id(Name("Plantae", "species", "Aster"))
    world.taxa.append({**world.taxa[0], "taxon_id": named})
    world.observe(1, named, 300, created_at=day(1), updated_at=day(20))
    for number in range(4):
        world.observe(
            1, 300, 300, photos=number + 1, created_at=day(1), updated_at=day(20), latitude=number / 7
        )
    world.photos[0]["photo_id"] = world.photos[-1]["photo_id"]
    for row in (*world.observations, *world.photos):
        if row["observation_id"] == 8:
            row["observation_id"] = -(2**59)
    load(lake, world)
    request = Request(DRAWN, datetime(2026, 1, 20, tzinfo=UTC), SEED)
    on_spark = partial(spark.connect, master="local[2]", settings=SMALL_WORK)
    assert snapshot(lake, request, tmp_path / "spark", connect=on_spark) == snapshot(
        lake, request, tmp_path / "duckdb"
    )


@needs_java
def test_where_spark_does_not_start(lake: Lake, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    load(lake, four_observations())
    assert run(lake, tmp_path / "out", "--spark-master", "nowhere") == 1
    line = capfd.readouterr().err.splitlines()[-1]
    assert line.startswith("exporter: Spark stopped: ")
    assert "nowhere" in line
    assert not (tmp_path / "out").exists()


def test_without_java(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    load(lake, four_observations())
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run(lake, tmp_path / "out") == 1
    assert capsys.readouterr().err == (
        "exporter: Spark needs Java 17, and there is no `java`: install one, or set JAVA_HOME\n"
    )
    assert not (tmp_path / "out").exists()


def test_without_pyspark(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "exporter.spark")
    monkeypatch.delattr("exporter.spark")
    monkeypatch.setitem(sys.modules, "pyspark.errors", None)
    assert run(lake, tmp_path / "out") == 1
    assert capsys.readouterr().err == (
        "exporter: --engine spark needs pyspark.errors: install it with"
        " `pip install -r requirements-spark.txt`\n"
    )


def run(lake: Lake, out: Path, *arguments: str) -> int:
    request = ["--cutoff", "2026-01-20T00:00:00Z", "--seed", SEED, "--out", str(out)]
    return main(["snapshot", "--lake", str(lake.root), *request, "--engine", "spark", *arguments])


def four_observations() -> World:
    world = World()
    world.taxon(300, None, "species")
    world.observe(4, 300, 300, created_at=day(1), updated_at=day(20))
    return world
