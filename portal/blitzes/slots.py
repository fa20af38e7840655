"""What other pages show of blitzes, the pool that their batches come from, and what is sent of them."""

from typing import Any

from django.template import Context

from portal import news
from portal.batches import pools
from portal.blitzes import queries
from portal.blitzes.bulletins import SOURCE, Bulletins
from portal.blitzes.pool import Blitzes
from portal.cutoffs.models import Cutoff
from portal.cutoffs.states import CUT
from portal.slots import fills
from portal.taxa.models import Taxon

pools.add(queries.POOL, Blitzes())
news.add(SOURCE, Bulletins())


@fills("cutoff-blitzes", "blitzes/_of_cutoff.html")
def blitzes_of_cutoff(context: Context, cutoff: Cutoff) -> dict[str, Any]:
    """The blitzes for a cutoff; what they changed, once its snapshot stands."""
    return {
        "cutoff": cutoff,
        "courses": queries.of_cutoff(cutoff, context["request"].user),
        "is_cut": cutoff.state in CUT,
    }


@fills("hotspot-notes", "blitzes/_over.html")
def blitzes_over(context: Context, taxon: Taxon) -> dict[str, Any]:
    """That a blitz is under way for a clade that holds the taxon."""
    return {"blitzes": queries.over(taxon, context["request"].user)}
