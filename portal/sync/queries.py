"""What the pulls and the status page read."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db.models.functions import Abs

from exporter.criteria import PRESETS
from portal.blitzes.queries import watched_clades
from portal.hotspots.models import Hotspot
from portal.lake.models import Refresh, RunState
from portal.notices.models import Subscription
from portal.sync.models import Pull, QueueActivity
from portal.taxa.models import Readiness, Status

#: Taxa as close to the line as this, on either side, are kept up to date; the closest first.
NEAR_MARGIN = 30
MOST_WATCHED = 5_000
#: So many of the worst labels under each rule.
HOTSPOTS_WATCHED = 1_000
#: A clade of a blitz or a subscriber that has more observations than this is left to the monthly dump: a
#: hundred thousand are 500 requests, an eighteenth of a day's.
LARGEST_CLADE = 100_000


def watch_list() -> list[int]:
    """Taxa to keep up to date, the first the most urgent, each once and at most `MOST_WATCHED`.

    Those that whoever runs this portal named, the clades of blitzes under way, those that subscribers follow,
    the worst hotspots, and the taxa whose readiness may change soon.
    """
    result = dict.fromkeys(settings.WATCHED_TAXA)
    for taxon_ids in (_blitzes(), _subscribed(), _hotspots(), _near()):
        result |= dict.fromkeys(taxon_ids)
    return list(result)[:MOST_WATCHED]


def _blitzes() -> Iterable[int]:
    return watched_clades().filter(clade__observations__lte=LARGEST_CLADE)


def _subscribed() -> Iterable[int]:
    clades = Subscription.objects.filter(confirmed_at__isnull=False, clade__observations__lte=LARGEST_CLADE)
    return clades.order_by("clade_id").values_list("clade_id", flat=True).distinct()


def _hotspots() -> Iterable[int]:
    worst = Hotspot.objects.filter(criteria__in=PRESETS, rank__lte=HOTSPOTS_WATCHED)
    return worst.order_by("rank", "taxon_id").values_list("taxon_id", flat=True)


def _near() -> Iterable[int]:
    near = (
        Readiness.objects.filter(
            criteria__in=PRESETS,
            status__in=[Status.LEAF, Status.SHORT, Status.ROLLED_UP],
            margin__range=(-NEAR_MARGIN, NEAR_MARGIN),
        )
        .annotate(distance=Abs("margin"))
        .order_by("distance", "taxon_id")
        .values_list("taxon_id", flat=True)
    )
    # A taxon may stand there under each rule.
    return near[: len(PRESETS) * MOST_WATCHED]


def latest_pull() -> Pull | None:
    """The pull that began last."""
    return Pull.objects.first()


def interrupted_pull() -> Pull | None:
    """The pull that is recorded as under way: where its lock is free, its worker has died."""
    return Pull.objects.filter(state=Pull.State.RUNNING).first()


def last_end(model: type[Pull] | type[Refresh]) -> datetime | None:
    """When the last run that went well ended."""
    return model.objects.filter(state=RunState.DONE).values_list("finished_at", flat=True).first()


def activity() -> dict[str, QueueActivity]:
    """What is known of each queue; an empty record of one that never had a task."""
    result: dict[str, QueueActivity] = defaultdict(QueueActivity)
    return result | {each.queue: each for each in QueueActivity.objects.all()}
