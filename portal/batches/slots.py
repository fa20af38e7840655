"""What other pages show of batches, and the pool that batches of worklists come from."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.template import Context
from django.utils import timezone

from portal.batches import pools, queries, visitors
from portal.batches.models import Batch
from portal.batches.queries.candidates import Worklists
from portal.hotspots.seen import Visitor, keeps_seen
from portal.slots import fills

pools.add("", Worklists())


@keeps_seen
def seen(visitor: Visitor) -> QuerySet:
    """What the holder of this account or browser has seen."""
    key = (visitor.cookies or {}).get(visitors.COOKIE, "")
    return queries.seen_by(queries.holder_of(visitor.user or AnonymousUser(), key))


@fills("worklist-take", "batches/_take.html")
def take(context: Context, _subject: None) -> dict[str, Any]:
    """A button that takes the next batch of the worklist on the page: the one that its address asks for.

    The worklist's own page leads whoever has a batch back to it. A hotspot's page shows the worklist of its
    label, and asks the database often enough without that.
    """
    request = context["request"]
    query = request.GET.copy()
    query.pop("page", None)
    # The reader's own groups and places, which the address need not name.
    for name, value in context["mine"].choice.query().items():
        query[name] = value
    held: list[Batch] = []
    if "taxon" in context:
        query["label"] = context["taxon"].pk
    else:
        held = queries.open_of(request.user, request.COOKIES.get(visitors.COOKIE, ""), timezone.now())
    return {
        "query": query.urlencode(),
        "listed": context["page"].paginator.count,
        "held": held,
        "may_take": not held or len(held) < queries.most_batches(held[0].holder),
        "request": request,
    }
