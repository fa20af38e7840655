"""What a pull brings into the lake, what it asks for, and what faults of iNaturalist do to it."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from exporter.errors import DataError
from exporter.ingest import ingest
from exporter.lake import Lake
from exporter.messages import Message
from exporter.pull import walk
from exporter.pull.puller import Puller
from tests.exporter.pull.conftest import NOW, contents
from tests.exporter.pull.kill import PER_PAGE
from tests.standin.faults import FAULTS
from tests.standin.server import StandIn

LIFE = 48460
AVES = 3
Make = Callable[..., Puller]


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "PER_PAGE", PER_PAGE)


def observation_ids(lake: Lake) -> list[int]:
    return [row[0] for row in contents(lake)["observations"]]


def asked(standin: StandIn, path: str) -> list[dict[str, str]]:
    return [each.parameters for each in standin.log if each.path == f"/v1/{path}"]


def test_a_pull_brings_what_ingesting_the_same_records_brings(
    make_puller: Make, standin: StandIn, tmp_path: Path
) -> None:
    puller = make_puller()
    report = puller.pull_clade(LIFE)
    pulled = contents(puller.lake)
    ids = standin.world.ids(frozenset([LIFE]))
    assert [row[0] for row in pulled["observations"]] == ids
    file = tmp_path / "records.ndjson"
    file.write_bytes(b"\n".join(orjson.dumps(standin.world[number]) for number in ids))
    ingest(Lake(tmp_path / "ingested"), [file])
    ingested = contents(Lake(tmp_path / "ingested"))
    for table in ("observations", "photos", "identifications"):
        assert pulled[table] == ingested[table]
    assert {row[0] for row in pulled["taxa"]} >= {row[0] for row in ingested["taxa"]}
    assert puller.lake.require_latest().is_simulated
    assert report.tables["observations"].new == len(ids)
    assert puller.client.requests == len(standin.log)
    assert report.refusals == []


def test_the_second_pull_asks_only_for_what_changed(make_puller: Make, standin: StandIn) -> None:
    make_puller().pull_clade(LIFE)
    before = contents(make_puller().lake)
    number = standin.world.ids(frozenset([AVES]))[0]
    changed = {**standin.world[number], "captive": True}
    standin.world.put(changed, at=NOW + 60)
    standin.log.clear()
    report = make_puller().pull_clade(LIFE)
    [only] = asked(standin, "observations")
    # Half an hour before the server's own time at the first pull's beginning.
    assert datetime.fromisoformat(only["updated_since"]) == datetime.fromtimestamp(NOW - 1800, UTC)
    assert (report.tables["observations"].read, report.tables["observations"].changed) == (1, 1)
    after = contents(make_puller().lake)
    assert [row[0] for row in set(after["observations"]) - set(before["observations"])] == [number]


def test_what_changes_during_a_pull_comes_with_the_next(make_puller: Make, standin: StandIn) -> None:
    ids = standin.world.ids(frozenset([LIFE]))
    puller = make_puller()
    start = puller.store.start_walk([LIFE], None)
    puller.store.began(start, datetime.fromtimestamp(NOW, UTC))
    puller.store.advance(start, ids[9], 0)
    standin.world.put({**standin.world[ids[0]], "captive": True}, at=NOW + 5)
    puller.pull([LIFE])
    assert observation_ids(puller.lake) == ids[10:]
    puller.pull([LIFE])
    assert observation_ids(puller.lake) == [ids[0], *ids[10:]]


def test_since_asks_from_that_time(make_puller: Make, standin: StandIn) -> None:
    since = datetime(2026, 6, 1, tzinfo=UTC)
    puller = make_puller()
    puller.pull([LIFE], since)
    assert asked(standin, "observations")[0]["updated_since"] == "2026-06-01T00:00:00+00:00"
    assert observation_ids(puller.lake) == standin.world.ids(frozenset([LIFE]), since.timestamp())
    # What lies before is still to be had: the taxon does not count as pulled.
    assert puller.store.pulled() == {}


def test_many_taxa_share_a_request(make_puller: Make, standin: StandIn) -> None:
    taxa = [number for number, taxon in standin.world.taxa.items() if taxon["rank"] == "species"][:150]
    puller = make_puller()
    puller.pull(taxa)
    standin.log.clear()
    puller.pull(taxa)
    assert [len(each["taxon_id"].split(",")) for each in asked(standin, "observations")] == [
        min(len(taxa), 100),
        *([len(taxa) - 100] if len(taxa) > 100 else []),
    ]


@pytest.mark.parametrize("fault", sorted(set(FAULTS) - {"vanish", "nulls"}))
def test_a_fault_loses_nothing_and_doubles_nothing(make_puller: Make, standin: StandIn, fault: str) -> None:
    make_puller("undisturbed").pull_clade(AVES)
    standin.faults.next(fault)
    standin.faults.every(2, [fault])
    puller = make_puller("disturbed")
    puller.pull_clade(AVES)
    assert contents(puller.lake) == contents(Lake(puller.lake.root.parent / "undisturbed"))


def test_all_faults_together(make_puller: Make, standin: StandIn) -> None:
    make_puller("undisturbed").pull_clade(LIFE)
    standin.faults.every(3, sorted(set(FAULTS) - {"vanish", "nulls", "timeout"}))
    puller = make_puller("disturbed")
    puller.pull_clade(LIFE)
    assert contents(puller.lake) == contents(Lake(puller.lake.root.parent / "undisturbed"))


def test_ids_that_vanish_between_pages_cost_no_others(make_puller: Make, standin: StandIn) -> None:
    puller = make_puller()
    standin.faults.every(2, ["vanish"])
    puller.pull([LIFE])
    # Of those deleted meanwhile some were seen before; whatever is still there must be.
    assert set(standin.world.ids(frozenset([LIFE]))) <= set(observation_ids(puller.lake))


def test_fields_that_are_missing_count_as_not_told(make_puller: Make, standin: StandIn) -> None:
    puller = make_puller()
    standin.faults.every(1, ["nulls"])
    puller.pull([LIFE])
    assert observation_ids(puller.lake) == standin.world.ids(frozenset([LIFE]))
    assert Counter(row[2] for row in contents(puller.lake)["observations"])[None] > 0


def test_a_server_that_never_makes_sense_is_told_in_one_line(make_puller: Make, standin: StandIn) -> None:
    standin.faults.every(1, ["html"])
    with pytest.raises(DataError, match=r"no JSON \(text/html\)\. .* failed 3 times in a row; nothing"):
        make_puller(attempts=3).pull_clade(AVES)


def test_what_went_wrong_is_told_in_words(make_puller: Make, standin: StandIn) -> None:
    said: list[list[Message]] = []
    standin.faults.next("429-wait", "503-wait", "timeout", "truncated", "html")
    make_puller(say=said.append).pull([AVES])
    assert [fault for fault, _again in said] == [
        {"code": "api_too_many"},
        {"code": "api_fault", "status": 503},
        {"code": "api_no_answer", "error": "ReadTimeout"},
        {"code": "api_cut_off"},
        {"code": "api_no_json", "type": "text/html"},
    ]
    assert {again["code"] for _fault, again in said} == {"api_again"}


def test_whoever_pulls_can_be_written_to(make_puller: Make, standin: StandIn) -> None:
    make_puller(contact="ada@example.org").pull([AVES])
    agent = standin.log[-1].user_agent
    assert "Leafline/" in agent
    assert agent.endswith("contact: ada@example.org")


def test_a_request_that_is_refused_is_not_sent_again(make_puller: Make, standin: StandIn) -> None:
    puller = make_puller()
    with pytest.raises(DataError, match="refused with 422"):
        puller.client.get("observations", id_above="x")
    assert len(standin.log) == 1
