"""Measure ingest from a database with iNaturalist's tables: all of it, and then what changed.

python -m benchmarks.database URL [--folder var/benchmarks] [--observations N]

URL is that of a server's database postgres. Makes a database of its own beside it, fills it, and drops it at
the end.
"""

import argparse
import json
import shutil
from pathlib import Path

import psycopg2

from benchmarks.measure import in_own_process, timed
from exporter.lake import Lake
from exporter.pull.database import Database
from exporter.pull.puller import store_of

OBSERVATIONS = 1_000_000
CHANGED_SHARE = 0.001
_NAME = "leafline_benchmark"
_SCHEMA = Path(__file__).parents[1] / "tests" / "exporter" / "inat_database.sql"

#: A genus to ten species; two identifications and 1.5 photos an observation; a vote to ten, a flag to 500.
_FILL = """
INSERT INTO file_prefixes (prefix) VALUES ('https://inaturalist-open-data.s3.amazonaws.com/photos');
INSERT INTO file_extensions (extension) VALUES ('jpg');
INSERT INTO taxa (id, ancestry, name, rank, rank_level, updated_at)
    SELECT n, '48460/1', 'Genus ' || n, 'genus', 20, TIMESTAMP '2020-01-01'
    FROM generate_series(1000, 2999) AS n
    UNION ALL
    SELECT n, '48460/1/' || 1000 + n %% 2000, 'Species ' || n, 'species', 10, TIMESTAMP '2020-01-01'
    FROM generate_series(10000, 29999) AS n;
INSERT INTO observations (id, uuid, user_id, taxon_id, community_taxon_id, quality_grade, observed_on,
        created_at, updated_at, latitude, longitude, public_positional_accuracy)
    SELECT n, md5(n::text)::uuid, n %% 50000, 10000 + n %% 20000, 10000 + n %% 20000, 'research',
        DATE '2015-01-01' + n %% 4000, TIMESTAMP '2020-01-01', TIMESTAMP '2025-01-01', n %% 180 - 90,
        n %% 360 - 180, n %% 500
    FROM generate_series(1, %(size)s) AS n;
INSERT INTO identifications (id, observation_id, user_id, taxon_id, created_at, updated_at, category,
        disagreement)
    SELECT n, 1 + n %% %(size)s, n %% 60000, 10000 + (1 + n %% %(size)s) %% 20000, TIMESTAMP '2020-01-01',
        TIMESTAMP '2020-01-01', 'supporting', false
    FROM generate_series(1, 2 * %(size)s) AS n;
INSERT INTO preferences (name, owner_id, owner_type, value, updated_at)
    SELECT 'vision', n, 'Identification', 't', TIMESTAMP '2020-01-01' FROM generate_series(1, %(size)s) AS n;
INSERT INTO photos (id, type, license, file_prefix_id, file_extension_id, width, height, updated_at)
    SELECT n, 'LocalPhoto', 2, 1, 1, 2048, 1536, TIMESTAMP '2020-01-01'
    FROM generate_series(1, 3 * %(size)s / 2) AS n;
INSERT INTO observation_photos (observation_id, photo_id, position, updated_at)
    SELECT 1 + n %% %(size)s, n, n / %(size)s, TIMESTAMP '2020-01-01'
    FROM generate_series(1, 3 * %(size)s / 2) AS n;
INSERT INTO quality_metrics (observation_id, metric, agree, updated_at)
    SELECT n * 10, 'wild', n %% 2 = 0, TIMESTAMP '2020-01-01' FROM generate_series(1, %(size)s / 10) AS n;
INSERT INTO flags (flaggable_id, flaggable_type, updated_at)
    SELECT n * 500, 'Observation', TIMESTAMP '2020-01-01' FROM generate_series(1, %(size)s / 500) AS n;
ANALYZE;
"""


def main() -> None:
    """Fill a database, read it, change a thousandth of it, and read that: a line of figures for each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("server", metavar="URL")
    parser.add_argument("--folder", type=Path, default=Path("var/benchmarks"))
    parser.add_argument("--observations", type=int, default=OBSERVATIONS)
    parser.add_argument("--load", metavar="LAKE", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.load:
        print(json.dumps(timed(lambda: load(options.server, Path(options.load)))))
        return
    server = psycopg2.connect(options.server)
    server.autocommit = True
    url = f"{options.server.rpartition('/')[0]}/{_NAME}"
    lake = options.folder / "lake-database"
    shutil.rmtree(lake, ignore_errors=True)
    with server.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {_NAME} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {_NAME}")
    try:
        fill(url, options.observations)
        report("all of it", url, lake)
        change(url, options.observations)
        report("what changed", url, lake)
    finally:
        with server.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {_NAME} WITH (FORCE)")
        shutil.rmtree(lake, ignore_errors=True)


def fill(url: str, observations: int) -> None:
    """Make iNaturalist's tables and fill them."""
    with psycopg2.connect(url) as con, con.cursor() as cursor:
        cursor.execute(_SCHEMA.read_text())
        cursor.execute(_FILL, {"size": observations})


def change(url: str, observations: int) -> None:
    """Let a thousandth of the observations change, here and there."""
    step = int(1 / CHANGED_SHARE)
    with psycopg2.connect(url) as con, con.cursor() as cursor:
        cursor.execute(
            "UPDATE observations SET taxon_id = taxon_id + 1, updated_at = now() AT TIME ZONE 'UTC'"
            " WHERE id IN (SELECT generate_series(1, %s, %s))",
            (observations, step),
        )


def load(url: str, folder: Path) -> int:
    """Read the database into a lake; gives the number of rows."""
    lake = Lake(folder)
    report = Database(url).load(lake, store_of(lake))
    return sum(changes.read for changes in report.tables.values())


def report(what: str, url: str, lake: Path) -> None:
    """Read in a process of its own, and print its figures."""
    figures = in_own_process("benchmarks.database", url, "--load", str(lake))
    print(
        f"{what}: {figures['rows']:,.0f} rows in {figures['seconds']:.1f} s"
        f" ({figures['processor_seconds']:.1f} s of our processor time,"
        f" {figures['rows'] / figures['processor_seconds']:,.0f} rows a second of it),"
        f" {figures['peak_gib']:.2f} GiB",
        flush=True,
    )


if __name__ == "__main__":
    main()
