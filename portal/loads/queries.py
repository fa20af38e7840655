"""Reads of loads."""

from datetime import datetime, timedelta

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Q, QuerySet

from exporter.criteria import DEFAULT_CRITERIA
from exporter.pull.regions import Region
from portal.hotspots.models import Hotspot
from portal.hotspots.queries import LEAST_SHOWN
from portal.lake.models import Refresh
from portal.loads.models import STARTED, Load, State
from portal.taxa.models import Taxon
from portal.taxa.queries.mine import EVERYTHING, within


def are_waiting() -> bool:
    """Whether something is to be loaded."""
    return Load.objects.filter(state=State.LOADING).exists()


def regions() -> list[Region]:
    """What is loaded or kept up to date: first what people wait for, in the order of their starts."""
    waiting = [load.region for load in loading()]
    known = Load.objects.filter(state__in=[State.COUNTING, State.READY]).order_by("started_at", "id")
    return [*waiting, *(load.region for load in known)]


def loading() -> list[Load]:
    """The loads under way, the one that began first ahead."""
    return list(Load.objects.filter(state=State.LOADING).order_by("started_at", "id"))


def counting() -> list[Load]:
    """The loads whose observations are in the lake and not on the pages yet."""
    return list(Load.objects.filter(state=State.COUNTING).order_by("id"))


def to_mail(now: datetime, within: timedelta) -> list[Load]:
    """The loads that became ready in that time and whose mail was not sent."""
    ready = Load.objects.filter(
        state=State.READY, is_mailed=True, mailed_at=None, ready_at__gte=now - within, by__isnull=False
    )
    return list(ready.select_related("by").order_by("id"))


def refreshed_since(moment: datetime) -> bool:
    """Whether a refresh of the present that began after a time is done."""
    return Refresh.objects.filter(state=Refresh.State.DONE, as_of=None, started_at__gte=moment).exists()


def load_with_id(load_id: int) -> Load | None:
    """The load with that id."""
    return Load.objects.filter(pk=load_id).first()


def listed(viewer: User | AnonymousUser) -> QuerySet[Load]:
    """Every load that was started, and one's own proposals, the newest first."""
    is_own = Q(state=State.PROPOSED, by_id=viewer.pk) if viewer.is_authenticated else Q(pk__in=[])
    return Load.objects.filter(~Q(state=State.PROPOSED) | is_own)


def same_region(region: Region) -> Load | None:
    """The load that was started of the same clade and place."""
    key = {"taxon_id": region.taxon_id, "place_id": region.place_id}
    return Load.objects.filter(state__in=STARTED, **key).first()


def started_by(user: User) -> int:
    """How many loads of this person are under way."""
    return Load.objects.filter(state=State.LOADING, by=user).count()


def parts_of_clades() -> list[tuple[str, str, int]]:
    """Clades that are loaded from places only: what is counted of them is not all.

    Each with its place and its id. What was loaded stays when a load is stopped.
    """
    whole = Load.objects.filter(state__in=[State.COUNTING, State.READY], place_id=None).values("taxon_id")
    parts = Load.objects.filter(state__in=[*STARTED, State.STOPPED], place_id__isnull=False)
    named = parts.exclude(taxon_id__in=whole).order_by("taxon_name", "place_name")
    return list(named.values_list("taxon_name", "place_name", "taxon_id").distinct())


def hotspots_of(load: Load) -> int:
    """How many hotspots the pages show within its clade, under the usual rule."""
    clade = Taxon.objects.filter(pk=load.taxon_id).first()
    if clade is None:
        return 0
    shown = Hotspot.objects.filter(criteria=DEFAULT_CRITERIA, expected_wrong__gte=LEAST_SHOWN)
    return within(shown, clade, EVERYTHING, DEFAULT_CRITERIA).count()
