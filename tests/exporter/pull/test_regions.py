"""A clade in a place: looked up, counted, pulled, and kept up to date."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest

from exporter.errors import DataError
from exporter.pull import lookups
from exporter.pull.client import Client
from exporter.pull.limiter import Limiter
from exporter.pull.lookups import Match
from exporter.pull.plan import Cycle
from exporter.pull.regions import Region, walk_of
from exporter.pull.store import Store
from tests.exporter.pull.conftest import NOW
from tests.exporter.pull.kill import UNLIMITED
from tests.standin.places import in_place

PLANTS, AMERICA, NOWHERE = 47126, 97394, 5


@pytest.fixture
def client(standin, tmp_path):
    return Client(Limiter(tmp_path / "budget", limits=UNLIMITED), url=standin.url, attempts=1, timeout_s=2)


def lake_ids(puller):
    with puller.lake.connect() as con:
        return [row[0] for row in con.sql("SELECT observation_id FROM observations ORDER BY 1").fetchall()]


def there(standin, taxon_id, place_id):
    world = standin.world
    return [
        number
        for number in world.ids(frozenset([taxon_id]))
        if in_place(world[number], frozenset([place_id]))
    ]


def test_taxa_and_places_are_found_by_the_beginning_of_a_name_and_by_id(client):
    assert lookups.find_taxa(client, "plantae") == [Match(PLANTS, "Plantae", "Plants", "kingdom")]
    assert lookups.find_taxa(client, str(PLANTS)) == [Match(PLANTS, "Plantae", "Plants", "kingdom")]
    assert lookups.find_places(client, "north") == [Match(AMERICA, "North America")]
    assert lookups.find_places(client, "14") == [Match(14, "California, US")]


@pytest.mark.parametrize(
    "text", ["999999999999", "1" * 200, "x" * 200, "\x00", "%2F..", "٣", "1,2", "' OR 1=1"]
)
def test_what_is_not_there_is_not_found(client, text):
    assert lookups.find_taxa(client, text) == []
    assert lookups.find_places(client, text) == []


@pytest.mark.parametrize(
    ("record", "match"),
    [
        ({"id": 5, "name": "Aus bus\n\u2028", "rank": 7}, Match(5, "Aus bus")),
        ({"id": 5, "name": "x" * 500}, Match(5, "x" * 200)),
        ({"id": 5, "name": "Aus", "is_active": False}, None),
        ({"id": 5, "name": None}, None),
        ({"id": 0, "name": "Aus"}, None),
        ({"id": 2**70, "name": "Aus"}, None),
        ({"id": "5", "name": "Aus"}, None),
        ({}, None),
    ],
)
def test_an_odd_answer_is_read_as_far_as_it_makes_sense(record, match):
    assert lookups._taxon(record) == match


def test_a_region_is_counted_with_its_requests(client, standin):
    region = lookups.counted(client, PLANTS, None)
    taxa = sum(PLANTS in taxon["ancestor_ids"] for taxon in standin.world.taxa.values())
    assert region == Region(PLANTS, None, len(standin.world.ids(frozenset([PLANTS]))), taxa)
    # 248,000 observations fill 1,240 pages of 200; their taxa are listed only where no place is given.
    assert Region(3, AMERICA, 248_000, 0).requests == 1_240 + 2
    assert Region(3, None, 248_000, 401).requests == 1_240 + 3 + 2


def test_no_count_is_a_fault_in_words(client, standin):
    standin.faults.every(1, ["nulls"])
    with pytest.raises(DataError, match="does not say how many observations there are; try again"):
        lookups.counted(client, PLANTS, AMERICA)


def test_only_what_lies_in_the_place_is_pulled_and_the_names_above_it_are_known(make_puller, standin):
    puller = make_puller()
    region = Region(PLANTS, AMERICA, len(there(standin, PLANTS, AMERICA)))
    cycle = Cycle(puller, [], regions=[region])
    assert [(step.name, step.needed) for step in cycle.plan(100).steps][:2] == [("loads", 3), ("changes", 0)]
    cycle.run(cycle.plan(100, only={"loads"}))
    assert lake_ids(puller) == there(standin, PLANTS, AMERICA)
    assert 0 < region.observations < len(standin.world.ids(frozenset([PLANTS])))
    assert puller.store.pulled() == {}
    assert region.since(puller.store) == datetime.fromtimestamp(NOW - 1_800, UTC)
    assert region.requests_left(puller.store) == 0
    with puller.lake.connect() as con:
        names = con.sql("SELECT name FROM taxa WHERE taxon_id IN (1, 47126, 48460) ORDER BY 1").fetchall()
    assert ("Plantae",) in names


def test_a_region_is_kept_up_to_date_by_its_changes(make_puller, standin):
    puller = make_puller()
    ids = there(standin, PLANTS, AMERICA)
    region = Region(PLANTS, AMERICA, len(ids))
    Cycle(puller, [], regions=[region]).run(Cycle(puller, [], regions=[region]).plan(100, only={"loads"}))
    record = dict(standin.world[ids[0]])
    standin.world.put({**record, "quality_grade": "casual"}, at=NOW - 60)
    before = len(standin.log)
    later = Cycle(puller, [], regions=[region])
    later.run(later.plan(100, only={"changes"}))
    assert [requested.parameters["place_id"] for requested in standin.log[before:]] == [str(AMERICA)]
    with puller.lake.connect() as con:
        query = f"SELECT quality_grade FROM observations WHERE observation_id = {ids[0]}"
        assert con.sql(query).fetchall() == [("casual",)]


@pytest.mark.parametrize("place_id", [None, AMERICA])
def test_a_load_that_is_cut_short_goes_on_where_it_stopped(make_puller, standin, place_id):
    whole, parts = make_puller("whole"), make_puller("parts")
    region = Region(1, place_id, 60, 30)
    cycle = Cycle(whole, [], regions=[region])
    cycle.run(cycle.plan(100, only={"loads"}))
    for _ in range(20):
        if region.requests_left(parts.store) == 0:
            break
        cycle = Cycle(parts, [], regions=[region])
        cycle.run(cycle.plan(2, only={"loads"}))
    assert lake_ids(parts) == lake_ids(whole)
    assert walk_of(parts.store, region) is None


def test_a_region_that_is_refused_does_not_stop_the_others(make_puller, standin):
    puller = make_puller()
    gone, there_is = Region(PLANTS, NOWHERE, 5), Region(PLANTS, AMERICA, 5)
    get = puller.client.get

    def refuse(path, **requested):
        if requested.get("place_id") == NOWHERE:
            path = "no/such/thing"
        return get(path, **requested)

    puller.client.get = refuse
    cycle = Cycle(puller, [], regions=[gone, there_is])
    cycle.run(cycle.plan(100, only={"loads"}))
    assert list(cycle.refused) == [gone]
    [refused] = cycle.refused[gone]
    assert (refused["code"], refused["status"]) == ("api_refused", 404)
    assert lake_ids(puller) == there(standin, PLANTS, AMERICA)


def test_a_clade_from_everywhere_becomes_a_watched_taxon(make_puller, standin):
    puller = make_puller()
    cycle = Cycle(puller, [], regions=[Region(PLANTS, None, 60, 30)])
    plan = cycle.plan(100)
    assert {step.name: step.needed for step in plan.steps}["new"] == 0
    cycle.run(plan)
    assert list(puller.store.pulled()) == [PLANTS]
    assert lake_ids(puller) == standin.world.ids(frozenset([PLANTS]))


def test_a_file_from_before_places_is_read(tmp_path):
    path = tmp_path / "pull.sqlite3"
    with closing(sqlite3.connect(path)) as con:
        con.execute(
            "CREATE TABLE walks (id INTEGER PRIMARY KEY, taxon_ids TEXT NOT NULL, updated_since TEXT,"
            " id_above INTEGER NOT NULL DEFAULT 0, began_at TEXT, records INTEGER NOT NULL DEFAULT 0)"
        )
        con.execute("INSERT INTO walks (taxon_ids, id_above, records) VALUES ('[3]', 7, 4)")
        con.commit()
    for _ in range(2):
        (walk,) = Store(path).walks()
        assert (walk.taxon_ids, walk.id_above, walk.records, walk.place_id, walk.fetched) == (
            (3,),
            7,
            4,
            None,
            0,
        )
