"""News of blitzes: the start, the last two days, the result, once each, to whoever may know."""

from datetime import timedelta

import feedparser
import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from icalendar import Calendar

from portal.blitzes import services
from portal.blitzes.queries.news import Kind, news
from portal.blitzes.states import State
from portal.cutoffs.models import Audience
from tests.portal.blitzes.conftest import BOMBUS, DAY, ENDS_AT, EXPECTED, HOUR, INSECTA, STARTS_AT


def kinds(now) -> list[str]:
    return [one.kind.value for one in news(AnonymousUser(), None, now)]


def test_each_is_told_once_when_its_time_has_come(at_state) -> None:
    blitz = at_state(State.RUNNING)
    assert kinds(STARTS_AT) == ["begun"]
    assert kinds(ENDS_AT - 2 * DAY - HOUR) == ["begun"]
    assert kinds(ENDS_AT - 2 * DAY) == ["last-days", "begun"]
    services.advance_due(now=ENDS_AT)
    assert kinds(ENDS_AT + DAY) == ["last-days", "begun"]  # its data do not reach its end
    services.record(blitz, ENDS_AT, {**EXPECTED, "data_as_of": ENDS_AT + HOUR, "looked_at": 9, "moved": 4})
    assert kinds(ENDS_AT + DAY) == ["result", "last-days", "begun"]
    result = news(AnonymousUser(), None, ENDS_AT + DAY)
    assert [one.at for one in result] == [ENDS_AT + HOUR, ENDS_AT - 2 * DAY, STARTS_AT]


def test_a_short_blitz_has_no_last_days_and_one_to_come_no_news(at_state, propose) -> None:
    at_state(State.APPROVED)
    assert kinds(STARTS_AT - HOUR) == []
    services.approve(propose(ends_at=STARTS_AT + 3 * DAY), by=None, now=STARTS_AT)
    assert Kind.LAST_DAYS.value not in kinds(STARTS_AT + 2 * DAY)


def test_what_was_called_off_or_is_secret_has_none(at_state, make_cutoff) -> None:
    at_state(State.CANCELLED)
    hidden = make_cutoff(audience=Audience.STAFF)
    services.approve(at_state(State.PROPOSED, cutoff=hidden), by=None, now=STARTS_AT)
    assert kinds(ENDS_AT) == []


@pytest.mark.parametrize(("clade", "titles"), [(BOMBUS, 2), (INSECTA, 2), (47822, 0), ("", 2)])
def test_the_feed_is_one_that_readers_read(client, at_state, monkeypatch, clade, titles) -> None:
    blitz = at_state(State.RUNNING)
    monkeypatch.setattr(timezone, "now", lambda: ENDS_AT - DAY)
    feed = feedparser.parse(client.get(f"/feeds/blitzes.atom?clade={clade}").content)
    assert [entry.title for entry in feed.entries] == [
        "Simulated: Bumble bees before the cutoff: the last two days",
        "Simulated: Bumble bees before the cutoff: it has begun",
    ][:titles]
    if titles:
        assert feed.entries[0].id == f"tag:leafline,2026:blitzes/{blitz.pk}/last-days"
        assert feed.entries[0].link.endswith(f"/blitzes/{blitz.pk}/")
        assert "It ends on 24 November 2026, 00:00 UTC." in feed.entries[0].summary
        assert "Many are named from a suggestion alone." in feed.entries[1].summary


def test_the_calendar_has_each_from_its_beginning_to_its_end(client, at_state, monkeypatch) -> None:
    blitz = at_state(State.RUNNING)
    monkeypatch.setattr(timezone, "now", lambda: STARTS_AT)
    response = client.get("/feeds/blitzes.ics")
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    (entry,) = Calendar.from_ical(response.content).walk("VEVENT")
    assert entry["UID"] == f"{blitz.pk}@blitzes.leafline"
    assert (entry["DTSTART"].dt, entry["DTEND"].dt) == (STARTS_AT, ENDS_AT)
    assert entry["SUMMARY"] == "Simulated: Blitz: Bumble bees before the cutoff"
    (alarm,) = entry.walk("VALARM")
    assert (alarm["TRIGGER"].dt, alarm["TRIGGER"].params["RELATED"]) == (timedelta(days=-2), "END")
    monkeypatch.setattr(timezone, "now", lambda: ENDS_AT)
    (entry,) = Calendar.from_ical(client.get("/feeds/blitzes.ics").content).walk("VEVENT")
    assert entry.walk("VALARM") == []


@pytest.mark.parametrize("address", ["/feeds/blitzes.atom?key=1-x", "/feeds/blitzes.ics?key=1-x"])
def test_a_key_that_is_not_valid_is_refused(client, hotspots, address) -> None:
    assert client.get(address).status_code == 403
