"""The pages that search engines may list, and robots.txt.

Everything here is public: what only some may know is in no sitemap. Of the taxa only the worst hotspots stand
here; the others are found by links.
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps.views import sitemap as sitemap_view
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.views.decorators.cache import cache_control

from exporter.criteria import DEFAULT_CRITERIA
from portal.blitzes import queries as blitzes
from portal.blitzes.models import Blitz
from portal.cutoffs import queries as cutoffs
from portal.cutoffs.models import Cutoff
from portal.hotspots import queries as hotspots
from portal.hotspots.models import Hotspot
from portal.lake.queries import current_refresh
from portal.links import page_address

HOTSPOTS = 1_000
KEPT_S = 3600
#: Pages whose numbers change with each count, and others.
COUNTED = ("home", "taxa:readiness", "hotspots:list", "hotspots:worklist")
STANDING = (
    "cutoffs:timeline",
    "blitzes:list",
    "about",
    "methods",
    "policy:lab",
    "training:comparison",
    "api:use",
    "api:docs",
    "notices:subscribe",
    "sync:status",
)
#: What robots leave alone: searches, what is somebody's own, and what is for staff.
DISALLOWED = (
    "/accounts/",
    "/admin/",
    "/arrive/",
    "/blitzes/new/",
    "/cutoffs/desk/",
    "/metrics",
    "/my-groups/",
    "/search/",
    "/subscriptions/",
    "/webhooks/",
)


class _Listed(Sitemap):
    """A part of the sitemap, with addresses that begin with `LEAFLINE_URL`."""

    @property
    def protocol(self) -> str:  # type: ignore[override]  # Django reads it
        return settings.SITE_URL.partition("://")[0]

    def get_domain(self, site: object = None) -> str:
        return settings.SITE_URL.partition("://")[2]


class Pages(_Listed):
    """The lists and the pages of text."""

    def __init__(self) -> None:
        refresh = current_refresh(DEFAULT_CRITERIA)
        self._counted_at = refresh.finished_at if refresh else None

    def items(self) -> tuple[str, ...]:
        return COUNTED + STANDING

    def location(self, name: str) -> str:
        return reverse(name)

    def lastmod(self, name: str) -> datetime | None:
        return self._counted_at if name in COUNTED else None


class Cutoffs(_Listed):
    """The cutoffs that everybody may know of, whoever asks."""

    def items(self) -> QuerySet[Cutoff]:
        return cutoffs.timeline(AnonymousUser())

    def location(self, cutoff: Cutoff) -> str:
        return reverse("cutoffs:cutoff", args=[cutoff.pk])

    def lastmod(self, cutoff: Cutoff) -> datetime:
        return cutoff.changed_at


class Blitzes(_Listed):
    """The blitzes that everybody may know of, whoever asks."""

    def items(self) -> QuerySet[Blitz]:
        return blitzes.shown_to(AnonymousUser())

    def location(self, blitz: Blitz) -> str:
        return reverse("blitzes:blitz", args=[blitz.pk])

    def lastmod(self, blitz: Blitz) -> datetime:
        return blitz.changed_at


class Hotspots(_Listed):
    """The worst hotspots."""

    def items(self) -> QuerySet[Hotspot]:
        worst = hotspots.hotspot_list(hotspots.Selection(DEFAULT_CRITERIA, least=hotspots.LEAST_SHOWN))
        return worst.only("taxon_id")[:HOTSPOTS]

    def location(self, hotspot: Hotspot) -> str:
        return reverse("hotspots:hotspot", args=[hotspot.taxon_id])


@cache_control(public=True, max_age=KEPT_S)
def sitemap(request: HttpRequest) -> HttpResponse:
    """Every page that may be listed."""
    parts: dict[str, Any] = {"pages": Pages, "cutoffs": Cutoffs, "blitzes": Blitzes, "hotspots": Hotspots}
    made = sitemap_view(request, parts)
    return made.render()


@cache_control(public=True, max_age=KEPT_S)
def robots(request: HttpRequest) -> HttpResponse:
    """What robots leave alone, and where the sitemap is."""
    lines = ["User-agent: *", *(f"Disallow: {start}" for start in DISALLOWED)]
    lines.append(f"Sitemap: {page_address('sitemap')}")
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


urlpatterns = [
    path("sitemap.xml", sitemap, name="sitemap"),
    path("robots.txt", robots, name="robots"),
]
