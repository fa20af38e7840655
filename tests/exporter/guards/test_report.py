"""The whole report: its shape, quiet on a quiet world, and naming what was pushed."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from exporter import guards
from exporter.criteria import INAT_2022
from exporter.errors import DataError
from exporter.ingest import ingest
from exporter.lake import Lake
from exporter.messages import english
from exporter.simulation import simulate
from exporter.simulation.records import FIRST_ID
from exporter.snapshot import Request, snapshot
from tests.exporter.simulation.conftest import END
from tests.exporter.world import World, day

PUSHED = 8
CUTOFF = datetime.fromisoformat(f"{END.isoformat()}T00:00:00Z") - timedelta(hours=3)


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same simulated world without and with a push, ingested, with a snapshot from 35 days before."""
    folder = tmp_path_factory.mktemp("guards")
    for name, push in (("quiet", 0), ("pushed", PUSHED)):
        simulate(folder / name / "world", seed=2, observations=8_000, end=END, push=push)
        lake = Lake(folder / name / "lake")
        ingest(lake, [folder / name / "world" / "observations"])
        request = Request(INAT_2022, CUTOFF - timedelta(days=35), "sixteen bytes or more")
        snapshot(lake, request, folder / name / "previous")
    return {name: folder / name for name in ("quiet", "pushed")}


def judged(folder: Path) -> dict[str, Any]:
    with Lake(folder / "lake").connect() as con:
        return guards.report(con, INAT_2022, CUTOFF, 14, previous=folder / "previous")


def test_a_quiet_world_stays_quiet(worlds: dict[str, Path]) -> None:
    report = judged(worlds["quiet"])
    assert report["fired"] == []
    assert report["influx"] == []
    assert report["not_judged"].keys() <= {"settle"}


def test_a_push_is_found_and_its_taxa_named(worlds: dict[str, Path]) -> None:
    report = judged(worlds["pushed"])
    path = worlds["pushed"] / "world" / "truth" / "push.parquet"
    pushed = set(pq.read_table(path)["taxon_id"].to_pylist())
    assert "bunching" in report["fired"]
    assert pushed <= set(report["bunching"]["taxa"])
    assert "influx" in report["fired"]
    influx = {row["taxon_id"]: row for row in report["influx"]}
    assert influx.keys() <= pushed
    assert all(row["accounts"] <= 10 and row["crossed_line"] for row in influx.values())


def test_what_was_pushed_in_the_settling_window_is_kept_below_the_line(worlds: dict[str, Path]) -> None:
    quiet, pushed = (judged(worlds[name]) for name in ("quiet", "pushed"))
    held = set(pushed["settle"]["taxa_kept_below_line"]) - set(quiet["settle"]["taxa_kept_below_line"])
    assert len(held) == PUSHED
    assert pushed["settle"]["held_back_observations"] > quiet["settle"]["held_back_observations"]


def test_the_report_has_the_contracts_shape(worlds: dict[str, Path]) -> None:
    report = json.loads(json.dumps(judged(worlds["pushed"])))
    assert (report["cutoff"], report["criteria"]) == ("2026-11-19T21:00:00Z", "inat-2022")
    assert (report["settle_days"], report["window_days"]) == (14, 14)
    parts = ("settle", "influx", "bunching", "drift")
    assert list(report["words"]) == list(parts)
    assert all(
        "without a push" in words or "no sign of a push" in words for words in report["words"].values()
    )
    for part in parts:
        said = report["messages"][part]
        assert english(said["words"]) == report["words"][part]
        assert english(said["missing"]) == report["not_judged"].get(part, "")
    of_contract = {
        "settle": {"held_back_observations", "accepted_removals", "taxa_kept_below_line"},
        "bunching": {"window", "excess_just_above", "p_value", "taxa"},
        "drift": {"baseline", "ks", "p_value", "classes_added", "classes_lost"},
    }
    assert all(keys <= report[part].keys() for part, keys in of_contract.items())
    keys = {"taxon_id", "identifications", "expected", "accounts", "q_value"}
    assert all(keys <= row.keys() for row in report["influx"])


def test_the_report_names_nobody(worlds: dict[str, Path]) -> None:
    """Ids of simulated people and observations are far above those of taxa."""

    def numbers(value: Any) -> list[float]:
        if isinstance(value, dict):
            return [n for inner in value.values() for n in numbers(inner)]
        if isinstance(value, list):
            return [n for inner in value for n in numbers(inner)]
        return [value] if isinstance(value, int | float) else []

    assert max(numbers(judged(worlds["pushed"]))) < FIRST_ID


def test_a_cutoff_after_the_data_is_refused(worlds: dict[str, Path]) -> None:
    with Lake(worlds["quiet"] / "lake").connect() as con, pytest.raises(DataError, match="in the future of"):
        guards.report(con, INAT_2022, CUTOFF + timedelta(days=1), 14)


@pytest.mark.parametrize(("settle_days", "window_days"), [(0, 14), (3, 7), (14, 14), (90, 28)])
def test_the_window_looked_at_is_the_settling_window_within_limits(
    settle_days: int, window_days: int
) -> None:
    world = World()
    world.taxon(1, None, "species")
    world.observe(3, 1, created_at=day(1), updated_at=day(120))
    with world.connect() as con:
        assert guards.report(con, INAT_2022, day(110), settle_days)["window_days"] == window_days


def test_a_lake_without_identifications_says_what_it_cannot_tell() -> None:
    world = World()
    world.taxon(1, None, "species")
    world.observe(60, 1, source="dump", quality_grade="research", created_at=day(1), updated_at=day(120))
    with world.connect() as con:
        report = guards.report(con, INAT_2022, day(110), 14)
    assert report["fired"] == []
    assert report["not_judged"] == {
        "settle": "60 observations have no identifications in the lake: they are taken to have had their"
        " labels since they were made",
        "influx": "no identification that confirms another's",
        "drift": "no previous snapshot was given",
    }
