"""A small simulated world, written once."""

import gzip
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pytest

from exporter.simulation import WorldSummary, simulate

END = date(2026, 11, 20)


class SmallWorld(NamedTuple):
    folder: Path
    summary: WorldSummary
    observations: list[dict[str, Any]]


def read_observations(folder: Path) -> list[dict[str, Any]]:
    return [
        orjson.loads(line)
        for path in sorted((folder / "observations").glob("*.ndjson.gz"))
        for line in gzip.decompress(path.read_bytes()).splitlines()
    ]


@pytest.fixture(scope="session")
def small_world(tmp_path_factory: pytest.TempPathFactory) -> SmallWorld:
    folder = tmp_path_factory.mktemp("simulation") / "world"
    summary = simulate(folder, seed=7, observations=1_500, end=END)
    return SmallWorld(folder, summary, read_observations(folder))
