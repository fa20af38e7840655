"""A push: what a few accounts add in the last days, and that nothing else changes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from exporter.criteria import INAT_2022
from exporter.errors import DataError
from exporter.ingest import ingest
from exporter.lake import Lake
from exporter.readiness import readiness
from exporter.simulation import simulate
from exporter.simulation.push import ACCOUNTS, DAYS
from tests.exporter.simulation.conftest import END, read_observations

SIZE = {"seed": 1, "observations": 6_000, "end": END}


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same world without and with a push."""
    folder = tmp_path_factory.mktemp("push")
    for name, push in (("quiet", 0), ("pushed", 3)):
        simulate(folder / name, push=push, **SIZE)
    return {name: folder / name for name in ("quiet", "pushed")}


def identifications(folder: Path) -> dict[tuple[int, int, str], dict[str, Any]]:
    return {
        (one["id"], made["user"]["id"], made["created_at"]): made
        for one in read_observations(folder)
        for made in one["identifications"]
    }


def pushed_taxa(folder: Path) -> list[int]:
    return pq.read_table(folder / "truth" / "push.parquet")["taxon_id"].to_pylist()


def leaves(folder: Path, lake: Path) -> set[int]:
    ingest(Lake(lake), [folder / "observations"])
    with Lake(lake).connect() as con:
        rows = readiness(con, INAT_2022).to_pylist()
    return {row["taxon_id"] for row in rows if row["status"] == "leaf"}


def test_a_few_accounts_name_the_pushed_taxa_in_the_last_days(worlds: dict[str, Path]) -> None:
    quiet, pushed = (identifications(worlds[name]) for name in ("quiet", "pushed"))
    assert quiet.keys() <= pushed.keys()
    added = [pushed[key] for key in pushed.keys() - quiet.keys()]
    assert {made["taxon"]["id"] for made in added} == set(pushed_taxa(worlds["pushed"]))
    assert 0 < len({made["user"]["id"] for made in added}) <= ACCOUNTS
    end = datetime(END.year, END.month, END.day, tzinfo=UTC)
    made_at = [datetime.fromisoformat(made["created_at"]) for made in added]
    assert end - timedelta(days=DAYS) <= min(made_at) <= max(made_at) < end


def test_the_pushed_taxa_are_classes_only_by_the_push(worlds: dict[str, Path], tmp_path: Path) -> None:
    before = leaves(worlds["quiet"], tmp_path / "quiet")
    after = leaves(worlds["pushed"], tmp_path / "pushed")
    pushed = set(pushed_taxa(worlds["pushed"]))
    assert len(pushed) == 3
    assert not before & pushed
    assert pushed <= after


def test_the_pushed_taxa_are_written_into_the_truth_alone(worlds: dict[str, Path]) -> None:
    names = {
        name: sorted(str(path.relative_to(folder)) for path in folder.rglob("*.*"))
        for name, folder in worlds.items()
    }
    assert set(names["pushed"]) - set(names["quiet"]) == {"truth/push.parquet"}
    truths = [(folder / "truth" / "truth.parquet") for folder in worlds.values()]
    ids = [pq.read_table(path, columns=["observation_id", "true_taxon_id"]) for path in truths]
    assert ids[0] == ids[1]


def test_a_push_without_taxa_to_push_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Cannot push 2 taxa over the line: only 0 are near enough"):
        simulate(tmp_path / "world", seed=1, observations=50, end=END, push=2)
    assert not (tmp_path / "world").exists()
