"""Feeds as feed readers take them: read by feedparser, and by what RFC 4287 asks of every entry."""

import feedparser
import pytest

from portal.lake.models import Refresh
from portal.taxa.models import Taxon
from tests.portal.hotspots.findings import CARNARIA, IMPATIENS

ATOM = "/feeds/hotspots.atom"


def read(client, address=ATOM):
    """The feed, after what every Atom feed must have (RFC 4287, 4.1)."""
    response = client.get(address)
    assert response.headers["Content-Type"].startswith("application/atom+xml")
    feed = feedparser.parse(response.content)
    assert not feed.bozo
    assert feed.version == "atom10"
    assert feed.feed.id
    assert feed.feed.title
    assert feed.feed.author
    assert {link.rel for link in feed.feed.links} == {"alternate", "self"}
    ids = [entry.id for entry in feed.entries]
    assert len(set(ids)) == len(ids)
    for entry in feed.entries:
        assert entry.updated_parsed
        assert entry.title
        assert entry.link.startswith("http://testserver/")
    return feed


def test_the_worst_hotspots_with_their_estimate(hotspots, client):
    first = read(client).entries[0]
    assert first.id == f"tag:leafline,2026:hotspot/{IMPATIENS}"
    assert first.title == "Simulated: Common Eastern Bumble Bee: 61 of 540 labels probably wrong"
    assert first.summary.startswith("About 61 of 540 observations labelled Bombus impatiens are probably ")
    assert first.link == f"http://testserver/hotspots/{IMPATIENS}/"
    assert first.updated == "2026-11-01T06:30:00+00:00"


def test_a_clade_s_feed_has_its_hotspots_only(hotspots, client):
    feed = read(client, f"{ATOM}?clade=47822")
    assert [entry.id for entry in feed.entries] == [f"tag:leafline,2026:hotspot/{CARNARIA}"]
    assert feed.feed.title == "Hotspots in Flies"
    assert feed.feed.id != read(client).feed.id


def test_real_data_are_not_called_simulated(hotspots, client):
    Refresh.objects.update(is_simulated=False)
    assert "imulated" not in client.get(ATOM).content.decode()


@pytest.mark.parametrize("clade", ["5", "x", "%00", "9" * 30])
def test_an_unknown_clade_has_no_feed(hotspots, client, clade):
    assert client.get(f"{ATOM}?clade={clade}").status_code == 404


def test_without_data_the_feed_is_empty(db, client):
    assert read(client).entries == []


def test_a_reader_that_has_the_feed_gets_it_no_second_time(hotspots, client):
    tag = client.get(ATOM).headers["ETag"]
    assert client.get(ATOM, headers={"If-None-Match": tag}).status_code == 304


def test_the_feed_of_cutoffs_is_read_by_the_same_reader(db, client):
    feed = feedparser.parse(client.get("/feeds/cutoffs.atom").content)
    assert not feed.bozo
    assert feed.version == "atom10"


def test_links_begin_with_the_site_s_address_whatever_host_is_asked(hotspots, client, settings):
    settings.SITE_URL, settings.ALLOWED_HOSTS = "https://leafline.example.org", ["*"]
    feed = feedparser.parse(client.get(f"{ATOM}?clade=47158", headers={"host": "a.example.org"}).content)
    assert {link.href for link in feed.feed.links} == {
        "https://leafline.example.org/hotspots/?clade=47158",
        "https://leafline.example.org/feeds/hotspots.atom?clade=47158",
    }
    assert feed.entries[0].link == f"https://leafline.example.org/hotspots/{IMPATIENS}/"


def test_a_name_that_xml_cannot_hold_is_cleaned(hotspots, client):
    Taxon.objects.filter(pk=IMPATIENS).update(common_name="Bumble\x1b bee")
    assert read(client).entries[0].title == "Simulated: Bumble bee: 61 of 540 labels probably wrong"


def test_labels_with_fewer_than_one_wrong_are_no_news(hotspots, client):
    ids = [entry.id.rpartition("/")[2] for entry in read(client).entries]
    assert ids == [str(IMPATIENS), str(CARNARIA)]
