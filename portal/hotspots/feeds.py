"""For feed readers (Atom), anew after each count: the worst hotspots of a clade, the first of a worklist."""

from dataclasses import dataclass
from datetime import datetime
from html import unescape
from typing import NamedTuple
from urllib.parse import urlencode

from django.http import Http404, HttpRequest
from django.utils.html import strip_tags
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import conditional_page

from exporter.criteria import DEFAULT_CRITERIA
from portal import numbers
from portal.accounts.feed_keys import viewer_of
from portal.feeds import AtomFeed
from portal.hotspots import queries, wording
from portal.hotspots.facets import Facets
from portal.hotspots.forms import FacetsForm
from portal.hotspots.queries import worklists
from portal.hotspots.seen import Visitor
from portal.inaturalist import observation_address
from portal.interests.choices import NOTHING, Choice, of_address
from portal.lake.models import Refresh
from portal.lake.queries import current_refresh
from portal.links import page_address
from portal.messages import rendered
from portal.present import present
from portal.taxa.feeds import clade_of
from portal.taxa.models import Taxon
from portal.taxa.queries.mine import mine

ENTRIES = 30
#: What the id of a worklist's entry ends in.
WORKLIST_TAG = "tag:leafline,2026:worklist"
#: What an entry's id ends in; a reader knows an entry by it for ever, so it never changes.
TAG = "tag:leafline,2026:hotspot"


class Entry(NamedTuple):
    """A hotspot, and the refresh that counted it."""

    item: queries.Explained
    refresh: Refresh


@dataclass(frozen=True)
class Scope:
    """What a feed is of: the clade of its address, or the groups and places that the address carries."""

    clade: Taxon | None
    choice: Choice

    @property
    def query(self) -> str:
        """The query of its address."""
        values = {"clade": str(self.clade.pk)} if self.clade else self.choice.query()
        return f"?{urlencode(values)}" if values else ""


class Worst(AtomFeed):
    """The worst hotspots of the clade, or of the groups and places, in the address; else of all taxa."""

    subtitle = gettext_lazy("Labels under which most observations are expected to be wrong.")

    def get_object(self, request: HttpRequest) -> Scope:
        clade = clade_of(request)
        return Scope(clade, NOTHING if clade else of_address(request.GET) or NOTHING)

    def title(self, scope: Scope) -> str:
        words = _("Hotspots in %(clade)s")
        if scope.clade:
            return words % {"clade": scope.clade}
        chosen = mine(scope.choice, DEFAULT_CRITERIA)
        names = ", ".join(map(str, (*chosen.clades, *chosen.places)))
        return words % {"clade": names} if names else _("Hotspots")

    def link(self, scope: Scope) -> str:
        return page_address("hotspots:list") + scope.query

    def feed_url(self, scope: Scope) -> str:
        return page_address("hotspots_feed") + scope.query

    def feed_guid(self, scope: Scope) -> str:
        if scope.choice:
            return f"{TAG}s/{scope.query}"
        return f"{TAG}s/{scope.clade.pk if scope.clade else ''}"

    def items(self, scope: Scope) -> list[Entry]:
        refresh = current_refresh(DEFAULT_CRITERIA)
        if refresh is None:
            return []
        chosen = mine(scope.choice, DEFAULT_CRITERIA)
        selected = queries.Selection(
            DEFAULT_CRITERIA, clade=scope.clade, mine=chosen, least=queries.LEAST_SHOWN
        )
        rows = queries.hotspot_list(selected)
        return [Entry(item, refresh) for item in queries.explain(rows[:ENTRIES])]

    def item_title(self, entry: Entry) -> str:
        row = entry.item.row
        values = {"taxon": row.taxon, "wrong": numbers.tersely(row.expected_wrong), "labels": row.labels}
        title = _("%(taxon)s: %(wrong)s of %(labels)s labels probably wrong") % values
        return _("Simulated: %(title)s") % {"title": title} if entry.refresh.is_simulated else title

    def item_description(self, entry: Entry) -> str:
        return unescape(strip_tags(wording.headline(entry.item)))

    def item_link(self, entry: Entry) -> str:
        return page_address("hotspots:hotspot", entry.item.row.taxon_id)

    def item_guid(self, entry: Entry) -> str:
        return f"{TAG}/{entry.item.row.taxon_id}"

    def item_pubdate(self, entry: Entry) -> datetime:
        return present(entry.refresh.finished_at)

    def item_updateddate(self, entry: Entry) -> datetime:
        return present(entry.refresh.finished_at)


class Look(NamedTuple):
    """A row of a worklist, and the refresh that counted it."""

    listed: worklists.Listed
    refresh: Refresh


class Search(NamedTuple):
    """What a worklist's feed is of, and the key that its address has, where the facets are about a person."""

    facets: Facets
    key: str

    @property
    def query(self) -> str:
        """The query of its address."""
        key = urlencode({"key": self.key}) if self.key else ""
        return "&".join(filter(None, (self.facets.query, key)))


class Worklist(AtomFeed):
    """The first observations of a worklist, by the facets in the address: new ones come as they get there.

    Facets about the reader take the key of a person's own address.
    """

    title = gettext_lazy("What to look at first")
    subtitle = gettext_lazy("Observations that are probably wrong; look, and identify what you know.")

    def get_object(self, request: HttpRequest) -> Search:
        facets, notices = FacetsForm(request.GET).facets(visitor=Visitor(viewer_of(request)))
        if notices:
            raise Http404(" ".join(notices))
        return Search(facets, request.GET.get("key", "") if facets.is_personal else "")

    def link(self, search: Search) -> str:
        return f"{page_address('hotspots:worklist')}?{search.facets.query}"

    def feed_url(self, search: Search) -> str:
        return f"{page_address('worklist_feed')}?{search.query}"

    def feed_guid(self, search: Search) -> str:
        return f"{WORKLIST_TAG}s/{search.facets.query}"

    def items(self, search: Search) -> list[Look]:
        facets = search.facets
        refresh = current_refresh(facets.criteria)
        if refresh is None:
            return []
        return [Look(listed, refresh) for listed in worklists.named(worklists.worklist(facets)[:ENTRIES])]

    def item_title(self, look: Look) -> str:
        title = wording.look(look.listed)
        return _("Simulated: %(title)s") % {"title": title} if look.refresh.is_simulated else title

    def item_description(self, look: Look) -> str:
        return rendered(look.listed.entry.reasons) or look.listed.entry.reason

    def item_link(self, look: Look) -> str:
        return observation_address(look.listed.entry)

    def item_guid(self, look: Look) -> str:
        return f"{WORKLIST_TAG}/{look.listed.entry.name}"

    def item_pubdate(self, look: Look) -> datetime:
        return present(look.refresh.finished_at)

    def item_updateddate(self, look: Look) -> datetime:
        return present(look.refresh.finished_at)


worst = conditional_page(Worst())
worklist = conditional_page(Worklist())
