"""What Atom feeds share (text that XML can hold, addresses that begin with `LEAFLINE_URL`), and calendars."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, TextIO

from django.contrib.syndication.views import Feed
from django.http import HttpResponse
from django.utils.feedgenerator import Atom1Feed
from icalendar import Alarm, Calendar, Event

from portal import text

#: How often calendars are asked to look again.
REFRESH = timedelta(hours=6)


def calendar_file(filename: str, product: str, name: str, entries: Iterable[Event]) -> HttpResponse:
    """Return a calendar to subscribe to (RFC 5545, RFC 7986); ``product`` names the program that made it."""
    made = Calendar()
    made.add("prodid", product)
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("name", name)
    made.add("x-wr-calname", name)
    made.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    made.add("x-published-ttl", "PT6H")
    for entry in entries:
        made.add_component(entry)
    return HttpResponse(
        made.to_ical(),
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": f'inline; filename="{filename}"'},
    )


def calendar_entry(
    uid: str, changed_at: datetime, start: datetime, title: str, words: Iterable[str], address: str
) -> Event:
    """Return what entries of every calendar here have; ``uid`` is its name for ever, ``words`` paragraphs.

    Whoever asks adds its end, what else there is of it, and alarms.
    """
    made = Event()
    made.add("uid", uid)
    made.add("dtstamp", changed_at)
    made.add("last-modified", changed_at)
    made.add("dtstart", start)
    made.add("summary", text.line(title))
    made.add("description", text.plain("\n\n".join(filter(None, (*words, address)))))
    made.add("url", address)
    made.add("transp", "TRANSPARENT")
    return made


def alarm(before: timedelta, words: str, related: str = "START") -> Alarm:
    """Return a reminder so long before an entry's start, or its end ("END")."""
    made = Alarm()
    made.add("action", "DISPLAY")
    made.add("trigger", -before, parameters={"RELATED": related})
    made.add("description", text.line(words))
    return made


class CleanAtom(Atom1Feed):
    """An Atom feed that any text can be put into."""

    def write(self, outfile: TextIO, encoding: str) -> None:
        """Write the feed, each of its texts without what XML cannot hold."""
        self.feed = _clean(self.feed)
        self.items = [_clean(item) for item in self.items]
        super().write(outfile, encoding)


class AtomFeed(Feed):
    """A feed of this portal. Give `link`, `item_link` and `feed_url` by `portal.links`."""

    feed_type = CleanAtom
    author_name = "Leafline"


def _clean(values: dict[str, Any]) -> dict[str, Any]:
    return {name: _clean_one(name, value) for name, value in values.items()}


def _clean_one(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return text.line(value) if name == "title" else text.plain(value)
