"""What the settling rule held back, and whom it kept below the line."""

from exporter.guards.finding import Finding
from exporter.messages import message
from exporter.readiness import Assessment
from exporter.settling import Settling, newly_classes


def held_back(settling: Settling, settled: Assessment, unsettled: Assessment) -> Finding:
    """Report what `exporter.settling` did: ``settled`` with the window, ``unsettled`` without it.

    A taxon kept below the line would be a class if the labels at the cutoff held, and is none.
    It never fires: holding back is what the rule is for.
    """
    kept = newly_classes(unsettled, settled)
    content = {
        "held_back_observations": settling.held_back,
        "accepted_removals": settling.removals,
        "judged_by_observation_times": settling.judged_by_times,
        "taxa_kept_below_line": kept,
    }
    words = [
        message("held_back", held=settling.held_back),
        message("removed", removed=settling.removals),
        message("kept_below", taxa=len(kept)),
        message("always_some"),
    ]
    by_times = settling.judged_by_times
    missing = [message("judged_by_times", observations=by_times)] if by_times else []
    return Finding(content, fired=False, words=words, missing=missing)
