"""A database with iNaturalist's tables, made for tests and filled from API records."""

import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from psycopg2.extras import execute_values

SERVER = os.environ.get("TEST_DATABASE_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
SCHEMA = Path(__file__).parent / "inat_database.sql"

PREFIXES = (
    "https://inaturalist-open-data.s3.amazonaws.com/photos",
    "https://static.inaturalist.org/photos",
)
EXTENSIONS = ("jpg", "jpeg", "png")
LICENSES = {
    None: 0,
    "cc-by-nc-sa": 1,
    "cc-by-nc": 2,
    "cc-by-nc-nd": 3,
    "cc-by": 4,
    "cc-by-sa": 5,
    "cc-by-nd": 6,
    "pd": 7,
    "gfdl": 8,
    "cc0": 9,
}
#: Longer ago than anything simulated.
LONG_AGO = "2000-01-01 00:00:00"

Record = dict[str, Any]


class InatDatabase:
    """A database of iNaturalist's schema on the server that tests may use."""

    def __init__(self, con: Any, url: str) -> None:
        self.con = con
        self.url = url

    def execute(self, statement: str, values: object = None) -> None:
        """Run a statement."""
        with self.con.cursor() as cursor:
            cursor.execute(statement, values)

    def insert(self, table: str, *rows: Record) -> None:
        """Add rows that give the same columns."""
        if rows:
            columns = list(rows[0])
            statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES %s"
            with self.con.cursor() as cursor:
                execute_values(cursor, statement, [[row[name] for name in columns] for row in rows])

    def add(self, records: Iterable[Record]) -> None:
        """Add observations, given as API v1 gives them with all their fields, and their taxa."""
        records = list(records)
        self.insert("file_prefixes", *({"prefix": each} for each in PREFIXES))
        self.insert("file_extensions", *({"extension": each} for each in EXTENSIONS))
        self.insert("observations", *map(_observation, records))
        self._add_taxa(records)
        photos = [photo for record in records for photo in _placed_photos(record)]
        self.insert("photos", *(_photo(photo["photo"]) for photo in photos))
        self.insert("observation_photos", *(_observation_photo(photo) for photo in photos))
        made = [(record, each) for record in records for each in record["identifications"]]
        self.insert("identifications", *(_identification(*each) for each in made))
        self.insert("preferences", *(_vision(each) for _, each in made if each["vision"]))
        hidden = [("Identification", each) for _, each in made]
        hidden += [("Photo", photo["photo"]) for photo in photos]
        self.insert(
            "moderator_actions",
            *(
                {"resource_type": kind, "resource_id": each["id"], "action": "hide", "updated_at": LONG_AGO}
                for kind, each in hidden
                if each["hidden"]
            ),
        )
        flagged = [("Observation", record) for record in records]
        flagged += [("Photo", photo["photo"]) for photo in photos]
        self.insert(
            "flags", *(_flag(kind, each["id"], flag) for kind, each in flagged for flag in each["flags"])
        )
        self.insert(
            "quality_metrics",
            *(
                {
                    "observation_id": record["id"],
                    "metric": vote["metric"],
                    "agree": vote["agree"],
                    "updated_at": LONG_AGO,
                }
                for record in records
                for vote in record["quality_metrics"]
            ),
        )

    def _add_taxa(self, records: list[Record]) -> None:
        """Each taxon that records describe, last changed with the newest of them."""
        taxa: dict[int, Record] = {}
        for record in sorted(records, key=lambda record: _utc(record["updated_at"])):
            for holder in (record, *record["identifications"]):
                if holder["taxon"] is not None:
                    for taxon in (holder["taxon"], *holder["taxon"].get("ancestors", ())):
                        known = taxa.get(taxon["id"], {})
                        taxa[taxon["id"]] = {**known, **taxon, "updated_at": record["updated_at"]}
        self.insert("taxa", *map(_taxon, taxa.values()))
        self.insert(
            "taxon_names", *(_name(each) for each in taxa.values() if "preferred_common_name" in each)
        )
        self.insert(
            "conservation_statuses",
            *({"taxon_id": each["id"], "iucn": 70} for each in taxa.values() if each["extinct"]),
        )


@contextmanager
def inat_database() -> Iterator[InatDatabase]:
    """An empty database with iNaturalist's tables; the test is skipped where there is no server."""
    try:
        server = psycopg2.connect(SERVER, connect_timeout=3)
    except psycopg2.OperationalError as error:
        if os.environ.get("LEAFLINE_REQUIRE_SERVICES") == "1":
            raise
        pytest.skip(f"no PostgreSQL server is there ({str(error).strip()}); set TEST_DATABASE_URL")
    server.autocommit = True
    name = f"leafline_inat_{uuid.uuid4().hex[:12]}"
    with server.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    url = f"{SERVER.rsplit('/', 1)[0]}/{name}"
    con = psycopg2.connect(url)
    con.autocommit = True
    try:
        database = InatDatabase(con, url)
        database.execute("SET TIME ZONE 'UTC'")
        database.execute(SCHEMA.read_text())
        yield database
    finally:
        con.close()
        with server.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
        server.close()


def _observation(record: Record) -> Record:
    latitude, longitude = (record["location"] or ",").split(",")
    is_obscured = record["obscured"]
    return {
        "id": record["id"],
        "uuid": record["uuid"],
        "user_id": record["user"]["id"],
        "taxon_id": (record["taxon"] or {}).get("id"),
        "community_taxon_id": record["community_taxon_id"],
        "quality_grade": record["quality_grade"],
        "observed_on": record["observed_on"],
        "created_at": _utc(record["created_at"]),
        "updated_at": _utc(record["updated_at"]),
        "latitude": latitude or None,
        "longitude": longitude or None,
        "private_latitude": 12.3456789 if is_obscured else None,
        "private_longitude": 98.7654321 if is_obscured else None,
        "positional_accuracy": record["positional_accuracy"],
        "public_positional_accuracy": record["public_positional_accuracy"],
        "geoprivacy": record["geoprivacy"],
        "captive": record["captive"],
        "out_of_range": record["out_of_range"],
        "num_identification_agreements": record["num_identification_agreements"],
        "num_identification_disagreements": record["num_identification_disagreements"],
    }


def _utc(time: str) -> str:
    """A time with its zone, as iNaturalist keeps it."""
    return datetime.fromisoformat(time).astimezone(UTC).replace(tzinfo=None).isoformat()


def _taxon(taxon: Record) -> Record:
    line = [number for number in taxon.get("ancestor_ids", ()) if number != taxon["id"]]
    ancestry = "/".join(map(str, line)) if line else taxon.get("ancestry")
    given = {
        name: taxon[name] for name in ("id", "name", "rank", "rank_level", "is_active", "iconic_taxon_id")
    }
    return {**given, "ancestry": ancestry or None, "updated_at": _utc(taxon["updated_at"])}


def _name(taxon: Record) -> Record:
    name = taxon["preferred_common_name"]
    return {"taxon_id": taxon["id"], "name": name, "lexicon": "English", "is_valid": True}


def _placed_photos(record: Record) -> Iterator[Record]:
    for placed in record["observation_photos"]:
        yield {**placed, "observation_id": record["id"]}


def _photo(photo: Record) -> Record:
    prefix, _, rest = photo["url"].partition(f"/{photo['id']}/")
    is_kept = prefix in PREFIXES
    return {
        "id": photo["id"],
        "type": "LocalPhoto" if is_kept else "FlickrPhoto",
        "license": LICENSES[photo["license_code"]],
        "file_prefix_id": PREFIXES.index(prefix) + 1 if is_kept else None,
        "file_extension_id": EXTENSIONS.index(rest.rpartition(".")[2]) + 1 if is_kept else None,
        "width": photo["original_dimensions"]["width"],
        "height": photo["original_dimensions"]["height"],
        "updated_at": LONG_AGO,
    }


def _observation_photo(placed: Record) -> Record:
    return {
        "observation_id": placed["observation_id"],
        "photo_id": placed["photo"]["id"],
        "position": placed["position"],
        "updated_at": LONG_AGO,
    }


def _identification(record: Record, made: Record) -> Record:
    given = ("id", "taxon_id", "current", "category", "previous_observation_taxon_id", "disagreement")
    return {
        **{name: made[name] for name in given},
        "observation_id": record["id"],
        "user_id": made["user"]["id"],
        "created_at": _utc(made["created_at"]),
        "updated_at": LONG_AGO,
        "taxon_change_id": (made["taxon_change"] or {}).get("id"),
    }


def _vision(made: Record) -> Record:
    owner = {"owner_type": "Identification", "owner_id": made["id"]}
    return {"name": "vision", "value": "t", "updated_at": LONG_AGO, **owner}


def _flag(kind: str, number: int, flag: Record) -> Record:
    return {
        "flaggable_type": kind,
        "flaggable_id": number,
        "resolved": flag["resolved"],
        "updated_at": LONG_AGO,
    }
