"""The stand-in keeps iNaturalist's limits, and misbehaves as it is told."""

import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

import pytest
import requests

from tests.standin.server import StandIn
from tests.standin.world import World


def get(standin: StandIn, path: str, **requested: object) -> requests.Response:
    return requests.get(f"{standin.url}/{path}", {k: str(v) for k, v in requested.items()}, timeout=10)


def page(standin: StandIn, **requested: object) -> dict:
    return get(standin, "observations", order_by="id", order="asc", **requested).json()


@pytest.fixture
def own(records: list[dict]) -> Iterator[StandIn]:
    """A stand-in that a test may change; a request takes 0.5 s to be late."""
    with StandIn(World(records), requests=10_000, hang_s=0.5, clock=lambda: time.time() + 3600) as serving:
        yield serving


def test_observations_are_walked_by_id(standin: StandIn) -> None:
    ids: list[int] = []
    while results := page(standin, per_page=200, id_above=ids[-1] if ids else 0)["results"]:
        ids += [record["id"] for record in results]
    assert ids == standin.world.ids()
    assert len(ids) == 600


def test_a_page_has_at_most_200_and_none_where_none_are_asked_for(standin: StandIn) -> None:
    assert len(page(standin, per_page=500)["results"]) == 200
    assert page(standin, per_page=0) == {"total_results": 600, "page": 1, "per_page": 0, "results": []}


def test_pages_past_ten_thousand_are_refused(standin: StandIn) -> None:
    assert get(standin, "observations", page=50, per_page=200).status_code == 200
    assert get(standin, "observations", page=51, per_page=200).status_code == 403
    assert get(standin, "observations/species_counts", page=21, per_page=500).status_code == 403


def test_a_clade_and_a_time_narrow_the_observations(standin: StandIn) -> None:
    in_clade = page(standin, taxon_id="47126,3", per_page=200)
    lines = [set(record["taxon"]["ancestor_ids"]) for record in in_clade["results"]]
    assert lines
    assert all(line & {47126, 3} for line in lines)
    newest = max(record["updated_at"][:10] for record in in_clade["results"])
    later = page(standin, updated_since=f"{newest}T00:00:00+00:00", per_page=200)
    assert 0 < later["total_results"] < 600


def test_species_counts_are_of_leaf_taxa_and_add_up(standin: StandIn) -> None:
    result = get(standin, "observations/species_counts", per_page=500).json()
    counts = [row["count"] for row in result["results"]]
    assert counts == sorted(counts, reverse=True)
    row = result["results"][0]
    assert page(standin, taxon_id=row["taxon"]["id"], per_page=0)["total_results"] == row["count"]


def test_taxa_by_id_tell_whether_the_model_knows_them(standin: StandIn) -> None:
    ids = list(standin.world.taxa)[:31]
    assert get(standin, f"taxa/{','.join(map(str, ids))}").status_code == 422
    result = get(standin, f"taxa/{','.join(map(str, ids[:30]))}").json()["results"]
    assert [taxon["id"] for taxon in result] == ids[:30]
    assert {type(taxon["vision"]) for taxon in result} == {bool}


def test_more_than_the_allowed_requests_are_429(records: list[dict]) -> None:
    with StandIn(World(records[:3]), requests=3, window_s=60) as standin:
        assert [get(standin, "taxa").status_code for _ in range(5)] == [200, 200, 200, 429, 429]


def test_every_fault_can_be_had(own: StandIn) -> None:
    first = page(own, per_page=5)
    own.faults.next("429", "429-wait", "500", "503-wait", "html", "repeat", "truncated")
    answers = [get(own, "observations", per_page=1) for _ in range(7)]
    assert [(each.status_code, each.headers.get("Retry-After")) for each in answers[:4]] == [
        (429, None),
        (429, "1"),
        (500, None),
        (503, "1"),
    ]
    assert answers[4].text.startswith("<!DOCTYPE html>")
    assert answers[5].json() == first
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answers[6].json()
    own.faults.next("timeout")
    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.get(f"{own.url}/taxa", timeout=0.1)
    own.faults.next("cut")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        get(own, "observations")


def test_ids_vanish_and_fields_are_empty_when_asked(own: StandIn) -> None:
    ids = own.world.ids()
    own.faults.next("vanish", "nulls")
    assert [record["id"] for record in page(own, per_page=3)["results"]] == ids[:3]
    result = page(own, per_page=3, id_above=ids[2])
    assert [record["id"] for record in result["results"]] == ids[4:7]
    assert result["total_results"] is None
    assert result["results"][0]["taxon"] is None
    assert "taxon" not in result["results"][1]


def test_its_clock_may_be_wrong(own: StandIn) -> None:
    answer = get(own, "taxa")
    ahead = parsedate_to_datetime(answer.headers["Date"]).timestamp() - own.log[-1].at
    assert 3590 < ahead < 3610


def test_faults_come_every_so_often(own: StandIn) -> None:
    own.faults.every(3, ["500", "429"])
    statuses = [get(own, "taxa").status_code for _ in range(6)]
    assert sorted(statuses) == [200, 200, 200, 200, 429, 500]
