"""Facets: what an address may say, and that page, file, feed and API find the same by it."""

import csv
from urllib.parse import parse_qsl

import feedparser
import pytest

from portal.batches.models import Batch
from portal.hotspots.facets import FACETS, Facets
from portal.hotspots.forms import FacetsForm
from portal.hotspots.models import WorklistEntry
from portal.hotspots.queries import offering, worklists
from portal.taxa.models import Taxon
from tests.portal.hotspots.findings import (
    BOMBUS,
    CARNARIA,
    GRISEOCOLLIS,
    IMPATIENS,
    TERRESTRIS,
    entry,
    make_found,
)
from tests.portal.taking_over import take_over_hotspots
from tests.portal.taxa.test_views import links, words
from tests.portal.world import LAST_DAY, make_refresh

RULE = "inat-2022"
ENTRIES = [
    entry(1, IMPATIENS, 0.9, quality_grade="needs_id", is_suggested=True),
    entry(2, IMPATIENS, 0.3, is_disputed=False, latitude=51.5, longitude=-0.1),
    entry(3, IMPATIENS, 0.05, suggested_taxon_id=TERRESTRIS, quality_grade=None),
    entry(4, CARNARIA, 0.5, suggested_taxon_id=None, kind="collapse", evidence="votes", is_disputed=False),
]
#: A query, and the observations that it finds, the most worthwhile first.
FOUND = {
    "": [1, 4, 2, 3],
    "place=europe": [2],
    "kind=collapse": [4],
    f"label={IMPATIENS}": [1, 2, 3],
    f"rather={TERRESTRIS}": [3],
    "rather=0": [4],
    "chance=likely": [1, 4],
    "chance=possible": [2],
    "chance=unlikely": [3],
    "grade=needs_id": [1],
    "grade=research": [4, 2],
    "evidence=votes": [4],
    "suggested=1": [1],
    "disputed=1": [1, 3],
    "since=count": [2],
    "since=2026-11-01": [1, 4, 2, 3],
    "since=2026-11-02": [2],
    f"clade={BOMBUS}": [1, 2, 3],
    f"clade={BOMBUS}&chance=possible&grade=research": [2],
    "grade=casual": [],
}


@pytest.fixture
def listed(world):
    """Four observations, the second of which came with a later count."""
    world.refresh_from_db()
    take_over_hotspots(world, {RULE: make_found(entries=[ENTRIES[0], *ENTRIES[2:]])})
    later = make_refresh(LAST_DAY.replace(day=2), counts={"hotspots": {RULE: 3}})
    later.refresh_from_db()
    world.counts["hotspots"] = {RULE: 3}
    world.save()
    take_over_hotspots(later, {RULE: make_found(entries=ENTRIES)})
    return later


def test_page_file_feed_and_api_find_the_same(listed, client):
    for query, ids in FOUND.items():
        check_everywhere(client, query, ids)


def check_everywhere(client, query, ids):
    facets, notices = FacetsForm(dict(parse_qsl(query))).facets()
    assert notices == []
    assert [row.observation_id for row in worklists.worklist(facets)] == ids
    lines = client.get(f"/hotspots/worklist.csv?{query}").getvalue().decode().splitlines()
    assert [int(row["observation_id"]) for row in csv.DictReader(lines)] == ids
    results = client.get(f"/api/v1/worklist/?{query}").json()["results"]
    assert [row["observation_id"] for row in results] == ids
    feed = feedparser.parse(client.get(f"/feeds/worklist.atom?{query}").content)
    assert [one.id for one in feed.entries] == [f"tag:leafline,2026:worklist/{number}" for number in ids]
    page = client.get(f"/hotspots/worklist/?mixed=1&{query}").content.decode()
    assert [f'data-observation="{number}"' in page for number in (1, 2, 3, 4)] == [
        number in ids for number in (1, 2, 3, 4)
    ]


@pytest.mark.parametrize("query", ["chance=possible", "grade=needs_id", "rather=0"])
def test_facets_narrow_a_label_s_worklist_too(listed, client, query):
    ids = [number for number in FOUND[query] if number in FOUND[f"label={IMPATIENS}"]]
    page = client.get(f"/hotspots/{IMPATIENS}/?{query}").content.decode()
    assert [number for number in (1, 2, 3, 4) if f'data-observation="{number}"' in page] == ids
    results = client.get(f"/api/v1/hotspots/{IMPATIENS}/worklist/?{query}").json()["results"]
    assert [row["observation_id"] for row in results] == ids


BAD = [
    *(f"{facet.name}=nonsense" for facet in FACETS),
    "label=-1",
    "label=1e9",
    f"rather={10**30}",
    "since=2026-02-30",
    "since=0",
    "suggested=2",
    "place=%00",
]


def test_a_value_that_is_none_is_one_clear_line(listed, client):
    for query in BAD:
        page = client.get(f"/hotspots/worklist/?{query}")
        assert page.status_code == 200
        assert page.content.decode().count('<ul class="notices"') == 1
        assert client.get(f"/hotspots/worklist.csv?{query}").status_code == 200
        assert client.get(f"/feeds/worklist.atom?{query}").status_code == 404
        name, refused = query.partition("=")[0], client.get(f"/api/v1/worklist/?{query}")
        if name == "place":
            assert (refused.status_code, refused.json()["detail"][:6]) == (404, "place:")
        else:
            assert refused.status_code == 400
            assert [fault["name"] for fault in refused.json()["errors"]] == [name]


def test_an_address_holds_what_was_chosen_and_reads_back():
    facets = Facets(
        "inat-2021", Taxon(id=BOMBUS), place="asia", label=1, rather=0, since="count", suggested=True
    )
    assert facets.query == (
        f"clade={BOMBUS}&place=asia&label=1&rather=0&since=count&suggested=1&criteria=inat-2021"
    )
    assert facets.chosen == ["clade", "place", "label", "rather", "since", "suggested"]
    assert facets.without("clade", "label", "rather", "since").query == (
        "place=asia&suggested=1&criteria=inat-2021"
    )
    assert Facets().query == ""


def test_what_is_chosen_is_shown_with_a_link_that_leaves_it_out(listed, client):
    page = client.get(f"/hotspots/worklist/?place=europe&disputed=1&rather={GRISEOCOLLIS}")
    assert "Place: Europe (leave it out)" in words(page)
    assert "Disputed: yes (leave it out)" in words(page)
    assert f"?place=europe&rather={GRISEOCOLLIS}" in links(page)


def test_an_empty_worklist_says_what_to_widen(listed, client):
    page = client.get("/hotspots/worklist/?place=europe&disputed=1&kind=lookalike")
    assert "1 without “Disputed”" in words(page)
    assert "2 without “Place”" in words(page)
    assert "without “Kind”" not in words(page)
    assert {"?kind=lookalike&disputed=1", "?place=europe&kind=lookalike", "/hotspots/worklist/"} <= set(
        links(page)
    )


def test_what_one_has_seen_is_hidden_where_asked(listed, client):
    assert client.post("/batches/take/", {"query": f"label={IMPATIENS}"}).status_code == 302
    batch = Batch.objects.get()
    client.post(f"/batches/{batch.pk}/answer/1/", {"answer": "skip"})
    assert page_of(client, "mixed=1") == [1, 2, 3, 4]
    assert page_of(client, "mixed=1&unseen=1") == [2, 3, 4]
    assert page_of(client, "unseen=1") == [4]
    lines = client.get("/hotspots/worklist.csv?unseen=1").getvalue().decode().splitlines()
    assert [int(row["observation_id"]) for row in csv.DictReader(lines)] == [4, 2, 3]


def page_of(client, query):
    page = client.get(f"/hotspots/worklist/?{query}").content.decode()
    return [number for number in (1, 2, 3, 4) if f'data-observation="{number}"' in page]


# What somebody is given


def test_one_confusion_at_a_time_is_given_first(listed, client):
    page = client.get("/hotspots/worklist/")
    text = words(page)
    assert "2 Common Eastern Bumble Bee , perhaps Brown-belted Bumble Bee 1 probably wrong" in text
    assert "1 Common Flesh Fly , perhaps something else less than 1 probably wrong" in text
    assert "About 1 of these 2 is probably wrong (90 % interval 0 to 2)." in text
    assert {f"?label={CARNARIA}&rather=0", f"?label={IMPATIENS}&rather={GRISEOCOLLIS}", "?mixed=1"} <= set(
        links(page)
    )
    assert 'data-observation="4"' not in page.content.decode()
    other = client.get(f"/hotspots/worklist/?label={CARNARIA}&rather=0")
    assert "It is wrong with a probability of 50 %." in words(other)
    assert f"?label={IMPATIENS}&rather={GRISEOCOLLIS}" in links(other)


def test_few_wrong_ones_are_offered_as_a_check(listed, client):
    WorklistEntry.objects.update(suspicion=0.05)
    assert "This is a check of mostly right labels" in words(client.get("/hotspots/worklist/?mixed=1"))


def test_the_next_rows_are_of_the_confusion_that_is_worth_most(listed):
    def given(*leave_out, **options):
        rows = offering.next_rows(Facets(RULE), leave_out=leave_out, **options)
        return [row.observation_id for row in rows]

    assert given() == [1, 2]
    assert given(size=1) == [1]
    assert given(1) == [4]
    assert given(1, 4) == [2]
    assert given(1, 2, 3, 4) == []
    assert given(one_confusion=False) == [1, 4, 2, 3]
    held = WorklistEntry.objects.filter(observation_id__lte=2).values("observation_id")
    rows = offering.next_rows(Facets(RULE, label=IMPATIENS), leave_out=held)
    assert [row.observation_id for row in rows] == [3]


def test_where_no_confusion_has_many_labels_are_mixed_first(listed, client):
    for number, label in ((1, IMPATIENS), (2, TERRESTRIS), (3, GRISEOCOLLIS), (4, CARNARIA)):
        WorklistEntry.objects.filter(observation_id=number).update(label_taxon_id=label, priority=1 / number)
    assert [row.observation_id for row in offering.next_rows(Facets(RULE))] == [1, 2, 3, 4]
    assert page_of(client, "") == [1, 2, 3, 4]
    assert page_of(client, f"label={IMPATIENS}&rather={GRISEOCOLLIS}") == [1]


@pytest.mark.parametrize("labels", [2, 4])
def test_confusions_are_read_in_two_queries(listed, django_assert_num_queries, labels):
    WorklistEntry.objects.filter(observation_id__gt=labels).delete()
    with django_assert_num_queries(2):
        offering.confusions(Facets(RULE), offering.first_rows(Facets(RULE)))
