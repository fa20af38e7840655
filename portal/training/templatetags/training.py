"""What templates tell of runs and models with."""

from typing import Any

from django import template
from django.utils import timezone

from portal.cutoffs.models import Cutoff
from portal.cutoffs.states import State
from portal.taxa.models import Taxon
from portal.training import queries, wording

register = template.Library()

register.filter("share_of_photos", wording.share_words)
register.filter("duration", wording.duration)
register.filter("training_steps", wording.steps)

#: How many taxa are named that the model takes it for, or takes for it.
PARTNERS = 3
#: How many runs a cutoff's page names, the last ones.
RUNS = 5


@register.inclusion_tag("training/_of_cutoff.html")
def training_of(cutoff: Cutoff) -> dict[str, Any]:
    """What this portal's worker is at, and the last runs on the cutoff's snapshot."""
    now = timezone.now()
    own = queries.training_of(cutoff) if cutoff.state == State.TRAINING else None
    runs = [wording.describe(run, cutoff, now) for run in queries.runs_of_cutoff(cutoff)[:RUNS]]
    return {"step": own and own.get_step_display(), "own": own, "runs": runs}


@register.inclusion_tag("training/_in_model.html")
def in_model(taxon: Taxon) -> dict[str, Any]:
    """Whether the taxon is a class of the current model, how well that knows it, what it takes it for."""
    version = queries.current_version()
    if version is None:
        return {"version": None}
    known = queries.knowledge(version, taxon, PARTNERS)
    return {"version": version, "taxon": taxon, "known": known}
