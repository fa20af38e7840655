"""Re-counts find what `updated_since` does not tell; the model's taxa are asked for thirty at a time."""

import pytest

from exporter.messages import english
from exporter.pull import upkeep, walk
from tests.exporter.pull.conftest import NOW, contents
from tests.exporter.pull.kill import PER_PAGE
from tests.exporter.pull.test_puller import AVES, Make
from tests.standin.server import StandIn


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "PER_PAGE", PER_PAGE)


def test_a_clade_that_agrees_costs_one_request(make_puller: Make, standin: StandIn) -> None:
    puller = make_puller()
    puller.pull([AVES])
    standin.log.clear()
    assert upkeep.recount(puller, AVES) == 0
    assert [each.parameters for each in standin.log] == [{"taxon_id": "3", "per_page": "0"}]
    [(taxon_id, recounted_at)] = puller.store.least_recounted()
    assert taxon_id == AVES
    assert recounted_at > 0


def test_observations_that_a_database_gave_are_here_too(make_puller: Make, standin: StandIn) -> None:
    puller = make_puller()
    puller.pull([AVES])
    with puller.lake.connect() as con, puller.lake.staging() as staging:
        lists = "lists_photos, lists_identifications"
        rows = con.sql(f"SELECT * EXCLUDE (source, {lists}) FROM observations").to_arrow_table()
        staging.add("observations", "database", rows)
        puller.lake.upsert(staging)
    standin.log.clear()
    assert upkeep.recount(puller, AVES) == 0
    assert len(standin.log) == 1


def test_what_was_deleted_and_what_left_the_clade_is_put_right(make_puller: Make, standin: StandIn) -> None:
    puller = make_puller()
    puller.pull([AVES])
    before = contents(puller.lake)
    deleted, moved, *_ = standin.world.ids(frozenset([AVES]))
    plant = standin.world.ids(frozenset([47126]))[0]
    taxon = standin.world[plant]["taxon"]
    standin.world.remove(deleted)
    standin.world.put({**standin.world[moved], "taxon": taxon}, at=NOW + 60)
    assert upkeep.recount(puller, AVES) == 2
    after = contents(puller.lake)
    rows = {row[0]: row for row in after["observations"]}
    assert rows.keys() == {row[0] for row in before["observations"]}
    assert rows[moved][2] == taxon["id"]
    uuid_and_empty = rows[deleted][1:-2]
    assert uuid_and_empty[0] is not None
    assert set(uuid_and_empty[1:]) == {None}
    for table in ("photos", "identifications"):
        assert {row[0] for row in after[table]} == {row[0] for row in before[table]} - {deleted}
    assert upkeep.recount(puller, AVES) == 0
    assert english(puller.store.events()[0].messages) == "Re-count of taxon 3: 2 observations put right."


def test_an_observation_that_comes_back_is_taken_again(make_puller: Make, standin: StandIn) -> None:
    puller = make_puller()
    puller.pull([AVES])
    before = contents(puller.lake)
    record = standin.world[standin.world.ids(frozenset([AVES]))[0]]
    standin.world.remove(record["id"])
    upkeep.recount(puller, AVES)
    standin.world.put(record)
    assert upkeep.recount(puller, AVES) == 1
    assert contents(puller.lake) == before


def test_the_model_is_asked_for_thirty_taxa_at_a_time(make_puller: Make, standin: StandIn) -> None:
    puller = make_puller()
    taxa = sorted(standin.world.taxa)[:65]
    upkeep.ask_model(puller.client, puller.store, [*taxa, 999_999_999])
    assert [each.path.count(",") + 1 for each in standin.log] == [30, 30, 6]
    assert puller.store.model() == {number: standin.world.is_in_model(number) for number in taxa}
