"""Facets about the reader: one's own observations, and one's mavericks, which are open to nobody else."""

import csv

import feedparser
import pyarrow as pa
import pytest
from django.db import transaction
from django.utils import timezone

from exporter.hotspots.involved import INVOLVED
from portal.accounts import services as accounts
from portal.accounts.feed_keys import key_of
from portal.accounts.models import Identity
from portal.accounts.queries import Person
from portal.batches import visitors
from portal.batches.models import Batch, SeenObservation
from portal.batches.services import holders
from portal.hotspots import services
from portal.hotspots.facets import Facets
from portal.hotspots.models import HotspotHistory, Involved, SavedSearch
from portal.hotspots.queries.worklists import worklist
from portal.notices.queries import facets_of
from tests.portal.hotspots.findings import IMPATIENS, entry, make_found
from tests.portal.taxa.test_views import words

RULE = "inat-2022"
ANA, BEN = 70, 71
#: Ana observed 1 and 2 and is the maverick of 3; Ben is the maverick of 2, and of 9, which is on no worklist.
ROWS = [(1, ANA, "observer"), (2, ANA, "observer"), (3, ANA, "maverick"), (2, BEN, "maverick")]


@pytest.fixture
def listed(world):
    """Four bumble bees on the worklist, the most worthwhile first."""
    world.refresh_from_db()
    world.counts["hotspots"] = {RULE: 3}
    world.save()
    HotspotHistory.objects.filter(refresh=world).delete()
    entries = [entry(number, IMPATIENS, 0.9 - number / 10) for number in (1, 2, 3, 4)]
    rows = [dict(zip(INVOLVED.names, row, strict=True)) for row in ROWS]
    services.write_unseen(
        world, {RULE: make_found(entries=entries)}, {RULE: pa.Table.from_pylist(rows, INVOLVED)}
    )
    with transaction.atomic():
        services.show(world, [RULE])
    services.tidy()


@pytest.fixture
def person(django_user_model):
    """`person("ana", ANA)` signed in with iNaturalist; with ``is_proven=False`` only says so."""

    def person(name, inat_id=None, *, is_proven=True):
        user = django_user_model.objects.create_user(name, password="a long enough password")
        if inat_id and is_proven:
            Identity.objects.create(user=user, inat_id=inat_id, login=name, told_at=timezone.now())
        elif inat_id:
            accounts.name_account(user, inat_id, name)
        return user

    return person


def seen_on_page(client, query):
    page = client.get(f"/hotspots/worklist/?mixed=1&{query}").content.decode()
    return [number for number in (1, 2, 3, 4) if f'data-observation="{number}"' in page]


def in_file(client, query):
    lines = client.get(f"/hotspots/worklist.csv?{query}").getvalue().decode().splitlines()
    return [int(row["observation_id"]) for row in csv.DictReader(lines)]


def in_feed(client, query):
    feed = feedparser.parse(client.get(f"/feeds/worklist.atom?{query}").content)
    return [int(one.id.rpartition("/")[2]) for one in feed.entries]


def test_a_person_sees_their_own_and_where_they_stand_alone(listed, client, person):
    ana, ben = person("ana", ANA), person("ben", BEN)
    for user, query, ids in (
        (ana, "own=1", [1, 2]),
        (ana, "maverick=1", [3]),
        (ana, "own=1&maverick=1", []),
        (ben, "own=1", []),
        (ben, "maverick=1", [2]),
    ):
        client.force_login(user)
        assert seen_on_page(client, query) == ids, (user, query)
        assert in_file(client, query) == ids
        client.logout()
        assert in_feed(client, f"{query}&key={key_of(user)}") == ids


def test_the_page_s_feed_carries_the_reader_s_key_only_where_it_is_about_the_reader(listed, client, person):
    ana = person("ana", ANA)
    client.force_login(ana)
    assert key_of(ana) in client.get("/hotspots/worklist/?own=1").content.decode()
    assert key_of(ana) not in client.get("/hotspots/worklist/?disputed=1").content.decode()


def test_who_only_says_who_they_are_sees_nobody_s_mavericks(listed, client, person):
    """Anybody can say so. What an observer made is public on iNaturalist; a list of mavericks is not."""
    client.force_login(person("impostor", BEN, is_proven=False))
    page = client.get("/hotspots/worklist/?maverick=1")
    assert "it is only for people who signed in with iNaturalist" in words(page)
    assert in_file(client, "maverick=1") == [1, 2, 3, 4]
    assert list(worklist(Facets(RULE, maverick=True, reader=Person(BEN, "ben", is_proven=False)))) == []


@pytest.mark.parametrize(
    ("name", "says"),
    [(None, "sign in first"), ("new", "say on the page of your account who you are on iNaturalist")],
)
def test_where_nobody_knows_who_reads_the_page_says_what_to_do(listed, client, person, name, says):
    if name:
        client.force_login(person(name))
    for facet in ("own", "maverick"):
        assert says in words(client.get(f"/hotspots/worklist/?{facet}=1"))
        assert client.get(f"/feeds/worklist.atom?{facet}=1").status_code == 404
    assert list(worklist(Facets(RULE, own=True))) == []


def test_nothing_in_an_address_names_another_person(listed, client, person):
    """Not an id, a name or a role, on pages, in feeds or in the API; and no key is guessed."""
    client.force_login(person("ana", ANA))
    for name in ("reader", "inat_id", "user", "user_id", "login"):
        assert seen_on_page(client, f"maverick=1&{name}={BEN}") == [3]
        assert in_file(client, f"maverick=1&{name}={BEN}") == [3]
        assert client.get(f"/api/v1/worklist/?{name}={BEN}").status_code == 400
    assert client.get("/feeds/worklist.atom?maverick=1&key=1-0000").status_code == 403


def test_staff_have_no_page_of_who_is_involved(listed, admin_client):
    assert admin_client.get("/admin/hotspots/involved/").status_code == 404


def test_a_kept_search_and_a_batch_are_of_whoever_has_them(listed, client, person):
    ana = person("ana", ANA)
    client.force_login(ana)
    client.post("/hotspots/worklist/save/", {"name": "Mine", "query": "own=1"})
    assert list(SavedSearch.objects.values_list("person", "query")) == [(ana.pk, "own=1")]
    client.post("/batches/take/", {"query": "own=1"})
    taken = Batch.objects.get().rows.values_list("observation_id", flat=True)
    assert sorted(taken) == [1, 2]


def test_a_refresh_replaces_who_is_involved(listed, world):
    assert Involved.objects.filter(criteria=RULE).count() == 4
    HotspotHistory.objects.filter(refresh=world).delete()
    services.write_unseen(world, {RULE: make_found()}, {RULE: INVOLVED.empty_table()})
    assert Involved.objects.filter(criteria=RULE).count() == 4, (
        "readers see the former ones until it is shown"
    )
    with transaction.atomic():
        services.show(world, [RULE])
    services.tidy()
    assert Involved.objects.filter(criteria=RULE).count() == 0


def test_what_one_has_seen_stays_away_wherever_a_search_goes(listed, client, person):
    """On the page, also of a browser without an account; in a kept search; in the feed with one's own key."""
    ana, query = person("ana", ANA), "unseen=1"
    SeenObservation.objects.create(holder=holders.of_account(ana), observation_id=2)
    assert in_feed(client, f"{query}&key={key_of(ana)}") == [1, 3, 4]
    assert client.get(f"/feeds/worklist.atom?{query}").status_code == 404
    client.force_login(ana)
    page = client.get(f"/hotspots/worklist/?{query}").content.decode()
    assert f"/feeds/worklist.atom?{query}&amp;key={key_of(ana)}" in page
    client.post("/hotspots/worklist/save/", {"name": "New to me", "query": query})
    facets = facets_of(SavedSearch.objects.get())
    assert facets is not None
    assert [row.observation_id for row in worklist(facets)] == [1, 3, 4]
    client.logout()
    browser, key = holders.new_browser()
    SeenObservation.objects.create(holder=browser, observation_id=4)
    client.cookies[visitors.COOKIE] = key
    assert seen_on_page(client, query) == [1, 2, 3]
    assert 'href="/feeds/worklist.atom?"' in client.get(f"/hotspots/worklist/?{query}").content.decode()
