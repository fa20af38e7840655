"""Blitzes for calendars (RFC 5545) and feed readers (Atom): the start, the last two days, the result."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import conditional_page
from icalendar import Event as Entry

from portal.accounts.feed_keys import viewer_of
from portal.blitzes import wording
from portal.blitzes.models import Blitz
from portal.blitzes.queries.news import News, latest, news
from portal.cutoffs.queries import Viewer
from portal.feeds import AtomFeed, alarm, calendar_entry, calendar_file
from portal.links import page_address
from portal.taxa.feeds import clade_of
from portal.taxa.models import Taxon

#: Behind the @ of every UID; a calendar knows an entry by it for ever, so it never changes.
UID_DOMAIN = "blitzes.leafline"
#: What the ids of feeds and entries begin with; they never change either.
TAG = "tag:leafline,2026:blitzes"
#: How long before its end calendars remind of it.
ALARM = timedelta(days=2)


class Reader(NamedTuple):
    """Who reads the feed, and which clade's: None for the feed of all."""

    viewer: Viewer
    clade: Taxon | None


def _reader(request: HttpRequest) -> Reader:
    return Reader(viewer_of(request), clade_of(request))


@conditional_page
def calendar(request: HttpRequest) -> HttpResponse:
    """The blitzes as a calendar, each from its beginning to its end."""
    name = _("Blitzes on Leafline")
    entries = [_entry(course.blitz) for course in latest(*_reader(request))]
    return calendar_file("blitzes.ics", "-//Leafline//Blitzes//EN", name, entries)


def _entry(blitz: Blitz) -> Entry:
    address = page_address("blitzes:blitz", blitz.pk)
    title = wording.marked(blitz, _("Blitz: %(title)s") % {"title": blitz.title})
    uid = f"{blitz.pk}@{UID_DOMAIN}"
    entry = calendar_entry(uid, blitz.changed_at, blitz.starts_at, title, [blitz.purpose], address)
    entry.add("dtend", blitz.closes_at)
    entry.add("status", "CONFIRMED")
    if blitz.closes_at > timezone.now():
        entry.add_component(alarm(ALARM, title, related="END"))
    return entry


class Latest(AtomFeed):
    """What is new of blitzes, latest first; of all, or of a clade."""

    subtitle = gettext_lazy("Clean-ups that people do together before a cutoff.")

    def get_object(self, request: HttpRequest) -> Reader:
        return _reader(request)

    def title(self, reader: Reader) -> str:
        return _("Blitzes in %(clade)s") % {"clade": reader.clade} if reader.clade else _("Blitzes")

    def link(self, reader: Reader) -> str:
        return page_address("blitzes:list")

    def feed_url(self, reader: Reader) -> str:
        return page_address("blitzes_feed") + (f"?clade={reader.clade.pk}" if reader.clade else "")

    def feed_guid(self, reader: Reader) -> str:
        return f"{TAG}/{reader.clade.pk if reader.clade else ''}"

    def items(self, reader: Reader) -> list[News]:
        return news(reader.viewer, reader.clade, timezone.now())

    def item_title(self, one: News) -> str:
        return wording.marked(one.blitz, wording.headline(one))

    def item_description(self, one: News) -> str:
        return wording.describe(one)

    def item_link(self, one: News) -> str:
        return page_address("blitzes:blitz", one.blitz.pk)

    def item_guid(self, one: News) -> str:
        return f"{TAG}/{one.blitz.pk}/{one.kind.value}"

    def item_pubdate(self, one: News) -> datetime:
        return one.at

    def item_updateddate(self, one: News) -> datetime:
        return one.at


feed = conditional_page(Latest())
