"""A generated lake for measurements: the schema's tables as Parquet files, long-tailed, the same every time.

It resembles iNaturalist in size and shape only: no name, place or date in it means anything. Columns that
readiness and the community taxon do not read are null.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from exporter.schema import TABLES
from exporter.sql_paths import read_paths, written_path

SEED = 20220401
BATCH = 1_000_000
#: Marks a lake as whole. Its number grows with what a lake holds, so that older ones are made again.
WHOLE = "whole-2"

#: The tables of a generated lake; those that came to lakes later are empty.
GENERATED = ("taxa", "observations", "photos", "identifications")

#: Taxa of each rank, root first: 200,000 in all.
RANKS = (
    ("stateofmatter", 100.0, 1),
    ("kingdom", 70.0, 6),
    ("phylum", 60.0, 40),
    ("class", 50.0, 160),
    ("order", 40.0, 800),
    ("family", 30.0, 4_500),
    ("subfamily", 27.0, 5_500),
    ("genus", 20.0, 34_000),
    ("species", 10.0, 154_993),
)
#: Of all observations, those whose taxon is of the last three ranks.
SHARES = {"subfamily": 0.04, "genus": 0.16, "species": 0.80}
#: Photos of an observation: 1, 2, ... 6. Their mean is 1.5.
PHOTO_SHARES = (0.72, 0.16, 0.07, 0.03, 0.01, 0.01)


class Taxa:
    """The generated tree: per taxon its parent, rank and ancestry. Ids are 1, 2, ... from the root down.

    Each rank but the root's has ``times`` as many taxa as in RANKS.
    """

    def __init__(self, rng: np.random.Generator, times: int = 1) -> None:
        counts = [1, *(count * times for _, _, count in RANKS[1:])]
        self._counts = counts
        last = np.cumsum(counts)
        parents = [np.zeros(1, dtype=np.int64)]
        for level, count in enumerate(counts[1:], start=1):
            skewed = rng.random(count) ** 2 * counts[level - 1]
            parents.append(last[level - 1] - counts[level - 1] + 1 + skewed.astype(np.int64))
        self.parent = np.concatenate([np.zeros(1, dtype=np.int64), *parents])
        self.ids_of_rank = {
            rank: np.arange(end - count + 1, end + 1)
            for (rank, *_), count, end in zip(RANKS, counts, last, strict=True)
        }
        self.count = int(last[-1])

    def table(self) -> pa.Table:
        """The taxa with their ancestries."""
        lines = ["", ""]
        for parent in self.parent[2:].tolist():
            lines.append(f"{lines[parent]}/{parent}" if lines[parent] else str(parent))
        ranks, levels = (
            [row[column] for row, count in zip(RANKS, self._counts, strict=True) for _ in range(count)]
            for column in (0, 1)
        )
        return _filled(
            "taxa",
            taxon_id=np.arange(1, self.count + 1),
            ancestry=lines[1:],
            name=[f"Taxon {number}" for number in range(1, self.count + 1)],
            rank=ranks,
            rank_level=levels,
            is_active=np.ones(self.count, dtype=bool),
        )


def generate(folder: Path, observations: int) -> Path:
    """Write (once) a lake of that many observations under ``folder``; returns where its files lie."""
    target = folder / f"generated_{observations}"
    if (target / WHOLE).exists():
        return target
    target.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(SEED)
    taxa = Taxa(rng)
    pq.write_table(taxa.table(), target / "taxa.parquet")
    writers = {
        name: pq.ParquetWriter(target / f"{name}.parquet", TABLES[name].arrow, compression="zstd")
        for name in GENERATED[1:]
    }
    for batch in _batches(rng, taxa, observations):
        for name, table in batch.items():
            writers[name].write_table(table)
    for writer in writers.values():
        writer.close()
    (target / WHOLE).touch()
    return target


def connect(target: Path, memory_limit: str, threads: int) -> duckdb.DuckDBPyConnection:
    """A connection with the generated lake's tables as views, as `exporter.lake` gives them."""
    con = duckdb.connect(config={"memory_limit": memory_limit, "threads": threads})
    con.execute("SET TimeZone = 'UTC'")
    con.execute(f"SET temp_directory = {written_path(target / 'spill')}")
    for name in GENERATED:
        con.execute(f"CREATE VIEW {name} AS FROM read_parquet({read_paths([target / f'{name}.parquet'])})")
    for name in TABLES.keys() - set(GENERATED):
        con.register(name, TABLES[name].arrow.empty_table())
    return con


def _batches(rng: np.random.Generator, taxa: Taxa, observations: int) -> Iterator[dict[str, pa.Table]]:
    weights = {rank: long_tail(rng, len(taxa.ids_of_rank[rank])) for rank in SHARES}
    for start in range(0, observations, BATCH):
        ids = np.arange(start + 1, min(start + BATCH, observations) + 1)
        shown = draw_taxa(rng, taxa, weights, len(ids))
        yield {
            "observations": _observations(rng, taxa, ids, shown),
            "photos": _photos(rng, ids),
            "identifications": _identifications(rng, taxa, ids, shown),
        }


def long_tail(rng: np.random.Generator, count: int) -> np.ndarray:
    """Return how much of all the first, the first two, ... of so many taxa have, the last entry being 1."""
    weights = rng.lognormal(sigma=2.2, size=count)
    return np.cumsum(weights / weights.sum())


def draw_taxa(rng: np.random.Generator, taxa: Taxa, weights: dict[str, np.ndarray], count: int) -> np.ndarray:
    """Return the taxa of so many observations; ``weights``: `long_tail` for each rank of SHARES."""
    shown = np.empty(count, dtype=np.int64)
    of_rank = rng.choice(len(SHARES), p=list(SHARES.values()), size=count)
    for number, rank in enumerate(SHARES):
        rows = np.flatnonzero(of_rank == number)
        drawn = np.searchsorted(weights[rank], rng.random(len(rows)))
        shown[rows] = taxa.ids_of_rank[rank][np.minimum(drawn, len(weights[rank]) - 1)]
    return shown


def _observations(rng: np.random.Generator, taxa: Taxa, ids: np.ndarray, shown: np.ndarray) -> pa.Table:
    """Six in ten have a community taxon equal to the shown one, one in ten its parent, the others none."""
    lot = rng.random(len(ids))
    community = np.where(lot < 0.6, shown, taxa.parent[shown])
    return _filled(
        "observations",
        observation_id=ids,
        taxon_id=shown,
        community_taxon_id=pa.array(community, mask=lot >= 0.7),
        quality_grade=np.where(lot < 0.55, "research", np.where(lot < 0.9, "needs_id", "casual")),
        is_flagged=rng.random(len(ids)) < 0.002,
        fails_quality_metric=rng.random(len(ids)) < 0.01,
        observed_on=_times(ids).cast(pa.timestamp("s", tz="UTC")).cast(pa.date32()),
        latitude=rng.uniform(-60, 70, len(ids)),
        longitude=rng.uniform(-180, 180, len(ids)),
        positional_accuracy=rng.integers(1, 60_000, len(ids)).astype(float),
        created_at=_times(ids),
        source=np.full(len(ids), "api"),
    )


def _photos(rng: np.random.Generator, ids: np.ndarray) -> pa.Table:
    counts = 1 + rng.choice(len(PHOTO_SHARES), p=PHOTO_SHARES, size=len(ids))
    owners = np.repeat(ids, counts)
    photo_ids = owners * 10 + np.arange(len(owners)) % 10
    return _filled(
        "photos",
        observation_id=owners,
        photo_id=photo_ids,
        host=np.where(photo_ids % 3 == 0, "static", "open-data"),
        extension=np.where(photo_ids % 4 == 0, "jpeg", "jpg"),
        is_flagged=rng.random(len(owners)) < 0.002,
        is_hidden=np.zeros(len(owners), dtype=bool),
    )


def _identifications(rng: np.random.Generator, taxa: Taxa, ids: np.ndarray, shown: np.ndarray) -> pa.Table:
    """Two to an observation on average: half the first ones name the parent, some others disagree."""
    counts = rng.choice([1, 2, 3, 4], p=[0.35, 0.4, 0.15, 0.1], size=len(ids))
    owner = np.repeat(np.arange(len(ids)), counts)
    number = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    taxon = shown[owner]
    lot = rng.random(len(owner))
    is_first = number == 0
    coarse = is_first & (lot < 0.5)
    disagrees = ~is_first & (lot < 0.03)
    taxon = np.where(coarse | disagrees, taxa.parent[taxon], taxon)
    astray = ~is_first & (lot > 0.97)
    taxon = np.where(astray, rng.permutation(taxon), taxon)
    return _filled(
        "identifications",
        observation_id=ids[owner],
        identification_id=ids[owner] * 10 + number,
        user_id=rng.integers(1, 1_000_000, len(owner)) * 10 + number,
        taxon_id=taxon,
        created_at=_times(ids[owner]),
        is_current=rng.random(len(owner)) < 0.95,
        is_own_observation=is_first,
        is_disagreement=pa.array(disagrees, mask=is_first & (lot > 0.5)),
        previous_observation_taxon_id=shown[owner],
    )


def _times(ids: np.ndarray) -> pa.Array:
    first = int(datetime(2020, 1, 1, tzinfo=UTC).timestamp())
    return pa.array((first + ids) * 1_000_000, pa.timestamp("us", tz="UTC"))


def _filled(table: str, **columns: object) -> pa.Table:
    """The columns in the schema's order and types; the others null."""
    schema = TABLES[table].arrow
    length = len(next(iter(columns.values())))
    return pa.table(
        [
            pa.array(columns[field.name], field.type)
            if field.name in columns
            else pa.nulls(length, field.type)
            for field in schema
        ],
        schema=schema,
    )
