"""What templates tell of blitzes with."""

from datetime import datetime
from typing import Any

from django import template

from portal.blitzes import queries, wording
from portal.blitzes.models import Claim
from portal.cutoffs.models import Cutoff
from portal.cutoffs.states import CUT
from portal.hotspots.figures import percent
from portal.hotspots.links import identify_address
from portal.taxa.models import Taxon

register = template.Library()

register.filter("expected_words", wording.expected)
register.filter("changed_words", wording.changed)

#: How many blitzes the home page shows.
AT_HOME = 3


@register.filter
def share_of(count: int, of: int) -> int:
    """So many of so many, in per cent."""
    return percent(count / of) if of else 0


@register.filter
def held_until(claim: Claim) -> datetime:
    """When a batch falls free again."""
    return claim.claimed_at + queries.HELD_FOR


@register.filter
def batch_address(claim: Claim) -> str:
    """iNaturalist's Identify page with the observations of a batch; empty if none has a number."""
    return identify_address(claim.observations.all())


@register.filter
def of_id(taxa: dict[int, Taxon], taxon_id: int) -> Taxon | None:
    """The taxon of that id, if it is known."""
    return taxa.get(taxon_id)


@register.inclusion_tag("blitzes/_at_home.html", takes_context=True)
def blitzes_at_home(context: template.Context) -> dict[str, Any]:
    """Those under way."""
    return {"under_way": queries.under_way(context["request"].user, AT_HOME)}


@register.inclusion_tag("blitzes/_of_cutoff.html", takes_context=True)
def blitzes_of_cutoff(context: template.Context, cutoff: Cutoff) -> dict[str, Any]:
    """The blitzes for a cutoff; what they changed, once its snapshot stands."""
    return {
        "cutoff": cutoff,
        "courses": queries.of_cutoff(cutoff, context["request"].user),
        "is_cut": cutoff.state in CUT,
    }


@register.inclusion_tag("blitzes/_over.html", takes_context=True)
def blitzes_over(context: template.Context, taxon: Taxon) -> dict[str, Any]:
    """That a blitz is under way for a clade that holds the taxon."""
    return {"blitzes": queries.over(taxon, context["request"].user)}
