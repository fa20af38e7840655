"""What was learned from the reviews of a lake, kept so that it serves until it is learned anew.

Learning takes most of the time of a search for wrong labels, and a few more reviews hardly change it. So it
is kept with its date, and serves while it is recent (`Learned.is_due`) and the reviewed labels are about as
many as they were (`Learned.is_outgrown`). A search with what was kept computes all else from the lake as it
is: which labels there are, how common each is, what its reviews say.

Nothing that is kept is about a person. The effects of those who named labels and the sensitivities of those
who reviewed them are worked out from the reviews at each search, by the equations of `chances`, with all else
as it was learned (`with_people`).

Taxa are kept by id. One that is new since has no effect of its own yet: its genus, family, order and class
speak for it, as for any label without a review.
"""

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.special import expit

from exporter import kept
from exporter.columns import floats, integers
from exporter.criteria import Criteria
from exporter.hotspots.arrays import Floats, tally
from exporter.hotspots.calibration import Calibration
from exporter.hotspots.chances import (
    ROUNDS,
    Cases,
    Chances,
    Effects,
    ids_with_effect,
    log_odds,
    said,
    thinned,
)
from exporter.hotspots.moves import Moves
from exporter.hotspots.predictors import COLUMNS, GROUPS
from exporter.hotspots.prior import load_prior
from exporter.hotspots.schema import FIT
from exporter.hotspots.sensitivity import USUAL, Pairs, estimate, nothing_known
from exporter.hotspots.taxonomy import Taxonomy
from exporter.lake import Lake
from exporter.tree import NONE, Ints

#: Grows when what is kept means something else than before.
_EDITION = 1
#: By what share the number of reviewed labels may differ from what it was.
GROWTH = 0.1

#: Groups by the source of the label, of which a number is twice a taxon and the source; those of cells; and
#: the one that is about people.
_BY_SOURCE = ("label and source", "genus and source")
_PLACE, _NAMER = "place", "namer"
#: What is kept of effects: ``id`` is a taxon's, or the number of a cell; source 1 is a suggestion.
EFFECTS = pa.schema(
    [
        ("group", pa.string()),
        ("id", pa.int64()),
        ("source", pa.int64()),
        ("effect", pa.float64()),
        ("information", pa.float64()),
    ]
)
#: Steps to the likeliest effect of each namer, in each round.
_STEPS = 3
#: No more rounds once no reviewer's sensitivity moves by more.
_SETTLED = 1e-4


@dataclass(frozen=True)
class Learned:
    """What was learned at a time.

    reviewed: labels with a review at that time, those that the fit did not use among them.
    spreads:  how unlike each other groups are.
    effects:  of each group but people's: by taxon (or cell of places) and source of the label.
    facts:    `schema.FIT`: coefficients, calibration, how often labels move, and what they were learned from.
    """

    at: datetime
    reviewed: int
    spreads: dict[str, float]
    effects: pa.Table
    facts: pa.Table

    @classmethod
    def of(cls, at: datetime, reviewed: int, chances: Chances, moves: Moves, taxonomy: Taxonomy) -> "Learned":
        """Take from a fit what is kept of it."""
        when = pa.table([["data"], ["learned at"], [at.timestamp()], [None]], schema=FIT)
        parts = [
            _of_group(name, effects, taxonomy) for name, effects in chances.effects.items() if name != _NAMER
        ]
        return cls(
            at=at,
            reviewed=reviewed,
            spreads=chances.prior.groups,
            effects=pa.concat_tables(parts),
            facts=pa.concat_tables([chances.as_table(), moves.as_table(), when]),
        )

    def is_due(self, now: datetime, longest: timedelta) -> bool:
        """Return whether it is time to learn anew."""
        return now - self.at >= longest or now < self.at

    def is_outgrown(self, reviewed: int) -> bool:
        """Return whether so many reviewed labels are many more, or fewer, than it was learned from."""
        return abs(reviewed - self.reviewed) > GROWTH * self.reviewed

    @property
    def moves(self) -> Moves:
        """How often a label that is rejected once more moves."""
        rows = [row for row in self.facts.to_pylist() if row["part"] == "moves"]
        return Moves(np.array([row["value"] for row in rows]), np.array([int(row["found"]) for row in rows]))

    def chances(self, cases: Cases, taxonomy: Taxonomy) -> Chances:
        """Return the fitted model for a lake as it is, with what its people are like."""
        numbers = {(row["part"], row["name"]): row["value"] for row in self.facts.to_pylist()}
        calibration = (numbers["data", f"{name} of the calibration"] for name in ("slope", "shift", "floor"))
        model = Chances(
            prior=replace(load_prior(), groups=self.spreads),
            cases=int(numbers["data", "labels that somebody reviewed"]),
            overturned=int(numbers["data", "labels that were overturned"]),
            weights=np.array([numbers["coefficient", name] for name in COLUMNS]),
            effects={name: _in_lake(name, self.effects, taxonomy) for name in GROUPS},
            sensitivity=nothing_known(),
            calibration=Calibration(*calibration),
            predicted=np.zeros(0),
            is_overturned=np.zeros(0, dtype=np.bool_),
        )
        return with_people(model, thinned(cases), taxonomy)


def with_people(model: Chances, cases: Cases, taxonomy: Taxonomy) -> Chances:
    """Work out the effects of namers and the sensitivities of reviewers, with the rest of the model as it is.

    In turn, as the fit does: how likely each label is wrong, how often each reviewer overturns wrong ones,
    and the likeliest effect of each namer. Namers do not bear on each other: each takes steps of Newton's.
    """
    if not len(cases):
        return model
    ids = ids_with_effect(_NAMER, cases.predictors.namer, taxonomy, model.prior)
    place = _places(ids, cases.predictors.namer)
    pairs = Pairs.among(cases.person, cases.family)
    sensitivity, caught = nothing_known(), np.full(len(pairs.of), USUAL)
    without = log_odds(cases.predictors, model.weights, model.effects)
    effect = np.zeros(len(ids) + 1)  # the last is that of all who have none
    precision, information = 1.0 / model.prior.groups[_NAMER] ** 2, np.zeros(len(ids) + 1)
    for _ in range(ROUNDS):
        wrong = expit(without + effect[place] + said(cases, caught))
        sensitivity, before = estimate(pairs, cases.is_overturned, wrong[cases.case]), caught
        caught = sensitivity.value[pairs.of]
        for _ in range(_STEPS):
            chance = expit(without + effect[place])
            information = tally(place, chance * (1.0 - chance), len(ids) + 1)
            slope = tally(place, wrong - chance, len(ids) + 1) - precision * effect
            effect = effect + slope / (information + precision)
            effect[-1] = 0.0
        if np.abs(caught - before).max() < _SETTLED:
            break
    namers = Effects(ids, effect[:-1], information[:-1])
    return replace(model, sensitivity=sensitivity, effects=model.effects | {_NAMER: namers})


def _places(ids: Ints, values: Ints) -> Ints:
    """Where each value is among ids, the number of these for one that is not."""
    at = np.minimum(np.searchsorted(ids, values), max(len(ids) - 1, 0))
    is_there = (ids[at] == values) if len(ids) else np.zeros(len(values), dtype=bool)
    return np.where(is_there, at, len(ids))


def _of_group(name: str, effects: Effects, taxonomy: Taxonomy) -> pa.Table:
    """The effects of a group, by taxon and source in place of numbers that hold for one tree alone."""
    ids, source = effects.ids, np.zeros_like(effects.ids)
    if name in _BY_SOURCE:
        ids, source = ids // 2, ids % 2
    if name != _PLACE:
        ids = taxonomy.tree.taxon_ids[ids]
    return pa.table([[name] * len(ids), ids, source, effects.effect, effects.information], schema=EFFECTS)


def _in_lake(name: str, kept_effects: pa.Table, taxonomy: Taxonomy) -> Effects:
    """The effects of a group in the lake's tree as it is; of taxa that are gone none."""
    rows = kept_effects.filter(pc.equal(kept_effects["group"], name))
    ids, source = integers(rows["id"]), integers(rows["source"])
    if name != _PLACE:
        ids = taxonomy.tree.positions(ids)
    is_there = ids != NONE
    number = ids * 2 + source if name in _BY_SOURCE else ids
    order = np.flatnonzero(is_there)[np.argsort(number[is_there])]
    columns: list[Floats] = [floats(rows[column]) for column in ("effect", "information")]
    return Effects(number[order], *(column[order] for column in columns))


def path_of(lake: Lake, criteria: Criteria) -> Path:
    """Return where it is kept what was learned under a rule, by this version of the program."""
    return kept.path_of(lake, "learned", _EDITION, asdict(criteria), COLUMNS, GROUPS, load_prior().provenance)


def write(path: Path, learned: Learned) -> None:
    """Keep what was learned."""
    described = {"at": learned.at.isoformat(), "reviewed": learned.reviewed, "spreads": learned.spreads}
    kept.write(path, learned.effects, described | {"facts": learned.facts.to_pylist()})


def read(path: Path) -> Learned | None:
    """Return what was kept; None where there is nothing that can be read."""
    try:
        effects, described = kept.read(path)
        return Learned(
            at=datetime.fromisoformat(described["at"]),
            reviewed=described["reviewed"],
            spreads=described["spreads"],
            effects=effects.cast(EFFECTS),
            facts=pa.Table.from_pylist(described["facts"], schema=FIT),
        )
    except kept.READ_ERRORS:
        return None
