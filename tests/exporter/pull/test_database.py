"""iNaturalist's own database as a source: the same lake as from API records, and nothing private."""

import gzip
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson
import psycopg2
import pyarrow as pa
import pytest

from exporter.__main__ import main
from exporter.criteria import INAT_2022
from exporter.errors import DataError
from exporter.ingest import IngestReport, ingest
from exporter.lake import Lake
from exporter.pull import database as module
from exporter.pull.database import Database
from exporter.pull.puller import store_of
from exporter.readiness import readiness
from exporter.schema import LATER_TABLES, OBSERVATIONS, TABLES
from exporter.simulation import simulate
from exporter.snapshot import Request, snapshot
from exporter.sources import database_tables
from exporter.sources.database_tables import NOTHING, Slice
from tests.exporter.inat_database import InatDatabase, Record, inat_database

pytestmark = pytest.mark.services

STAFF = Path(__file__).parents[3] / "docs" / "staff.md"
BOMBUS, IMPATIENS, LIFE = 52775, 118970, 48460
OLD = "2026-01-01 12:00:00"


@pytest.fixture
def database() -> Iterator[InatDatabase]:
    with inat_database() as database:
        yield database


@pytest.fixture
def small(database: InatDatabase) -> InatDatabase:
    """Two observations of a species by two people, three photos, an identification each."""
    database.insert("file_prefixes", {"prefix": "https://static.inaturalist.org/photos"})
    database.insert("file_extensions", {"extension": "jpg"})
    database.insert(
        "taxa",
        _taxon(LIFE, None, "Life", "stateofmatter", 100),
        _taxon(BOMBUS, f"{LIFE}/1", "Bombus", "genus", 20),
        _taxon(IMPATIENS, f"{LIFE}/1/{BOMBUS}", "Bombus impatiens", "species", 10),
    )
    database.insert("observations", *(_observation(number) for number in (7, 8)))
    database.insert("photos", *(_photo(number) for number in (70, 71, 80)))
    for observation, photo, position in ((7, 70, 1), (7, 71, 0), (8, 80, None)):
        placed = {"observation_id": observation, "photo_id": photo, "position": position, "updated_at": OLD}
        database.insert("observation_photos", placed)
    database.insert("identifications", *(_identification(number, number // 10) for number in (70, 80)))
    return database


def _taxon(number: int, ancestry: str | None, name: str, rank: str, level: float) -> Record:
    return {
        "id": number,
        "ancestry": ancestry,
        "name": name,
        "rank": rank,
        "rank_level": level,
        "updated_at": OLD,
    }


def _observation(number: int, **columns: Any) -> Record:
    return {
        "id": number,
        "uuid": f"00000000-0000-4000-8000-{number:012}",
        "user_id": 1,
        "taxon_id": IMPATIENS,
        "community_taxon_id": IMPATIENS,
        "quality_grade": "research",
        "observed_on": "2025-12-31",
        "created_at": OLD,
        "updated_at": OLD,
        "latitude": 1.5,
        "longitude": -2.25,
        "public_positional_accuracy": 30,
        **columns,
    }


def _photo(number: int) -> Record:
    return {
        "id": number,
        "type": "LocalPhoto",
        "license": 2,
        "file_prefix_id": 1,
        "file_extension_id": 1,
        "width": 640,
        "height": 480,
        "updated_at": OLD,
    }


def _identification(number: int, observation: int, **columns: Any) -> Record:
    return {
        "id": number,
        "observation_id": observation,
        "user_id": 2,
        "taxon_id": IMPATIENS,
        "created_at": OLD,
        "updated_at": OLD,
        "category": "supporting",
        "disagreement": False,
        **columns,
    }


def load(database: InatDatabase, lake: Lake, **options: bool) -> IngestReport:
    return Database(database.url).load(lake, store_of(lake), **options)


def rows(lake: Lake, table: str, *columns: str) -> list[tuple[Any, ...]]:
    with lake.connect() as con:
        key = ", ".join(TABLES[table].key)
        return con.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY {key}").fetchall()


def number_read(report: IngestReport) -> dict[str, int]:
    return {name: changes.read for name, changes in report.tables.items()}


def test_the_lake_is_the_one_from_api_records(database: InatDatabase, tmp_path: Path) -> None:
    """And so are the classes of a snapshot of it those of its readiness."""
    world = simulate(tmp_path / "world", seed=1, observations=1_000, end=date(2026, 1, 31))
    records = []
    for path in sorted((world.folder / "observations").iterdir()):
        # An answer of the API has this field, of which simulated worlds know nothing.
        lines = _unpacked(path).splitlines()
        records += [{**orjson.loads(line), "out_of_range": None} for line in lines]
    file = tmp_path / "records.ndjson"
    file.write_bytes(b"\n".join(map(orjson.dumps, records)))
    of_api, of_database = Lake(tmp_path / "api"), Lake(tmp_path / "database")
    ingest(of_api, [file])
    database.add(records)
    report = load(database, of_database)
    assert (report.refused, report.left_out) == (0, 0)
    for table in TABLES.values():
        columns = [name for name in table.names if name != "source"]
        assert rows(of_database, table.name, *columns) == rows(of_api, table.name, *columns)
        assert {row[0] for row in rows(of_database, table.name, "source")} <= {"database", "taxonomy"}
    assert len(rows(of_database, "identifications", "is_vision")) == world.identifications

    criteria = replace(INAT_2022, train_min=5, train_max=40, val_min=3, val_max=8, test_min=3, test_max=8)
    request = Request(criteria, datetime(2026, 1, 29, tzinfo=UTC), "a seed of 16 bytes or more", 0)
    manifest = snapshot(of_database, request, tmp_path / "export")
    with of_database.connect() as con:
        table = readiness(con, criteria, at=request.cutoff)
    leaves = [row["taxon_id"] for row in table.to_pylist() if row["status"] == "leaf"]
    assert [row["taxon_id"] for row in manifest["counts"]["classes"]] == leaves
    assert len(leaves) > 10


def _unpacked(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes())


def test_rows_by_hand(small: InatDatabase, lake: Lake) -> None:
    small.execute("UPDATE observations SET geoprivacy = 'obscured', user_id = 2 WHERE id = 8")
    small.insert(
        "taxon_names",
        {"taxon_id": IMPATIENS, "name": "Later", "lexicon": "English", "is_valid": True, "position": 2},
        {"taxon_id": IMPATIENS, "name": "Bumble\tBee", "lexicon": "English", "is_valid": True, "position": 1},
        {"taxon_id": IMPATIENS, "name": "Old", "lexicon": "English", "is_valid": False, "position": 0},
        {"taxon_id": IMPATIENS, "name": "Abejorro", "lexicon": "Spanish", "is_valid": True, "position": 0},
    )
    small.insert(
        "conservation_statuses",
        {"taxon_id": BOMBUS, "iucn": 70, "place_id": None},
        # Extinct somewhere only.
        {"taxon_id": IMPATIENS, "iucn": 70, "place_id": 3},
    )
    load(small, lake)
    assert rows(lake, "taxa", "taxon_id", "ancestry", "name", "common_name", "is_extinct") == [
        (LIFE, "", "Life", None, False),
        (BOMBUS, "48460/1", "Bombus", None, True),
        (IMPATIENS, "48460/1/52775", "Bombus impatiens", "Bumble Bee", False),
    ]
    columns = ("observation_id", "observer_id", "created_at", "latitude", "is_obscured", "lists_photos")
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert rows(lake, "observations", *columns) == [
        (7, 1, noon, 1.5, False, True),
        (8, 2, noon, 1.5, True, True),
    ]
    assert rows(lake, "photos", "photo_id", "position", "host", "extension", "license", "updated_at") == [
        (70, 1, "static", "jpg", "cc-by-nc", noon),
        (71, 0, "static", "jpg", "cc-by-nc", noon),
        (80, 0, "static", "jpg", "cc-by-nc", noon),
    ]
    assert rows(lake, "identifications", "identification_id", "user_id", "is_own_observation") == [
        (70, 2, False),
        (80, 2, True),
    ]


def test_photos_that_inaturalist_does_not_keep_lie_elsewhere(small: InatDatabase, lake: Lake) -> None:
    small.insert("file_prefixes", {"prefix": "https://example.org/photos"})
    small.execute("UPDATE photos SET type = 'FlickrPhoto' WHERE id = 70")
    small.execute("UPDATE photos SET file_extension_id = NULL WHERE id = 71")
    small.execute("UPDATE photos SET file_prefix_id = 2 WHERE id = 80")
    load(small, lake)
    elsewhere = ("elsewhere", None)
    assert rows(lake, "photos", "host", "extension") == [elsewhere, elsewhere, elsewhere]


def test_a_photo_that_an_observation_shows_twice_is_one(small: InatDatabase, lake: Lake) -> None:
    small.insert("observation_photos", {"observation_id": 7, "photo_id": 70, "position": 5})
    load(small, lake)
    assert rows(lake, "photos", "photo_id", "position") == [(70, 1), (71, 0), (80, 0)]


def test_flags_votes_and_moderators(small: InatDatabase, lake: Lake) -> None:
    """What is resolved, outvoted or shown again counts no more; 'wild' is no fault."""

    def flag(kind: str, number: int, resolved: bool) -> Record:
        return {"flaggable_type": kind, "flaggable_id": number, "resolved": resolved}

    def vote(observation: int, metric: str, agree: bool) -> Record:
        return {"observation_id": observation, "metric": metric, "agree": agree}

    def moderate(kind: str, number: int, action: str) -> Record:
        return {"resource_type": kind, "resource_id": number, "action": action}

    small.insert(
        "flags", flag("Observation", 7, False), flag("Observation", 8, True), flag("Photo", 80, False)
    )
    small.insert(
        "quality_metrics",
        *(vote(7, "location", agree) for agree in (True, False)),
        *(vote(7, "wild", agree) for agree in (False, False)),
        *(vote(8, "evidence", agree) for agree in (True, False, False)),
    )
    small.insert(
        "moderator_actions",
        moderate("Photo", 70, "hide"),
        moderate("Photo", 71, "hide"),
        moderate("Photo", 71, "unhide"),
        moderate("Identification", 80, "hide"),
        moderate("Comment", 70, "hide"),
    )
    load(small, lake)
    assert rows(lake, "observations", "is_flagged", "fails_quality_metric") == [(True, False), (False, True)]
    assert rows(lake, "photos", "is_flagged", "is_hidden") == [(False, True), (False, False), (True, False)]
    assert rows(lake, "identifications", "is_hidden", "is_vision") == [(False, False), (True, False)]


def test_what_cannot_be_read_is_left_out_and_named(small: InatDatabase, lake: Lake) -> None:
    small.execute("UPDATE observations SET observed_on = '2999-01-01' WHERE id = 7")
    small.execute(
        "UPDATE observations SET observed_on = '0044-03-15 BC', updated_at = 'infinity' WHERE id = 8"
    )
    report = load(small, lake)
    notes = [(note.place, note.why) for note in report.notes]
    # Updated: of the observation, its photo and its identification.
    assert notes == [
        ("observation_id 7", "observed_on '2999-01-01': in the future"),
        ("observation_id 8", "observed_on '0044-03-15 BC': not a day (YYYY-MM-DD)"),
        ("observation_id 8", "updated_at 'infinity': not a time"),
        ("photo_id 80", "updated_at 'infinity': not a time"),
        ("identification_id 80", "updated_at 'infinity': not a time"),
    ]
    assert rows(lake, "observations", "observed_on") == [(None,), (None,)]
    with pytest.raises(DataError, match=r"^5 values left out, the first: .*observations, observation_id 7: "):
        load(small, Lake(lake.root.parent / "strict"), strict=True)


CHANGES: dict[str, tuple[str, str, Any]] = {
    "an observation": (
        "UPDATE observations SET taxon_id = 52775, updated_at = now() WHERE id = 8",
        "SELECT taxon_id FROM observations WHERE observation_id = 8",
        BOMBUS,
    ),
    "an identification": (
        "UPDATE identifications SET current = false, updated_at = now() WHERE id = 80",
        "SELECT is_current FROM identifications WHERE identification_id = 80",
        False,
    ),
    "an identification that was a suggestion": (
        "INSERT INTO preferences (name, owner_id, owner_type, value, updated_at)"
        " VALUES ('vision', 80, 'Identification', 't', now())",
        "SELECT is_vision FROM identifications WHERE identification_id = 80",
        True,
    ),
    "an observation's flag": (
        "INSERT INTO flags (flaggable_type, flaggable_id, updated_at) VALUES ('Observation', 8, now())",
        "SELECT is_flagged FROM observations WHERE observation_id = 8",
        True,
    ),
    "a photo's flag": (
        "INSERT INTO flags (flaggable_type, flaggable_id, updated_at) VALUES ('Photo', 80, now())",
        "SELECT is_flagged FROM photos WHERE photo_id = 80",
        True,
    ),
    "a vote": (
        "INSERT INTO quality_metrics (observation_id, metric, agree, updated_at)"
        " VALUES (8, 'evidence', false, now())",
        "SELECT fails_quality_metric FROM observations WHERE observation_id = 8",
        True,
    ),
    "a photo": (
        "UPDATE photos SET license = 9, updated_at = now() WHERE id = 80",
        "SELECT license FROM photos WHERE photo_id = 80",
        "cc0",
    ),
    "the place of a photo": (
        "UPDATE observation_photos SET position = 9, updated_at = now() WHERE photo_id = 71",
        "SELECT position FROM photos WHERE photo_id = 71",
        1,
    ),
    "a hidden photo": (
        "INSERT INTO moderator_actions (resource_type, resource_id, action, updated_at)"
        " VALUES ('Photo', 80, 'hide', now())",
        "SELECT is_hidden FROM photos WHERE photo_id = 80",
        True,
    ),
    "a hidden identification": (
        "INSERT INTO moderator_actions (resource_type, resource_id, action, updated_at)"
        " VALUES ('Identification', 80, 'hide', now())",
        "SELECT is_hidden FROM identifications WHERE identification_id = 80",
        True,
    ),
    "a deleted identification": (
        "DELETE FROM identifications WHERE id = 80; UPDATE observations SET updated_at = now() WHERE id = 8",
        "SELECT count(*) FROM identifications WHERE observation_id = 8",
        0,
    ),
    "a status of a taxon": (
        "INSERT INTO conservation_statuses (taxon_id, iucn) VALUES (118970, 70)",
        "SELECT is_extinct FROM taxa WHERE taxon_id = 118970",
        True,
    ),
}


def test_a_change_of_anything_is_seen_the_next_time(small: InatDatabase, lake: Lake) -> None:
    """One after another, in the order in which they stand."""
    nothing = {"taxa": 3, "observations": 0, "photos": 0, "identifications": 0}
    assert number_read(load(small, lake)) == {
        **nothing,
        "observations": 2,
        "photos": 3,
        "identifications": 2,
    }
    assert number_read(load(small, lake)) == nothing
    for change, (statement, question, answer) in CHANGES.items():
        small.execute(statement)
        load(small, lake)
        with lake.connect() as con:
            assert con.execute(question).fetchall() == [(answer,)], change


def test_a_deleted_observation_keeps_its_id_alone(small: InatDatabase, lake: Lake) -> None:
    load(small, lake)
    small.execute("DELETE FROM observations WHERE id = 8")
    small.insert(
        "deleted_observations",
        # The second was never in the lake, the third is there again.
        *({"observation_id": number, "created_at": "now"} for number in (8, 9, 7)),
    )
    load(small, lake)
    columns = ("observation_id", "taxon_id", "latitude", "observer_id")
    assert rows(lake, "observations", *columns) == [(7, IMPATIENS, 1.5, 1), (8, None, None, None)]
    assert rows(lake, "photos", "photo_id") == [(70,), (71,)]
    assert rows(lake, "identifications", "identification_id") == [(70,)]


def test_everything_can_be_read_again(small: InatDatabase, lake: Lake) -> None:
    load(small, lake)
    assert number_read(load(small, lake, whole=True))["observations"] == 2
    # What has no date is seen then.
    small.execute("UPDATE observations SET captive = true WHERE id = 8")
    assert number_read(load(small, lake))["observations"] == 0
    assert load(small, lake, whole=True).tables["observations"].changed == 1
    assert rows(lake, "observations", "is_captive") == [(False,), (True,)]


def test_a_lake_that_was_put_back_is_read_again(small: InatDatabase, lake: Lake) -> None:
    """What the lost version held is not what the database says changed since."""
    load(small, lake)
    small.execute("UPDATE observations SET captive = true, updated_at = now() WHERE id = 8")
    load(small, lake)
    lake.versions.path(2).unlink()
    assert main(["doctor", "--lake", str(lake.root)]) == 0
    # Another source makes a version, with a number above that of the one lost.
    with lake.staging() as staging:
        staging.add("taxa", "api", pa.table({"taxon_id": [5], "name": ["Aves"]}))
        lake.upsert(staging)
    assert number_read(load(small, lake))["observations"] == 2
    assert rows(lake, "observations", "is_captive") == [(False,), (True,)]


def test_slices_are_as_many_as_it_takes(
    small: InatDatabase, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SLICE_IDS", 2)
    monkeypatch.setattr(module, "SLICE_CHANGED", 2)
    small.insert("observations", *(_observation(number) for number in (9, 10, 11, 20)))
    assert number_read(load(small, lake))["observations"] == 6
    small.execute("UPDATE observations SET updated_at = now() WHERE id <> 7")
    report = load(small, lake)
    assert (number_read(report)["observations"], report.tables["observations"].changed) == (5, 5)


def test_an_empty_database_is_an_empty_lake(database: InatDatabase, lake: Lake) -> None:
    assert number_read(load(database, lake)) == dict.fromkeys(TABLES.keys() - LATER_TABLES, 0)
    assert lake.latest() is None


def test_two_databases_have_a_cursor_each(small: InatDatabase, lake: Lake) -> None:
    load(small, lake)
    with inat_database() as other:
        other.insert("observations", _observation(9))
        assert number_read(load(other, lake))["observations"] == 1
    assert rows(lake, "observations", "observation_id") == [(7,), (8,), (9,)]


# Nothing private


def statements() -> dict[str, str]:
    since = datetime(2026, 1, 1, tzinfo=UTC)
    return {
        "taxa": database_tables.TAXA,
        "observations": database_tables.observations(NOTHING),
        "observations listed": database_tables.observations(Slice(ids=(1, 2))),
        "photos": database_tables.photos(NOTHING, {1: "https://static.inaturalist.org/photos"}),
        "identifications": database_tables.identifications(NOTHING),
        "changed": database_tables.changed(since),
        "deleted": database_tables.deleted(since),
        "prefixes": database_tables.FILE_PREFIXES,
        "ids": database_tables.OBSERVATION_IDS,
    }


@pytest.mark.parametrize("name", statements())
def test_no_statement_names_what_is_private(name: str) -> None:
    """No column of true places, of names, addresses or remarks, and no asterisk, which would take them."""
    statement = statements()[name]
    assert re.findall(r"private|\*|geom|login|email|real_?name|body|description|users", statement) == []


def test_the_rights_that_the_page_for_staff_lists_are_enough(small: InatDatabase, lake: Lake) -> None:
    """So the true place of an obscured observation cannot be read: that column is not among them."""
    [grants] = re.findall(r"```sql\n(.*?)```", STAFF.read_text(), re.DOTALL)
    assert "private" not in grants
    true_place = "private_latitude = 12.3456789, private_longitude = 98.7654321"
    small.execute(f"UPDATE observations SET geoprivacy = 'obscured', {true_place} WHERE id = 8")
    role = "leafline_" + small.url.rpartition("_")[2]
    grants = grants.replace("leafline", role)
    try:
        small.execute(grants)
        url = re.sub(r"//[^@]*@", f"//{role}:PASSWORD@", small.url)
        with pytest.raises(psycopg2.errors.InsufficientPrivilege), psycopg2.connect(url) as con:
            con.cursor().execute("SELECT private_latitude FROM observations")
        report = Database(url).load(lake, store_of(lake))
        assert number_read(report)["observations"] == 2
        small.execute("UPDATE identifications SET updated_at = now() WHERE id = 80")
        assert number_read(Database(url).load(lake, store_of(lake)))["observations"] == 1
        everything = [row for table in TABLES.values() for row in rows(lake, table.name, *table.names)]
        assert not [row for row in everything if re.search(r"12\.3456|98\.7654", str(row))]
        assert rows(lake, "observations", "latitude", "is_obscured") == [(1.5, False), (1.5, True)]
    finally:
        small.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")


# One moment, and what goes wrong


def between_slices(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Have something done after the first slice of a reading."""
    monkeypatch.setattr(module, "SLICE_IDS", 1)
    original = module._Reading._stage_observations
    done: list[object] = []

    def stage(reading: Any, within: Slice) -> None:
        original(reading, within)
        if not done:
            done.append(act())

    monkeypatch.setattr(module._Reading, "_stage_observations", stage)


def test_all_is_of_one_moment(small: InatDatabase, lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """What others commit while it is read comes the next time, though it is older than the reading's end."""

    def commit() -> None:
        small.execute("UPDATE observations SET captive = true, updated_at = now() WHERE id = 8")
        small.insert("identifications", _identification(81, 8, updated_at="now"))

    with monkeypatch.context() as patched:
        between_slices(patched, commit)
        load(small, lake)
    assert rows(lake, "observations", "is_captive") == [(False,), (False,)]
    assert rows(lake, "identifications", "identification_id") == [(70,), (80,)]
    load(small, lake)
    assert rows(lake, "observations", "is_captive") == [(False,), (True,)]
    assert rows(lake, "identifications", "identification_id") == [(70,), (80,), (81,)]


def test_the_transaction_only_reads(small: InatDatabase) -> None:
    with Database(small.url)._transaction() as con, con.cursor() as cursor:
        for setting, value in (("transaction_read_only", "on"), ("transaction_isolation", "repeatable read")):
            cursor.execute(f"SHOW {setting}")
            assert cursor.fetchall() == [(value,)]


def terminate(database: InatDatabase) -> None:
    """End all connections of Leafline to a database."""
    database.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'leafline' AND datname = current_database()"
    )


def test_a_server_that_goes_away_leaves_everything_as_it_was(
    small: InatDatabase, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(small, lake)
    version, cursor = lake.latest(), f"database {Database(small.url).name}"
    until = store_of(lake).fact(cursor)
    small.execute("UPDATE observations SET captive = true")
    with monkeypatch.context() as patched:
        between_slices(patched, lambda: terminate(small))
        with pytest.raises(DataError) as refused:
            load(small, lake, whole=True)
    assert re.fullmatch(
        r"127\.0\.0\.1:5432/leafline_inat_\w+: .*(terminat|closed the conn).*; nothing was loaded:"
        r" check the address, the password and the server, and run the same again",
        str(refused.value),
    )
    assert (lake.latest(), store_of(lake).fact(cursor)) == (version, until)
    assert list((lake.root / "staging").iterdir()) == []
    load(small, lake, whole=True)
    assert rows(lake, "observations", "is_captive") == [(True,), (True,)]


def test_a_server_that_goes_away_within_a_table(
    database: InatDatabase, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that have come are not taken for all."""
    database.insert("observations", *(_observation(number) for number in range(1, 20_001)))
    read = module.read_rows

    def read_a_little(stream: Any, header: Any, table: Any, *rest: Any) -> None:
        if table.table == OBSERVATIONS.name:
            stream.read(100_000)
            terminate(database)
        read(stream, header, table, *rest)

    monkeypatch.setattr(module, "read_rows", read_a_little)
    with pytest.raises(DataError, match="; nothing was loaded: "):
        load(database, lake)
    assert lake.latest() is None


@pytest.mark.parametrize(
    ("statement", "words", "remedy"),
    [
        ("DROP TABLE flags", 'relation "flags" does not exist', "give a database with the tables"),
        (
            "ALTER TABLE deleted_observations DROP observation_id",
            "column d.observation_id does not exist",
            "give a database with the tables",
        ),
        ("ALTER TABLE photos DROP license", "column p.license does not exist", "give a database with"),
    ],
)
def test_what_the_database_lacks_is_said_before_anything_is_read(
    small: InatDatabase, lake: Lake, statement: str, words: str, remedy: str
) -> None:
    small.execute(statement)
    with pytest.raises(DataError) as refused:
        load(small, lake)
    assert f": {words}; nothing was loaded: {remedy}" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert lake.latest() is None


def test_a_user_who_may_not_read_is_sent_to_the_page_for_staff(small: InatDatabase, lake: Lake) -> None:
    role = "leafline_" + small.url.rpartition("_")[2]
    small.execute(f"CREATE ROLE {role} LOGIN")
    try:
        with pytest.raises(DataError) as refused:
            Database(re.sub(r"//[^@]*@", f"//{role}@", small.url)).load(lake, store_of(lake))
    finally:
        small.execute(f"DROP ROLE {role}")
    assert str(refused.value).endswith(
        ": permission denied for table file_prefixes; nothing was loaded: docs/staff.md lists what its"
        " user must be allowed to read"
    )


# The command


def test_the_command_says_what_came(
    small: InatDatabase, lake: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ingest", "--lake", str(lake.root), "--database", small.url]) == 0
    name = Database(small.url).name
    out = capsys.readouterr().out.splitlines()
    assert out[:8] == [
        f"{name}/taxa: iNaturalist's database, 3 read, 0 refused",
        f"{name}/observations: iNaturalist's database, 2 read, 0 refused",
        f"{name}/photos: iNaturalist's database, 3 read, 0 refused",
        f"{name}/identifications: iNaturalist's database, 2 read, 0 refused",
        "taxa: 3 rows read, 3 new, 0 changed",
        "observations: 2 rows read, 2 new, 0 changed",
        "photos: 3 rows read, 3 new, 0 changed",
        "identifications: 2 rows read, 2 new, 0 changed",
    ]


@pytest.mark.parametrize("place", ["user:hush-hush@127.0.0.1:1", "user@127.0.0.1:1"])
def test_a_password_is_never_printed(
    place: str, lake: Lake, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", "hush-hush")
    for database in ("hush-hush", "x"):
        url = f"postgresql://{place}/{database}"
        assert main(["ingest", "--lake", str(lake.root), "--database", url]) == 1
    captured = capsys.readouterr()
    *_, second = captured.err.splitlines()
    assert second.startswith("exporter: 127.0.0.1:1/x: connection to server at ")
    assert second.endswith(
        "; nothing was loaded: check the address, the password and the server, and run the same again"
    )
    assert "hush" not in second
    assert captured.out == ""
    assert not lake.root.exists() or lake.latest() is None
