"""Small lakes for tests: the schema's tables in an in-memory DuckDB, filled from rows given as dicts."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from exporter.schema import OBSERVATIONS, TABLES

Row = dict[str, Any]

RANK_LEVELS = {
    "stateofmatter": 100.0,
    "kingdom": 70.0,
    "family": 30.0,
    "tribe": 25.0,
    "genus": 20.0,
    "genushybrid": 20.0,
    "complex": 11.0,
    "species": 10.0,
    "hybrid": 10.0,
    "subspecies": 5.0,
}


#: Says in ``known_empty`` that an observation has no community taxon.
NO_COMMUNITY = OBSERVATIONS.bits["community_taxon_id"]


def day(number: int) -> datetime:
    """A day of 2026, the first being New Year's."""
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number - 1)


def connect(**tables: Iterable[Row]) -> duckdb.DuckDBPyConnection:
    """A connection with the five tables as views; columns that a row does not give are null."""
    con = duckdb.connect(config={"threads": 1})
    con.execute("SET TimeZone = 'UTC'")
    for name, table in TABLES.items():
        con.register(name, pa.Table.from_pylist(list(tables.get(name, ())), schema=table.arrow))
    return con


def whole_record(row: Row) -> Row:
    """The row of an observation as a record with all its fields gives it; other sources' as it is."""
    if row["source"] != "api":
        return row
    known_empty = NO_COMMUNITY if row.get("community_taxon_id") is None else 0
    return {"known_empty": known_empty, "lists_photos": True} | row


class World:
    """Rows of a lake, added step by step."""

    def __init__(self) -> None:
        self.taxa: list[Row] = []
        self.observations: list[Row] = []
        self.photos: list[Row] = []
        self.identifications: list[Row] = []

    def taxon(self, taxon_id: int, parent_id: int | None, rank: str, **columns: Any) -> None:
        """Add a taxon below one that was added before it; without a parent it is a root."""
        lines = {row["taxon_id"]: row["ancestry"] for row in self.taxa}
        above = "" if parent_id is None else f"{lines[parent_id]}/{parent_id}".lstrip("/")
        row = {"taxon_id": taxon_id, "ancestry": above, "rank": rank, "rank_level": RANK_LEVELS[rank]}
        self.taxa.append({**row, "name": f"Taxon {taxon_id}", "source": "api", **columns})

    def observe(
        self, number: int, taxon_id: int | None, community: int | None = None, photos: int = 1, **columns: Any
    ) -> None:
        """Add that many observations alike, from the API unless told otherwise."""
        for _ in range(number):
            observation_id = len(self.observations) + 1
            row = {"observation_id": observation_id, "taxon_id": taxon_id, "community_taxon_id": community}
            row |= {"quality_grade": "needs_id", "source": "api", **columns}
            self.observations.append(whole_record(row) | columns)
            for position in range(photos):
                row = {"observation_id": observation_id, "photo_id": 10 * observation_id + position}
                self.photos.append({**row, "host": "static", "extension": "jpg"})

    def identify(
        self, observation_id: int, taxon_id: int, user_id: int | None = None, **columns: Any
    ) -> None:
        """Add a current identification; each is a day after the one before and a person's first."""
        number = len(self.identifications) + 1
        row = {
            "observation_id": observation_id,
            "identification_id": number,
            "user_id": 100 + number if user_id is None else user_id,
            "taxon_id": taxon_id,
            "created_at": day(number),
            "is_current": True,
            "is_disagreement": False,
        }
        self.identifications.append({**row, **columns})

    def connect(self) -> duckdb.DuckDBPyConnection:
        """The rows so far, as views."""
        return connect(
            taxa=self.taxa,
            observations=self.observations,
            photos=self.photos,
            identifications=self.identifications,
        )
