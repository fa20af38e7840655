"""What an export of a simulated world is worth: figures against the truth, and against no announcement."""

from math import ceil

import numpy as np

from exporter.guards import GUARDS
from exporter.guards.drift import compare
from exporter.policy.arrivals import Arrivals
from exporter.policy.cutting import WORST_SHARE, Export, Truth, are_right
from exporter.simulation.records import FIRST_ID

#: Days between two exports lately: INAT.md, 35 to 43 (iNaturalist's blog posts 85796 and 91824).
EXPORT_INTERVAL_DAYS = 39
#: What one look takes a skilled person, minutes: assumed.
MINUTES_A_LOOK = 1.0

#: Each outcome with its unit and meaning. Differences are against the same world without an announcement.
OUTCOMES = {
    "observations": "exported observations",
    "photos": "exported photos",
    "photos_lost": "photos that would be exported without an announcement, and are not",
    "classes": "classes of the export",
    "wrong": "exported observations whose true taxon lies outside their class",
    "wrong_share": "their share of the exported observations",
    "worst_share": "the same share in the 5 % of classes where it is largest, the mean over these classes",
    "gained": "classes that there would not be without an announcement",
    "lost": "classes that there would be without an announcement, and are none",
    "pushed": "taxa that accounts tried to carry over the line",
    "pushed_in": "those of them that are classes, and would not be without an announcement",
    "ks": "Kolmogorov-Smirnov distance of photos per class from those without an announcement",
    "wasserstein_log": "Wasserstein distance of the logarithms of photos per class from those without one",
    "held_back": "observations with a label that waits for the next export",
    "honest_waited": "right labels among them",
    "honest_days": "mean days from such a label to the next export",
    "aimed": "labels that accounts carried into a full class",
    "aimed_exported": "those of them that were exported in it",
    "alarms": "guards that fired",
    **{f"alarm_{name}": f"1 if the guard {name} fired" for name in GUARDS},
    "skilled": "extra skilled identifications",
    "hours": "hours that these take",
    "removed": "wrong labels fewer than without an announcement",
}


def measure(export: Export, reference: Export, arrivals: Arrivals, truth: Truth) -> dict[str, float]:
    """Return the `OUTCOMES` of an export; ``reference`` is that of the same world without an announcement.

    What was not looked at is not a number.
    """
    is_wrong = ~np.array(are_right(export.observation, export.in_class, truth), dtype=np.bool_)
    wrong = int(is_wrong.sum())
    classes, before = export.photos.keys(), reference.photos.keys()
    drift = compare(export.photos, reference.photos)
    honest = np.array(are_right(export.waiting, export.waiting_label, truth), dtype=np.bool_)
    days = np.array(export.waiting_days)[honest] + EXPORT_INTERVAL_DAYS
    aimed = np.isin(FIRST_ID + np.array(arrivals.aimed, dtype=np.int64), export.observation[is_wrong])
    without = ~np.array(are_right(reference.observation, reference.in_class, truth), dtype=np.bool_)
    return {
        "observations": export.observation.size,
        "photos": sum(export.photos.values()),
        "photos_lost": np.setdiff1d(reference.photo, export.photo, assume_unique=True).size,
        "classes": len(classes),
        "wrong": wrong,
        "wrong_share": wrong / export.observation.size if export.observation.size else np.nan,
        "worst_share": worst(export, is_wrong),
        "gained": len(classes - before),
        "lost": len(before - classes),
        "pushed": len(arrivals.pushed),
        "pushed_in": len((classes - before) & set(arrivals.pushed)),
        "ks": _number(drift["ks"]),
        "wasserstein_log": _number(drift["wasserstein_log"]),
        "held_back": export.waiting.size,
        "honest_waited": int(honest.sum()),
        "honest_days": float(days.mean()) if days.size else np.nan,
        "aimed": len(arrivals.aimed),
        "aimed_exported": int(aimed.sum()),
        **_alarms(export.alarms),
        "skilled": arrivals.skilled,
        "hours": arrivals.skilled * MINUTES_A_LOOK / 60,
        "removed": int(without.sum()) - wrong,
    }


def worst(export: Export, is_wrong: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> float:
    """Return the mean share of wrong labels in the `WORST_SHARE` of classes where it is largest."""
    if not export.observation.size:
        return float("nan")
    _, place, held = np.unique(export.in_class, return_inverse=True, return_counts=True)
    shares = np.bincount(place, weights=is_wrong) / held
    most = np.sort(shares)[::-1][: ceil(WORST_SHARE * len(shares))]
    return float(most.mean())


def _alarms(fired: tuple[str, ...] | None) -> dict[str, float]:
    """How many guards fired, and whether each did; not numbers where none was run."""
    if fired is None:
        return dict.fromkeys(("alarms", *(f"alarm_{name}" for name in GUARDS)), np.nan)
    return {"alarms": len(fired), **{f"alarm_{name}": float(name in fired) for name in GUARDS}}


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)
