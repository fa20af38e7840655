"""Observations as iNaturalist has them at this moment, to be queried as the lake is; nothing is stored."""

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from exporter.lineages import place_by_names
from exporter.pull.client import Client
from exporter.query_engine import with_life
from exporter.schema import OBSERVATIONS, TABLES, TAXA
from exporter.sources.api import stage_records
from exporter.sources.files import FileReport
from exporter.sources.json_documents import Record
from exporter.sources.values import JsonObject
from exporter.staging import Staging


def read_again(client: Client, observation_ids: list[int]) -> list[JsonObject]:
    """Return the records of these observations, in one request; those that are gone are missing.

    At most 200 ids. DataError as `Client.get` raises it.
    """
    return client.get("observations", id=observation_ids, per_page=len(observation_ids)).results


@contextmanager
def as_lake(records: Iterable[JsonObject]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the lake's views taxa, observations, photos and identifications of records alone."""
    with TemporaryDirectory() as folder, closing(duckdb.connect()) as con:
        con.execute("SET TimeZone = 'UTC'")
        staging = Staging(Path(folder), con)
        staging.begin_file()
        numbered = [Record(f"results[{number}]", record) for number, record in enumerate(records)]
        stage_records(numbered, staging, FileReport(Path()))
        for table in TABLES.values():
            rows = f"SELECT * EXCLUDE file_number FROM ({staging.read_sql(table.name)})"
            name = f"told_{table.name}" if table in (TAXA, OBSERVATIONS) else table.name
            con.execute(f"CREATE VIEW {name} AS {with_life(rows) if table is TAXA else rows}")
        place_by_names(con)
        yield con
