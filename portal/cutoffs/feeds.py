"""Cutoffs for calendars (RFC 5545) and feed readers (Atom).

A feed is open to everybody and shows what is public. With the key of a person's own address
(`portal.accounts.feed_keys`) it shows what that person may know of.
"""

from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import conditional_page
from icalendar import Event as Entry

from exporter.criteria import DEFAULT_CRITERIA
from portal.accounts.feed_keys import viewer_of
from portal.cutoffs import clades, queries, wording
from portal.cutoffs.models import Cutoff, Event
from portal.cutoffs.states import AHEAD, State
from portal.feeds import AtomFeed, alarm, calendar_entry, calendar_file
from portal.interests.choices import NOTHING, Choice, of_address
from portal.links import page_address
from portal.taxa.feeds import clade_of
from portal.taxa.models import Taxon
from portal.taxa.queries.mine import mine

PRODUCT = "-//Leafline//Cutoffs//EN"
#: Behind the @ of every UID; a calendar knows an entry by it for ever, so it never changes.
UID_DOMAIN = "cutoffs.leafline"
NEWS = 50
#: What the ids of a clade's feed and of its entries begin with; they never change either.
TAG = "tag:leafline,2026:cutoffs"
#: How long before a cutoff calendars remind of it: while there is time to review, and at the end.
ALARMS = (timedelta(days=7), timedelta(days=1))
#: How many cutoffs a calendar has, the latest: years of them.
CALENDAR = 60


@conditional_page
def calendar(request: HttpRequest) -> HttpResponse:
    """The cutoffs, and the beginnings of their settling windows, as a calendar."""
    entries = [
        entry
        for cutoff in queries.dated(viewer_of(request), CALENDAR)
        for entry in _entries(cutoff, page_address("cutoffs:cutoff", cutoff.pk))
    ]
    return calendar_file("cutoffs.ics", PRODUCT, _("iNaturalist cutoffs"), entries)


def _entries(cutoff: Cutoff, address: str) -> list[Entry]:
    """What a calendar shows of one cutoff: its end, and where labels begin to wait."""
    entries = [
        _entry(
            cutoff,
            "",
            cutoff.cutoff_at,
            _("iNaturalist cutoff: %(name)s") % {"name": cutoff.name},
            _("The data are taken to train the next model. Corrections count until now."),
            address,
        )
    ]
    if cutoff.settle_days:
        entries.append(
            _entry(
                cutoff,
                "-settling",
                cutoff.window_start,
                _("Settling begins: %(name)s") % {"name": cutoff.name},
                _("Labels made or refined from now on wait for the next export. Corrections count on."),
                address,
            )
        )
    return entries


def _entry(cutoff: Cutoff, kind: str, start: datetime, title: str, words: str, address: str) -> Entry:
    summary = _("Simulated: %(title)s") % {"title": title} if cutoff.is_simulated else title
    uid = f"{cutoff.uid}{kind}@{UID_DOMAIN}"
    entry = calendar_entry(uid, cutoff.changed_at, start, summary, [words, cutoff.note], address)
    entry.add("created", cutoff.announced_at)
    entry.add("sequence", cutoff.sequence)
    entry.add("duration", timedelta(minutes=30))
    entry.add("status", "CANCELLED" if cutoff.state == State.CANCELLED else "CONFIRMED")
    if not kind and cutoff.state in AHEAD:
        for before in ALARMS:
            entry.add_component(alarm(before, summary))
    return entry


class Reader(NamedTuple):
    """Who reads the feed, and of what: a clade, or the groups that the address carries; else of all."""

    viewer: queries.Viewer
    clade: Taxon | None
    groups: Choice

    @property
    def tag(self) -> str:
        """What the ids of the feed and of its entries end in: a reader knows them by it for ever."""
        if self.clade:
            return f"/clade/{self.clade.pk}"
        return f"/groups/{','.join(self.groups.groups)}" if self.groups else ""

    @property
    def query(self) -> str:
        """The query of its address, without a key."""
        values = {"clade": str(self.clade.pk)} if self.clade else self.groups.query()
        return f"?{urlencode(values)}" if values else ""

    def standing(self, criteria: str) -> str:
        """How the clade or the groups stand; empty in the feed of all."""
        if self.clade:
            return clades.standing(self.clade, criteria)
        return clades.standing_together(self.groups, criteria)


class Item(NamedTuple):
    """An event, and what its cutoff means for the reader's clade or groups while it is ahead."""

    event: Event
    tag: str
    standing: str


class News(AtomFeed):
    """What was announced, changed, called off, exported and published, latest first; of all or of groups."""

    subtitle = gettext_lazy("When the data are taken for a new model, and what came of it.")

    def get_object(self, request: HttpRequest) -> Reader:
        clade, chosen = clade_of(request), of_address(request.GET) or NOTHING
        groups = NOTHING if clade else chosen.only(groups=True, places=False)
        return Reader(viewer_of(request), clade, groups)

    def title(self, reader: Reader) -> str:
        named = reader.clade or clades.names(mine(reader.groups, DEFAULT_CRITERIA))
        return (
            _("iNaturalist cutoffs, and %(clade)s") % {"clade": named} if named else _("iNaturalist cutoffs")
        )

    def link(self, reader: Reader) -> str:
        return page_address("cutoffs:timeline")

    def feed_url(self, reader: Reader) -> str:
        return page_address("cutoffs:news") + reader.query

    def feed_guid(self, reader: Reader) -> str | None:
        return f"{TAG}{reader.tag}" if reader.tag else None

    def items(self, reader: Reader) -> list[Item]:
        events = list(queries.news(reader.viewer)[:NEWS])
        ahead = {event.cutoff.criteria for event in events if event.cutoff.state in AHEAD}
        words = {criteria: reader.standing(criteria) for criteria in ahead}
        return [
            Item(event, reader.tag, words[event.cutoff.criteria] if event.cutoff.state in AHEAD else "")
            for event in events
        ]

    def item_title(self, item: Item) -> str:
        event = item.event
        what = capfirst(event.get_after_display()) if event.is_transition else _("Changed")
        title = f"{event.cutoff.name}: {what}"
        return _("Simulated: %(title)s") % {"title": title} if event.cutoff.is_simulated else title

    def item_description(self, item: Item) -> str:
        event = item.event
        return "\n".join(filter(None, [wording.note(event), wording.day_of(event.cutoff), item.standing]))

    def item_link(self, item: Item) -> str:
        return f"{page_address('cutoffs:cutoff', item.event.cutoff_id)}#event-{item.event.public_name}"

    def item_guid(self, item: Item) -> str | None:
        return f"{TAG}/event/{item.event.public_name}{item.tag}" if item.tag else None

    def item_pubdate(self, item: Item) -> datetime:
        return item.event.at

    def item_updateddate(self, item: Item) -> datetime:
        return item.event.at


news = conditional_page(News())
