"""What templates tell of blitzes with."""

from datetime import datetime

from django import template

from portal.blitzes import queries, wording
from portal.blitzes.models import Claim
from portal.inaturalist import identify_address
from portal.numbers import percent
from portal.taxa.models import Taxon

register = template.Library()

register.filter("expected_words", wording.expected)
register.filter("changed_words", wording.changed)


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
