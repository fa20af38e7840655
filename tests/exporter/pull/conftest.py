"""A stand-in for iNaturalist whose clock stands still, and what lakes hold."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from exporter.lake import Lake
from exporter.pull import limiter
from exporter.pull.client import Client
from exporter.pull.limiter import Limiter
from exporter.pull.puller import Puller
from exporter.schema import TABLES
from tests.exporter.pull.kill import BATCH_RECORDS, UNLIMITED
from tests.standin.__main__ import simulated
from tests.standin.server import StandIn
from tests.standin.world import World

#: 2026-11-23 12:00 UTC, after everything in the simulated world.
NOW = 1_795_435_200.0


@pytest.fixture(scope="session")
def records() -> list[dict]:
    """The observations of a small simulated world."""
    return simulated(60, end=date(2026, 11, 22))


@pytest.fixture
def standin(records: list[dict]) -> Iterator[StandIn]:
    """A stand-in that serves them, without a limit that matters."""
    with StandIn(World(records), requests=100_000, clock=lambda: NOW, wait_s=0, hang_s=0.4) as serving:
        yield serving


@pytest.fixture
def _unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real budget without the second between two requests."""
    monkeypatch.setitem(limiter.LIMITS, "requests", limiter.LIMITS["requests"][1:])


def contents(lake: Lake) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of a lake, by table, without what says which empty columns are known to be empty."""
    hidden = ("known_empty", "lists_photos", "lists_identifications")
    columns = {name: [each for each in table.names if each not in hidden] for name, table in TABLES.items()}
    with lake.connect() as con:
        return {
            name: con.sql(
                f"SELECT {', '.join(columns[name])} FROM {name} ORDER BY {', '.join(table.key)}"
            ).fetchall()
            for name, table in TABLES.items()
        }


@pytest.fixture
def make_puller(standin: StandIn, tmp_path: Path) -> Callable[..., Puller]:
    """Makes pullers from the stand-in into ``tmp_path / name``, in small batches."""

    def make(name: str = "lake", **options: Any) -> Puller:
        budget = Limiter(tmp_path / "budget", limits=UNLIMITED)
        client = Client(budget, **{"url": standin.url, "backoff_s": 0.001, "timeout_s": 0.2} | options)
        return Puller(Lake(tmp_path / name), client, batch_records=BATCH_RECORDS)

    return make
