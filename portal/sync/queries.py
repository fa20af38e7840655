"""What the pulls and the status page read."""

from collections import defaultdict

from django.conf import settings
from django.db.models.functions import Abs

from exporter.criteria import PRESETS
from portal.sync.models import Pull, QueueActivity, Refresh
from portal.taxa.models import Readiness, Status

#: Taxa as close to the line as this, on either side, are kept up to date; the closest first.
NEAR_MARGIN = 30
MOST_WATCHED = 5_000


def watch_list() -> list[int]:
    """Taxa whose readiness may change soon, and those that whoever runs this portal named."""
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
    found = dict.fromkeys(settings.WATCHED_TAXA)
    for taxon_id in near[: 2 * MOST_WATCHED]:
        found[taxon_id] = None
    return list(found)[:MOST_WATCHED]


def latest_pull() -> Pull | None:
    """The pull that began last."""
    return Pull.objects.first()


def latest_done(model: type[Pull] | type[Refresh]) -> Pull | Refresh | None:
    """The last run that went well."""
    return model.objects.filter(state=model.State.DONE).first()


def activity() -> dict[str, QueueActivity]:
    """What is known of each queue; an empty record of one that never had a task."""
    found = defaultdict(QueueActivity)
    return found | {each.queue: each for each in QueueActivity.objects.all()}
