"""What templates tell of runs and models with."""

from typing import Any

from django import template

from portal.taxa.models import Taxon
from portal.training import queries, wording

register = template.Library()

register.filter("share_of_photos", wording.share_words)
register.filter("duration", wording.duration)
register.filter("training_steps", wording.steps)

#: How many taxa are named that the model takes it for, or takes for it.
PARTNERS = 3


@register.inclusion_tag("training/_in_model.html")
def in_model(taxon: Taxon) -> dict[str, Any]:
    """Whether the taxon is a class of the current model, how well that knows it, what it takes it for."""
    version = queries.current_version()
    if version is None:
        return {"version": None}
    known = queries.knowledge(version, taxon, PARTNERS)
    return {"version": version, "taxon": taxon, "known": known}
