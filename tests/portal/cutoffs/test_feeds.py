"""Calendars and feed readers get every announcement, change and cancellation."""

from datetime import timedelta
from xml.etree import ElementTree

import feedparser
import pytest
from icalendar import Calendar

from portal.cutoffs import services
from portal.cutoffs.states import State
from tests.portal.cutoffs.conftest import ANNOUNCED_AT, CUTOFF_AT, WINDOW_START

ICS, ATOM = "/feeds/cutoffs.ics", "/feeds/cutoffs.atom"
LATER = ANNOUNCED_AT + timedelta(days=2)


def entries(client):
    """The calendar's entries by the kind that ends their UID: "" for the cutoff, "settling"."""
    calendar = Calendar.from_ical(client.get(ICS).content)
    return {str(entry["uid"]).partition("@")[0][37:]: entry for entry in calendar.events}


def news(client):
    """The Atom feed's entries as (title, summary, updated)."""
    space = {"a": "http://www.w3.org/2005/Atom"}
    tree = ElementTree.fromstring(client.get(ATOM).content)
    return [
        tuple(entry.findtext(f"a:{name}", namespaces=space) for name in ("title", "summary", "updated"))
        for entry in tree.findall("a:entry", space)
    ]


def test_a_calendar_has_the_cutoff_and_where_settling_begins(announced, client):
    cutoff = announced(note="Wasps first; then bees, and flies.")
    response = client.get(ICS)
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    result = entries(client)
    assert set(result) == {"", "settling"}
    uid = str(cutoff.uid)
    assert [
        (str(one["uid"]), str(one["summary"]), one.decoded("dtstart"), one.decoded("dtstamp"))
        for one in result.values()
    ] == [
        (f"{uid}@cutoffs.leafline", "iNaturalist cutoff: Winter 2027", CUTOFF_AT, ANNOUNCED_AT),
        (f"{uid}-settling@cutoffs.leafline", "Settling begins: Winter 2027", WINDOW_START, ANNOUNCED_AT),
    ]
    assert [(one["sequence"], one["status"], one["transp"]) for one in result.values()] == [
        (0, "CONFIRMED", "TRANSPARENT"), (0, "CONFIRMED", "TRANSPARENT"),
    ]  # fmt: skip
    assert result[""]["description"].split("\n\n")[1:] == [
        "Wasps first; then bees, and flies.", f"http://testserver/cutoffs/{cutoff.pk}/",
    ]  # fmt: skip


def test_a_calendar_reminds_a_week_and_a_day_before_a_cutoff_that_is_ahead(announced, client, anna):
    cutoff = announced()
    assert [
        (one["action"], one.decoded("trigger"), str(one["description"]))
        for one in entries(client)[""].walk("VALARM")
    ] == [
        ("DISPLAY", timedelta(days=-7), "iNaturalist cutoff: Winter 2027"),
        ("DISPLAY", timedelta(days=-1), "iNaturalist cutoff: Winter 2027"),
    ]
    assert entries(client)["settling"].walk("VALARM") == []
    services.cancel(cutoff, "No disk.", by=anna, now=LATER)
    assert entries(client)[""].walk("VALARM") == []


def test_a_calendar_is_what_rfc_5545_asks_for(announced, client):
    """Lines of at most 75 octets, ended by CRLF; what every calendar and entry must have."""
    announced(name="Ü" * 90)
    body = client.get(ICS).content
    lines = body.split(b"\r\n")
    assert lines[-1] == b""
    assert b"\n" not in b"".join(lines)
    assert max(len(line) for line in lines) <= 75
    calendar = Calendar.from_ical(body)
    assert (calendar["version"], calendar["prodid"], calendar["method"]) == (
        "2.0", "-//Leafline//Cutoffs//EN", "PUBLISH",
    )  # fmt: skip
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT6H" in lines


def test_without_days_to_settle_there_is_one_entry(announced, client):
    announced(settle_days=0)
    assert set(entries(client)) == {""}


def test_a_change_reaches_calendars_under_the_same_uid(announced, anna, client):
    cutoff = announced()
    before = entries(client)[""]
    services.edit(cutoff, {"cutoff_at": CUTOFF_AT + timedelta(days=7)}, by=anna, now=LATER)
    after = entries(client)[""]
    assert after["uid"] == before["uid"]
    assert (after.decoded("dtstart"), after["sequence"], after.decoded("last-modified")) == (
        CUTOFF_AT + timedelta(days=7), 1, LATER,
    )  # fmt: skip


def test_a_cancellation_reaches_calendars(announced, anna, client):
    services.cancel(announced(), "No disk.", by=anna, now=LATER)
    assert {(one["status"], one["sequence"]) for one in entries(client).values()} == {("CANCELLED", 1)}


def test_a_calendar_without_cutoffs_is_one(db, client):
    assert entries(client) == {}


def test_simulated_cutoffs_say_so(announced, client):
    announced(is_simulated=True)
    assert all(str(one["summary"]).startswith("Simulated: ") for one in entries(client).values())
    assert news(client)[0][0] == "Simulated: Winter 2027: Announced"


def test_the_news_tell_what_people_are_told_and_nothing_else(announced, anna, client):
    cutoff = announced()
    cutoff = services.edit(cutoff, {"hold": "always"}, by=anna, now=LATER)
    cutoff = services.edit(
        cutoff, {"hold": "never", "cutoff_at": CUTOFF_AT + timedelta(days=7)}, by=anna, now=LATER
    )
    services.cancel(cutoff, "No disk.", by=anna, now=LATER)
    day = "The cutoff was to be on 27 January 2027, 00:00 UTC."
    assert news(client) == [
        ("Winter 2027: Cancelled", f"No disk.\n{day}", "2026-12-03T09:00:00+00:00"),
        (
            "Winter 2027: Changed",
            f"cutoff: 2027-01-20 00:00 UTC → 2027-01-27 00:00 UTC\n{day}",
            "2026-12-03T09:00:00+00:00",
        ),
        ("Winter 2027: Announced", day, "2026-12-01T09:00:00+00:00"),
    ]


def test_a_clade_s_feed_tells_what_a_coming_cutoff_means_for_it(
    hotspots, announced, at_state, client, django_assert_max_num_queries
):
    at_state(State.PUBLISHED, name="Autumn 2026")
    announced()
    with django_assert_max_num_queries(10):
        response = client.get(f"{ATOM}?clade=52775")
    feed = feedparser.parse(response.content)
    assert feed.feed.title == "iNaturalist cutoffs, and Bumble Bees"
    day = "The cutoff is on 20 January 2027, 00:00 UTC."
    assert [(entry.title, entry.summary) for entry in feed.entries] == [
        (
            "Winter 2027: Announced",
            f"{day}\nSimulated: Bombus: classes 2, at risk 1; near the line 1; hotspots 1"
            " (1 November 2026, iNaturalist open data, iNaturalist API).",
        ),
        ("Autumn 2026: Announced", day.replace("is on", "was on")),
    ]
    of_all = feedparser.parse(client.get(ATOM).content)
    assert feed.feed.id != of_all.feed.id
    assert not {entry.id for entry in feed.entries} & {entry.id for entry in of_all.entries}


@pytest.mark.parametrize("clade", ["5", "x", "%00", "9" * 30])
def test_an_unknown_clade_has_no_feed(db, client, clade):
    assert client.get(f"{ATOM}?clade={clade}").status_code == 404


@pytest.mark.parametrize("state", [State.SNAPSHOTTING, State.HELD, State.FAILED])
def test_what_goes_on_behind_the_scenes_is_no_news(at_state, client, state):
    before = {State.HELD: State.SNAPSHOTTING, State.FAILED: State.SNAPSHOTTING}.get(state, State.SETTLING)
    services._move(at_state(before), state, by=None, at=LATER, note="Suspicious accounts: 1, 2")
    assert [title for title, *_ in news(client)] == ["Winter 2027: Announced"]


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
@pytest.mark.parametrize("address", [ICS, ATOM])
def test_feeds_are_fetched_anew_only_when_something_changed(announced, anna, client, address, encoding):
    cutoff = announced()
    taken = {"Accept-Encoding": encoding}
    tag = client.get(address, headers=taken)["ETag"]
    assert client.get(address, headers=taken | {"If-None-Match": tag}).status_code == 304
    services.edit(cutoff, {"note": "Come early."}, by=anna, now=LATER)
    assert client.get(address, headers=taken | {"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("address", [ICS, ATOM])
def test_feeds_ask_the_database_as_often_for_many_as_for_one(
    announced, client, address, django_assert_max_num_queries
):
    for _ in range(5):
        announced()
    with django_assert_max_num_queries(3):
        client.get(address)


# Any text, and one address


def test_a_note_from_a_word_processor_reaches_every_feed(announced, anna, client):
    """U+000B, a line break there, is what neither XML nor iCalendar can hold."""
    cutoff = announced(note="first line\vsecond line")
    services.edit(cutoff, {"note": "third\x01 line\vfourth line", "name": "V\x0c3"}, by=anna, now=LATER)
    title, summary, _ = news(client)[0]
    assert (title, summary.splitlines()) == (
        "V 3: Changed",
        [
            "note: first line", "second line → third line", "fourth line; name: Winter 2027 → V", "3",
            "The cutoff is on 20 January 2027, 00:00 UTC.",
        ],
    )  # fmt: skip
    entry = entries(client)[""]
    assert str(entry["summary"]) == "iNaturalist cutoff: V 3"
    assert "third line\nfourth line" in str(entry["description"])


def test_links_begin_with_the_site_s_address_whatever_host_is_asked(announced, client, settings):
    settings.SITE_URL, settings.ALLOWED_HOSTS = "https://leafline.example.org", ["*"]
    cutoff = announced()
    address = f"https://leafline.example.org/cutoffs/{cutoff.pk}/"
    for host in ("a.example.org", "b.example.org"):
        calendar = Calendar.from_ical(client.get(ICS, headers={"host": host}).content)
        assert {str(entry["url"]) for entry in calendar.events} == {address}
        feed = feedparser.parse(client.get(ATOM, headers={"host": host}).content)
        assert {link.href for link in feed.feed.links} == {
            "https://leafline.example.org/cutoffs/", "https://leafline.example.org/feeds/cutoffs.atom",
        }  # fmt: skip
        assert [entry.link.partition("#")[0] for entry in feed.entries] == [address]
        assert feed.entries[0].id.startswith("tag:leafline.example.org,")


def test_the_feed_follows_chosen_groups(hotspots, announced, client):
    """Taken together, in one sentence; groups of which one knows nothing say nothing."""
    announced()
    flies, bees = 47822, 52775
    client.post("/my-groups/", {"clade": str(flies)})
    client.post("/my-groups/", {"clade": str(bees)})
    page = client.get("/cutoffs/").content.decode()
    assert f'href="{ATOM}?groups={flies}%2C{bees}"' in page
    feed = feedparser.parse(client.get(f"{ATOM}?groups={flies},{bees}").content)
    assert feed.feed.title == "iNaturalist cutoffs, and Diptera, Bombus"
    assert feed.entries[0].id.endswith(f"/groups/{flies},{bees}")
    assert "Diptera, Bombus: classes 3, at risk 2; near the line 1; hotspots 2" in feed.entries[0].summary
    unknown = feedparser.parse(client.get(f"{ATOM}?groups=987654321").content)
    assert (unknown.feed.title, "classes" in unknown.entries[0].summary) == ("iNaturalist cutoffs", False)
    everything = feedparser.parse(client.get(ATOM).content)
    assert "groups" not in everything.entries[0].id


@pytest.mark.parametrize("groups", [1, 3])
def test_the_feed_of_groups_asks_as_often_for_many_as_for_one(
    hotspots, announced, client, django_assert_max_num_queries, groups
):
    announced()
    with django_assert_max_num_queries(14):
        client.get(f"{ATOM}?groups={','.join(['47822', '52775', '48486'][:groups])}")
