"""The judgement on every observation that would be exported: how likely its label is wrong, and why."""

from dataclasses import dataclass
from datetime import datetime

import duckdb
import numpy as np

from exporter.hotspots import skill
from exporter.hotspots.arrays import Floats
from exporter.hotspots.cases import FAR, NEAR, Cases, Patterns, find_cases, find_patterns
from exporter.hotspots.history import History, read_history
from exporter.hotspots.model import Fit, Model
from exporter.hotspots.openings import unaided_ratio
from exporter.hotspots.taxonomy import Taxonomy
from exporter.tree import NONE, Bools, Ints

#: Rounds of the model before each estimate of skill, and after the last.
_ROUNDS = (6, 6, 10)


@dataclass(frozen=True)
class Reading:
    """What the identifications say: the model's last fit and the level of each identification's maker."""

    history: History
    cases: Cases
    patterns: Patterns
    model: Model
    fit: Fit
    level: Ints


def read(con: duckdb.DuckDBPyConnection, taxonomy: Taxonomy, at: datetime | None) -> Reading | None:
    """Fit the model to the lake's identifications; None where there are none."""
    history = read_history(con, taxonomy, at)
    if not len(history.named):
        return None
    cases = find_cases(history, taxonomy)
    level = skill.starting_levels(history)
    ratio = unaided_ratio(history, taxonomy)
    for rounds in _ROUNDS[:-1]:
        patterns, model, fit = _fit(history, cases, taxonomy, level, ratio, rounds)
        record = skill.record(history, cases, patterns, model.first_right(fit), *model.record(fit))
        level = skill.levels(history, taxonomy, *record)
    patterns, model, fit = _fit(history, cases, taxonomy, level, ratio, _ROUNDS[-1])
    return Reading(history, cases, patterns, model, fit, level)


def _fit(
    history: History, cases: Cases, taxonomy: Taxonomy, level: Ints, ratio: Floats, rounds: int
) -> tuple[Patterns, Model, Fit]:
    patterns = find_patterns(
        history, cases, taxonomy, skill.sources(history, level), skill.codes(history, level)
    )
    model = Model(patterns, taxonomy, ratio)
    return patterns, model, model.fit(rounds)


@dataclass(frozen=True)
class Candidates:
    """What each of some observations may truly be: rows by observation, with the class it would be in.

    owner:       index of the observation.
    name:        number of its first name in `Mistakes`.
    taxon:       position of the candidate; NEAR or FAR.
    probability: that it is true.
    is_wrong:    whether the label is wrong if it is.
    """

    owner: Ints
    name: Ints
    taxon: Ints
    probability: Floats
    is_wrong: Bools


def candidates(reading: Reading, taxonomy: Taxonomy, pattern: Ints, leaf: Ints) -> Candidates:
    """The candidates of observations, given the pattern and the class (a position) of each."""
    patterns = reading.patterns
    start = np.searchsorted(patterns.candidate_owner, np.arange(len(patterns.weight) + 1))
    number = start[pattern + 1] - start[pattern]
    owner = np.repeat(np.arange(len(pattern)), number)
    row = start[pattern[owner]] + np.arange(len(owner)) - np.repeat(np.cumsum(number) - number, number)
    taxon = patterns.candidate[row]
    genus = taxonomy.genus[patterns.first[pattern[owner]]]
    stands_for = np.where(taxon >= 0, taxon, np.where(taxon == NEAR, genus, NONE))
    is_right = taxonomy.is_within(leaf[owner], stands_for) & (taxon != FAR)
    name = reading.model.mistakes.name[pattern[owner]]
    return Candidates(owner, name, taxon, reading.fit.probability[row], ~is_right)
