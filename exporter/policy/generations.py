"""The loop: wrong labels train a model, its wrong suggestions become labels, and those train the next one.

Five exports follow each other. From each the share of wrong labels of every class is counted against the
truth. The model trained on it then names that class wrongly more often, or less often, by a *response table*,
and its suggestions are those that people see until the next export.
"""

import csv
import json
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from exporter.columns import integers
from exporter.errors import DataError
from exporter.policy.arrivals import Arrivals, arrive
from exporter.policy.cutting import Export, are_right, cut, truth_of
from exporter.policy.lab import END, Size
from exporter.policy.outcomes import worst
from exporter.policy.scenarios import REFERENCE, Scenario, announced
from exporter.policy.standing import stand
from exporter.policy.tables import open_tables
from exporter.policy.world import World
from exporter.simulation.histories import Event
from exporter.simulation.opinions import SUGGESTION, Opinions
from exporter.simulation.tree import load_tree
from exporter.snapshot import SETTLE_DAYS

GENERATIONS = 5
#: Days from one export to the next.
GAP_DAYS = 180
#: No model names more than this share of anything wrongly.
_MOST_WRONG = 0.9

#: Share of wrong labels in a class, and how often its model names it wrongly against now: in ascending order.
Response: TypeAlias = tuple[tuple[float, float], ...]

#: What the trainer measured (``python -m trainer label-noise``): a small network on 24 classes of plants,
#: with labels made wrong on purpose. Taken from it is what happens where they are of one lookalike, as real
#: ones are. Above 39 % wrong labels nothing was measured: the factor stays as it is there.
MEASURED = Path(__file__).with_name("responses.json")
_KIND = "collapse"


def measured_response(path: Path = MEASURED) -> Response:
    """Return the response table that the trainer measured, from its document."""
    document = json.loads(path.read_text(encoding="utf-8"))
    return tuple((row["wrong_share"], row["factor"][0]) for row in document["responses"][_KIND])


#: At 5 % wrong labels a class is suggested wrongly as often as now. ``strong`` is assumed, to be on the safe
#: side: each further percent adds 15 %, five times what was measured. ``none`` is there to compare with: what
#: rises by it is not the loop's doing.
RESPONSES: dict[str, Response] = {
    "none": ((0.0, 1.0), (1.0, 1.0)),
    "measured": measured_response(),
    "strong": ((0.0, 0.25), (0.05, 1.0), (1.0, 15.25)),
}

_CLEAN_UP = announced("worklist", 14)


@dataclass(frozen=True)
class Arm:
    """A way to live through the generations: ``scenarios`` has what happens before each export."""

    name: str
    scenarios: tuple[Scenario, ...]


ARMS = (
    Arm("never", (REFERENCE,) * GENERATIONS),
    Arm("every", (_CLEAN_UP,) * GENERATIONS),
    Arm("once", (REFERENCE, _CLEAN_UP, REFERENCE, REFERENCE, REFERENCE)),
)


class Model(Opinions):
    """A model whose wrong suggestions of each class come ``factors`` times as often as now.

    ``known``: as in `Opinions`.
    """

    def __init__(self, factors: Mapping[int, float], known: Container[int] | None = None) -> None:
        super().__init__(1.0, known)
        self._factors = factors

    def shares(self, true_taxon_id: int, source: int) -> dict[int, float]:
        """How often each taxon is named for the true one; the shares add up to 1."""
        shares = super().shares(true_taxon_id, source)
        if source != SUGGESTION:
            return shares
        tree = load_tree()
        line = tree[true_taxon_id].line
        raised = {
            taxon_id: share * self._factors.get(taxon_id, 1.0)
            for taxon_id, share in shares.items()
            if taxon_id not in line and true_taxon_id not in tree[taxon_id].line
        }
        before, after = sum(shares[taxon_id] for taxon_id in raised), sum(raised.values())
        wrong = min(after, max(_MOST_WRONG, before))
        kept = (1.0 - wrong) / (1.0 - before) if before < 1.0 else 0.0
        scale = wrong / after if after else 0.0
        return {
            taxon_id: raised[taxon_id] * scale if taxon_id in raised else share * kept
            for taxon_id, share in shares.items()
        }


def follow(seed: int, arm: Arm, response: Response, size: Size | None = None) -> Iterator[dict[str, Any]]:
    """Live through the generations; gives for each what its export holds, and what its model will suggest.

    wrong_share, worst_share: as in `exporter.policy.outcomes`. wrong_suggestions: the share of suggestions
    for the world's observations that would be wrong, from the model trained on that export.
    """
    size = size or Size()
    past: dict[int, list[Event]] = {}
    models: list[tuple[int, Opinions]] = []
    for generation, scenario in enumerate(arm.scenarios, start=1):
        world = World(
            seed, size.observations, END, cutoff=_cutoff(generation), past=past, models=tuple(models)
        )
        export, truth, arrivals = _export(world, scenario, size)
        is_wrong = ~np.array(are_right(export.observation, export.in_class, truth), dtype=np.bool_)
        model = Model(_factors(export, is_wrong, response), world.known)
        yield {
            "arm": arm.name,
            "generation": generation,
            "seed": seed,
            "classes": len(export.photos),
            "wrong_share": float(is_wrong.mean()) if is_wrong.size else float("nan"),
            "worst_share": worst(export, is_wrong),
            "wrong_suggestions": _wrong_suggestions(model, world),
        }
        models.append((world.end_at, model))
        for index, events in arrivals.events.items():
            past[index] = [*past.get(index, ()), *events]


def read_response(path: Path) -> Response:
    """Read a response table: CSV with the columns ``wrong_share`` and ``factor``.

    DataError if it is not such a table, in ascending order of shares from 0 to 1.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = [(float(row["wrong_share"]), float(row["factor"])) for row in csv.DictReader(file)]
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}; give a readable response table") from None
    except (KeyError, TypeError, ValueError):
        raise DataError(
            f"{path}: not a response table; give a CSV with numbers in the columns wrong_share and factor"
        ) from None
    shares = [share for share, _ in rows]
    if not rows or shares != sorted(set(shares)) or not 0 <= shares[0] <= shares[-1] <= 1:
        raise DataError(f"{path}: wrong_share does not rise from row to row, within 0 and 1; sort the rows")
    if not all(0 <= factor < 1000 for _, factor in rows):
        raise DataError(f"{path}: a factor is not from 0 to 1,000; correct it")
    return tuple(rows)


def _cutoff(generation: int) -> datetime:
    last = datetime(END.year, END.month, END.day, tzinfo=UTC)
    return last - (GENERATIONS - generation) * timedelta(days=GAP_DAYS)


def _export(world: World, scenario: Scenario, size: Size) -> tuple[Export, dict[int, int], Arrivals]:
    arrivals = Arrivals()
    if scenario.lead_days:
        standing = stand(world, size.criteria, scenario.lead_days)
        arrivals = arrive(world, scenario, standing, size.criteria, None)
    cases = world.with_events(arrivals.events)
    with open_tables(cases) as con:
        export = cut(con, world.cutoff, SETTLE_DAYS, f"leafline generations {world.seed:06d}", size.criteria)
    return export, truth_of(cases), arrivals


def _factors(
    export: Export, is_wrong: np.ndarray[tuple[int], np.dtype[np.bool_]], response: Response
) -> dict[int, float]:
    """How often the next model names each class wrongly, against now."""
    classes, place, held = np.unique(export.in_class, return_inverse=True, return_counts=True)
    shares = np.bincount(place, weights=is_wrong, minlength=len(classes)) / held
    known, factors = zip(*response, strict=True)
    return dict(zip(integers(classes).tolist(), np.interp(shares, known, factors).tolist(), strict=True))


def _wrong_suggestions(model: Opinions, world: World) -> float:
    """The share of suggestions that would be wrong, over the world's observations."""
    tree = load_tree()
    taxa, numbers = np.unique([one.true_taxon_id for one in world.sightings], return_counts=True)
    wrong = [
        sum(
            share
            for taxon_id, share in model.shares(true, SUGGESTION).items()
            if taxon_id not in tree[true].line and true not in tree[taxon_id].line
        )
        for true in taxa.tolist()
    ]
    return float(np.average(wrong, weights=numbers))
