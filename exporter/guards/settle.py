"""What the settling rule held back, and whom it kept below the line."""

from exporter.guards.finding import Finding
from exporter.readiness import Assessment
from exporter.settling import Settling, newly_classes


def held_back(settling: Settling, settled: Assessment, unsettled: Assessment) -> Finding:
    """Tell what `exporter.settling` did: ``settled`` with the window, ``unsettled`` without it.

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
    words = (
        f"{settling.held_back:,} observations wait for the next export with a label that is new or became"
        f" finer in the settling window; {settling.removals:,} lost a label, which counts at once."
        f" {len(kept):,} taxa would be classes if the new labels counted, and are none."
        " Some are held back before every cutoff: identifying never stops. That alone is no sign of a push."
    )
    missing = ""
    if settling.judged_by_times:
        missing = (
            f"{settling.judged_by_times:,} observations have no identifications in the lake: they are taken"
            " to have had their labels since they were made"
        )
    return Finding(content, fired=False, words=words, missing=missing)
