"""What other pages show of batches, and the pool that batches of worklists come from."""

from typing import Any

from django.template import Context

from portal.batches import pools
from portal.batches.queries.candidates import Worklists
from portal.slots import fills

pools.add("", Worklists())


@fills("worklist-take", "batches/_take.html")
def take(context: Context, _subject: None) -> dict[str, Any]:
    """A button that takes the next batch of the worklist on the page: the one that its address asks for.

    A hotspot's page shows the worklist of its label.
    """
    asked = context["request"].GET.copy()
    asked.pop("page", None)
    if "taxon" in context:
        asked["label"] = context["taxon"].pk
    return {"query": asked.urlencode()}
