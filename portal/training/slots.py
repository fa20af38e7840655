"""What other pages show of training."""

from typing import Any

from django.template import Context
from django.utils import timezone

from portal.cutoffs.models import Cutoff
from portal.cutoffs.states import State
from portal.slots import fills
from portal.training import queries, wording

#: How many runs a cutoff's page names, the last ones.
RUNS = 5


@fills("cutoff-training", "training/_of_cutoff.html")
def training_of(context: Context, cutoff: Cutoff) -> dict[str, Any]:
    """What this portal's worker is at, and the last runs on the cutoff's snapshot."""
    now = timezone.now()
    own = queries.training_of(cutoff) if cutoff.state == State.TRAINING else None
    runs = [wording.describe(run, cutoff, now) for run in queries.runs_of_cutoff(cutoff)[:RUNS]]
    return {"step": own and own.get_step_display(), "own": own, "runs": runs}
