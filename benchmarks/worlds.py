"""Simulated worlds for measurements, made and loaded once under a folder."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from exporter.ingest import ingest
from exporter.lake import Lake
from exporter.simulation import simulate

END = date(2026, 11, 1)
OBSERVATIONS = 24_000


@dataclass(frozen=True)
class World:
    """One world: its lake, and what its observations truly show, which no method may read."""

    name: str
    seed: int
    difficulty: float
    observations: int
    lake: Lake
    truth: dict[int, int]


def world(folder: Path, seed: int, difficulty: float, observations: int = OBSERVATIONS) -> World:
    """The world of this seed, size and difficulty."""
    name = f"seed {seed}, difficulty {difficulty}"
    place = folder / f"world_{seed}_{difficulty}_{observations}"
    if not (place / "done").exists():
        source = place / "source"
        if not source.exists():
            place.mkdir(parents=True, exist_ok=True)
            simulate(source, seed=seed, observations=observations, end=END, difficulty=difficulty)
        ingest(Lake(place / "lake"), [source / "observations"], strict=True)
        (place / "done").touch()
    rows = pq.read_table(place / "source" / "truth" / "truth.parquet").to_pydict()
    truth = dict(zip(rows["observation_id"], rows["true_taxon_id"], strict=True))
    return World(name, seed, difficulty, observations, Lake(place / "lake"), truth)


def true_taxa(world: World, observation_ids: np.ndarray) -> np.ndarray:
    """The true taxa of observations."""
    return np.array([world.truth[number] for number in observation_ids.tolist()], dtype=np.int64)
