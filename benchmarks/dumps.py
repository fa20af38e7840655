"""A made-up dump in the form of iNaturalist's open data, of any size, for it is written as a stream.

It has the skew of the real one: 1.6 million taxa with long-tailed counts, and long-tailed numbers of
observations by observer and of photos by observation. Tables are tab-separated and gzipped, as iNaturalist
gives them. No name, place or date in them means anything.
"""

import gzip
import shutil
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from benchmarks.generate import BATCH, PHOTO_SHARES, SEED, SHARES, Taxa, draw_taxa, long_tail
from exporter.sql_paths import written_path

#: Times the taxa of `benchmarks.generate`, which are 200,000.
TAXA_TIMES = 8
#: Observers for each million observations: their shares follow Zipf's law.
OBSERVERS = 12_000
#: The day after which nothing was seen.
LAST_DAY = "2026-10-31"

_UUID = """
substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-4' || substr(h, 14, 3) || '-a' || substr(h, 18, 3)
    || '-' || substr(h, 21, 12)
"""
_TAXA = """
SELECT taxon_id, ancestry, CAST(rank_level AS INTEGER) AS rank_level, rank, name, true AS active FROM taxa
"""
_OBSERVATIONS = f"""
SELECT {_UUID} AS observation_uuid, observer_id, round(hash(n, 1) % 1800000 / 10000.0 - 90, 4) AS latitude,
    round(hash(n, 2) % 3600000 / 10000.0 - 180, 4) AS longitude, hash(n, 3) % 500 AS positional_accuracy,
    taxon_id, CASE WHEN hash(n, 5) % 10 < 6 THEN 'research' ELSE 'needs_id' END AS quality_grade,
    DATE '{LAST_DAY}' - CAST(4000 * pow(hash(n, 6) % 1000000 / 1e6, 2) AS INTEGER) AS observed_on,
    NULL AS anomaly_score
FROM (SELECT *, md5(CAST(n AS VARCHAR)) AS h FROM batch)
"""
_PHOTOS = f"""
SELECT substr(h, 1, 8) || '-' || right(h, 4) AS photo_uuid, n * 10 + position AS photo_id,
    {_UUID} AS observation_uuid, observer_id, 'jpg' AS extension, 'CC-BY-NC' AS license, 2048 AS width,
    1536 AS height, position
FROM (
    SELECT n, observer_id, md5(CAST(n AS VARCHAR)) AS h, unnest(range(photos)) AS position FROM batch
)
"""


def write_dump(folder: Path, observations: int) -> Path:
    """Write the dump's three tables of that many observations, once; returns their folder."""
    if folder.exists():
        return folder
    partial = folder.with_name(f".{folder.name}")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    rng = np.random.default_rng(SEED)
    taxa = Taxa(rng, TAXA_TIMES)
    weights = {rank: long_tail(rng, len(taxa.ids_of_rank[rank])) for rank in SHARES}
    with duckdb.connect(config={"memory_limit": "1GB", "threads": 1}) as con:
        con.register("taxa", taxa.table())
        _append(con, _TAXA, partial / "taxa.csv.gz")
        for start in range(0, observations, BATCH):
            ids = np.arange(start, min(start + BATCH, observations))
            batch = {
                "n": ids,
                "observer_id": _observers(rng, observations, len(ids)),
                "taxon_id": draw_taxa(rng, taxa, weights, len(ids)),
                "photos": 1 + rng.choice(len(PHOTO_SHARES), p=PHOTO_SHARES, size=len(ids)),
            }
            con.register("batch", pa.table(batch))
            _append(con, _OBSERVATIONS, partial / "observations.csv.gz")
            _append(con, _PHOTOS, partial / "photos.csv.gz")
    partial.rename(folder)
    return folder


def _observers(rng: np.random.Generator, observations: int, count: int) -> np.ndarray:
    """By Zipf's law the logarithm of an observer's rank is spread evenly."""
    observers = max(observations * OBSERVERS // 1_000_000, 10)
    return np.exp(rng.random(count) * np.log(observers)).astype(np.int64)


def _append(con: duckdb.DuckDBPyConnection, select: str, path: Path) -> None:
    """Add the rows to a table, as one more member of its gzip file; the first has the header."""
    header = "false" if path.exists() else "true"
    part = path.with_suffix(".part")
    con.execute(f"COPY ({select}) TO {written_path(part)} (DELIMITER '\t', QUOTE '', HEADER {header})")
    with part.open("rb") as rows, path.open("ab") as whole, gzip.open(whole, "wb", compresslevel=1) as member:
        shutil.copyfileobj(rows, member, 1 << 20)
    part.unlink()
