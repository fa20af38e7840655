"""The selection on Spark: the same bytes as on DuckDB; one line where Spark cannot run."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from functools import partial
from itertools import count
from pathlib import Path
from threading import Timer

import pytest
import sqlglot

from exporter import spark, spark_engine
from exporter.__main__ import main
from exporter.criteria import INAT_2022, Criteria
from exporter.engine import Rows
from exporter.ingest import ingest
from exporter.lake import Lake, LakeVersion
from exporter.lineages import Name, provisional_id
from exporter.manifest import digest
from exporter.simulation import simulate
from exporter.snapshot import Request, snapshot
from exporter.spark_engine import SparkEngine
from tests.exporter.exporting import SEED
from tests.exporter.spark_cluster import Cluster, cluster
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

#: An executor finds this machine's driver whatever the machine is called.
SETTINGS = {"spark.ui.enabled": "false", "spark.driver.host": "127.0.0.1"}
MEMORY = {"spark.executor.memory": "512m"}
#: By itself so small a lake would be one partition, and nothing would be shuffled.
PARTITIONS = "spark.sql.shuffle.partitions"
SHUFFLED = {**SETTINGS, PARTITIONS: "2"}

#: How many executors are killed; `make test-executors` kills twenty.
KILLS = int(os.environ.get("LEAFLINE_EXECUTOR_KILLS", "2"))
KILLS_A_SNAPSHOT = 2
#: Statements of a snapshot, roughly: an executor is killed at two of them.
STATEMENTS = 60

needs_java = pytest.mark.skipif(
    shutil.which("java") is None, reason="Spark needs Java 17; there is none here"
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("spark") / "cluster") as result:
        yield result


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    folder = tmp_path_factory.mktemp("simulated")
    world = simulate(folder / "world", seed=1, observations=1_500, end=date(2026, 1, 31))
    result = Lake(folder / "lake")
    ingest(result, [world.folder / "observations"])
    return result


@needs_java
def test_executors_that_die_change_no_byte(simulated: Lake, running: Cluster, tmp_path: Path) -> None:
    """On a cluster of two workers, of which one loses its executor at random moments."""
    manifest = snapshot(simulated, REQUEST, tmp_path / "duckdb")
    assert min(manifest["counts"][name]["photos"] for name in ("train", "val", "test")) > 50
    assert manifest["settling"]["held_back_observations"] > 0
    assert manifest["settling"]["judged_by_observation_times"] > 0
    rng = random.Random(20261130)
    for number in range(-(-KILLS // KILLS_A_SNAPSHOT)):
        out = tmp_path / f"spark-{number}"
        moments = {rng.randrange(STATEMENTS): rng.random() for _ in range(KILLS_A_SNAPSHOT)}
        # By turns on two executors, between which rows are shuffled, and as so small a lake is by itself.
        settings = SHUFFLED if number % 2 == 0 else SETTINGS
        snapshot(simulated, REQUEST, out, connect=partial(killing, running, moments, settings))
        assert not moments
        assert digests(out) == digests(tmp_path / "duckdb")


@needs_java
def test_a_driver_that_is_killed_leaves_nothing(simulated: Lake, running: Cluster, tmp_path: Path) -> None:
    """Neither a snapshot, nor anything in the lake, nor executors.

    The next run removes the hidden folder, and makes the same bytes; it keeps Java's classes for later ones.
    """
    before = files(simulated.local)
    (tmp_path / "criteria.toml").write_text(toml(CRITERIA))
    out = tmp_path / "out"
    with subprocess.Popen(
        [*command(simulated, running, tmp_path / "criteria.toml"), "--out", str(out)]
    ) as driver:
        wait_until(lambda: sum(running.executors().values()) > 100 or driver.poll() is not None)
        assert [path.name.startswith(".out.") for path in hidden(tmp_path)] == [True]
        driver.kill()
    assert driver.returncode == -signal.SIGKILL
    wait_until(lambda: not running.executors())
    assert not out.exists()
    assert files(simulated.local) == before
    [left] = hidden(tmp_path)
    os.utime(left, (0, 0))  # what is not held any more is a leftover after a minute
    again = [*command(simulated, running, tmp_path / "criteria.toml"), "--out", str(out)]
    subprocess.run([*again, "--spark-classes", str(tmp_path / "classes")], check=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["classes", "criteria.toml", "out"]
    assert [path.suffix for path in (tmp_path / "classes").iterdir()] == [".jsa"]
    snapshot(simulated, REQUEST, tmp_path / "duckdb")
    assert digests(out) == digests(tmp_path / "duckdb")


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
    on_spark = partial(spark.connect, master="local[2]", settings=SHUFFLED)
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


@pytest.mark.parametrize(
    ("query", "tables", "columns"),
    [
        (
            "SELECT taxon_id, name FROM taxa WHERE rank = 'genus'",
            {"taxa"},
            {"taxon_id", "name", "rank", "taxa"},
        ),
        ("SELECT o.id FROM seen AS o LEFT JOIN taxa AS t USING (key)", {"seen", "taxa"}, {"id", "key"}),
        (
            "SELECT * FROM (SELECT a.id FROM taxa AS a) AS s SEMI JOIN seen USING (id)",
            {"seen", "taxa"},
            {"id"},
        ),
        ("SELECT count(*) AS number FROM taxa WHERE is_active", {"taxa"}, {"number", "is_active"}),
        ("SELECT t.* FROM seen JOIN taxa AS t USING (id)", {"seen", "taxa"}, set()),
        ("FROM taxa", {"taxa"}, set()),
        ("WITH seen AS (SELECT id FROM taxa) SELECT * FROM seen", {"taxa"}, {"id"}),
        ("WITH taxa AS (SELECT id FROM seen) SELECT id FROM taxa", {"seen"}, {"id"}),
    ],
)
def test_executors_get_the_columns_that_a_statement_may_name(
    query: str, tables: set[str], columns: set[str]
) -> None:
    """Names of other things may be among them; none at all stands for every column."""
    statement = sqlglot.parse_one(query, read="duckdb")
    assert spark_engine._tables(statement) == tables
    result = spark_engine._columns(statement, "taxa")
    assert result >= columns
    assert bool(result) == bool(columns)


@pytest.mark.parametrize(("given", "partitions", "cores"), [({}, "1", "1"), ({PARTITIONS: "2"}, "2", None)])
def test_a_small_lake_is_one_partition_on_one_core(
    lake: Lake, given: dict[str, str], partitions: str, cores: str | None
) -> None:
    """Unless somebody asks for more; then nothing is set that counts on one."""
    load(lake, four_observations())
    with lake.connect() as driver:
        settings = spark._settings(driver, given)
    assert (settings[PARTITIONS], settings.get("spark.cores.max")) == (partitions, cores)


class Thrown:
    """An exception of Java."""

    def __init__(self, message: str | None, cause: "Thrown | None" = None) -> None:
        self.message, self.cause = message, cause
        self.java_exception = self

    def getMessage(self) -> str | None:  # noqa: N802 (Java's name)
        return self.message

    def getCause(self) -> "Thrown | None":  # noqa: N802 (Java's name)
        return self.cause


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            Thrown("Exception thrown in awaitResult: ", Thrown("\n\n Lost executor 3 \n at x")),
            "Lost executor 3",
        ),
        (Thrown(None, Thrown("Exception thrown in awaitResult:", Thrown("No space left"))), "No space left"),
        (Thrown("Job aborted", Thrown("No space left")), "Job aborted"),
        (Thrown("Exception thrown in awaitResult: "), "Exception thrown in awaitResult:"),
        (ValueError("one\ntwo"), "one"),
        (ValueError(), "ValueError"),
    ],
)
def test_the_line_about_an_error_names_its_cause(error: Exception, line: str) -> None:
    assert spark._first_line(error) == line


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


@contextmanager
def killing(
    running: Cluster, moments: dict[int, float], settings: dict[str, str], lake: Lake, version: LakeVersion
) -> Iterator[SparkEngine]:
    """An engine on a cluster that loses executors; the moments at which it has lost one are removed.

    moments: the seconds that pass between a statement, by its number, and the death of an executor.
    """
    with spark.connect(lake, version, master=running.url, settings=settings | MEMORY) as engine:
        execute, numbers = engine.execute, count()

        def counting(query: str, parameters: object = None) -> Rows:
            if (delay := moments.pop(next(numbers), None)) is not None:
                Timer(delay, running.kill_busiest).start()
            return execute(query, parameters)

        engine.execute = counting  # type: ignore[method-assign]
        yield engine


def command(lake: Lake, running: Cluster, criteria: Path) -> list[str]:
    """The snapshot REQUEST as a command, but for its folder."""
    request = ["--cutoff", REQUEST.cutoff.isoformat(), "--seed", REQUEST.seed, "--criteria", str(criteria)]
    settings = [word for pair in (SETTINGS | MEMORY).items() for word in ("--spark-conf", "=".join(pair))]
    engine = ["--engine", "spark", "--spark-master", running.url, *settings]
    return [sys.executable, "-m", "exporter", "snapshot", "--lake", str(lake.local), *request, *engine]


def toml(criteria: Criteria) -> str:
    fields = {name: value for name, value in asdict(criteria).items() if value is not None}
    return "\n".join(f"{name} = {json.dumps(value)}" for name, value in fields.items())


def files(folder: Path) -> dict[Path, str]:
    return {path: digest(path) for path in folder.rglob("*") if path.is_file()}


def hidden(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.name.startswith(".")]


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def digests(folder: Path) -> dict[str, str]:
    return {path.name: digest(path) for path in folder.iterdir()}


def run(lake: Lake, out: Path, *arguments: str) -> int:
    request = ["--cutoff", "2026-01-20T00:00:00Z", "--seed", SEED, "--out", str(out)]
    return main(["snapshot", "--lake", str(lake.root), *request, "--engine", "spark", *arguments])


def four_observations() -> World:
    world = World()
    world.taxon(300, None, "species")
    world.observe(4, 300, 300, created_at=day(1), updated_at=day(20))
    return world
