"""What is believed before a lake has shown anything: coefficients fitted on shared histories, and no data."""

import json
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from exporter.hotspots.arrays import Floats
from exporter.hotspots.predictors import COLUMNS, GROUPS

_FILE = "prior.json"


@dataclass(frozen=True)
class Prior:
    """Means and spreads of coefficients, on the log-odds scale.

    mean, spread: of each of `COLUMNS`.
    groups:       spread of the effects in each of `GROUPS`.
    classes:      effects of biological classes (of Linnaeus), by taxon id.
    floor:        the share of labels that are wrong by a slip, however safe the taxon.
    provenance:   what it was fitted on, in words.
    """

    mean: Floats
    spread: Floats
    groups: dict[str, float]
    classes: dict[int, float]
    floor: float
    provenance: str


#: How far the effects of groups spread. Chosen on the shared histories by leaving out a day at a time.
SPREADS = {
    "label": 0.8,
    "genus": 0.5,
    "family": 0.5,
    "order": 0.5,
    "class": 0.6,
    "label and source": 0.5,
    "genus and source": 0.5,
    "namer": 0.8,
    "place": 0.4,
}

#: Where nothing was fitted before: one label in twenty falls, give or take a factor of twenty; one in four
#: hundred by a slip, give or take a factor of three.
BLANK = Prior(
    mean=np.array([-3.0] + [0.0] * (len(COLUMNS) - 1)),
    spread=np.array([3.0] + [1.0] * (len(COLUMNS) - 1)),
    groups=SPREADS,
    classes={},
    floor=0.0025,
    provenance="Nothing: every coefficient is taken to be about zero.",
)


def load_prior() -> Prior:
    """Read the prior that comes with the program."""
    text = (files("exporter.hotspots") / _FILE).read_text("utf-8")
    return from_json(text)


def from_json(text: str) -> Prior:
    """Read a prior as `to_json` writes it."""
    recorded = json.loads(text)
    return Prior(
        mean=np.array([recorded["columns"][name]["mean"] for name in COLUMNS]),
        spread=np.array([recorded["columns"][name]["spread"] for name in COLUMNS]),
        groups={name: float(recorded["groups"][name]) for name in GROUPS},
        classes={int(taxon_id): float(effect) for taxon_id, effect in recorded["classes"].items()},
        floor=float(recorded["floor"]),
        provenance=str(recorded["provenance"]),
    )


def to_json(prior: Prior) -> str:
    """Write a prior down."""
    columns = {
        name: {"mean": round(float(mean), 3), "spread": round(float(spread), 3)}
        for name, mean, spread in zip(COLUMNS, prior.mean, prior.spread, strict=True)
    }
    classes = {str(taxon_id): round(effect, 2) for taxon_id, effect in sorted(prior.classes.items())}
    recorded = {
        "provenance": prior.provenance,
        "columns": columns,
        "groups": prior.groups,
        "classes": classes,
        "floor": round(prior.floor, 4),
    }
    return json.dumps(recorded, indent=1) + "\n"
