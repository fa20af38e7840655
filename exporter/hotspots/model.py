"""How likely each candidate is true: expectation-maximisation over patterns.

For a first name F from a source s (a suggestion, somebody unaided, somebody skilled):

- F is wrong with probability e[F, s], shrunk to its genus's rate, that to its family's, that to everybody's;
- if wrong, it truly is Y with probability r[F, Y];
- each response is drawn from the outcomes of people like its maker (`code`), given how the shown label
  stands to the truth (`State`); outcome tables are shrunk from genus to all.

After Dawid and Skene (1979), with levels of skill in place of a matrix per person, and with the dependence of
a response on the label shown (Van Horn et al. 2018, section 3.3): agreeing with a label tells as much as
people of that code are known to disagree when it is wrong.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from exporter.hotspots.arrays import Floats, tally
from exporter.hotspots.cases import FAR, NEAR, Patterns, is_above
from exporter.hotspots.taxonomy import Taxonomy
from exporter.tree import NONE, Bools, Ints


class State(IntEnum):
    """How the label that a response saw stands to the candidate."""

    OPEN = 0  # none shown, or an ancestor of the candidate
    RIGHT = 1
    WRONG = 2
    NEAR = 3  # wrong, and the truth is another taxon of the genus, named by nobody here
    FAR = 4  # the same, outside the genus
    OPEN_UNNAMED = 5  # none shown or an ancestor, and the truth is named by nobody here


class Outcome(IntEnum):
    """What a response did, if the candidate is true."""

    AGREES = 0
    NAMES_TRUE = 1
    STOPS = 2  # a coarser name that does not disagree
    AGAINST = 3  # a coarser name that says the label is wrong
    NAMES_FALSE = 4


STATES, OUTCOMES = len(State), len(Outcome)

#: Codes of who responds: levels of skill from low to high, suggestions, people who change their mind.
LEVELS = 5
VISION, VISION_SKILLED, SELF = LEVELS, LEVELS + 1, LEVELS + 2
CODES = LEVELS + 3
SKILLED = 3

#: Sources of first names.
SUGGESTED, UNAIDED, BY_SKILLED = range(3)
SOURCES = 3

#: Prior means of outcomes by state, for the lowest and the highest level; levels between are interpolated.
_LOW = np.array(
    [
        [0.00, 0.72, 0.08, 0.02, 0.18],
        [0.88, 0.03, 0.04, 0.01, 0.04],
        [0.75, 0.12, 0.05, 0.03, 0.05],
        [0.75, 0.00, 0.08, 0.03, 0.14],
        [0.75, 0.05, 0.02, 0.08, 0.10],
        [0.10, 0.10, 0.30, 0.10, 0.40],
    ]
)
_HIGH = np.array(
    [
        [0.00, 0.92, 0.05, 0.01, 0.02],
        [0.93, 0.00, 0.02, 0.04, 0.01],
        [0.06, 0.84, 0.03, 0.05, 0.02],
        [0.06, 0.00, 0.22, 0.68, 0.04],
        [0.06, 0.20, 0.04, 0.66, 0.04],
        [0.05, 0.20, 0.50, 0.20, 0.05],
    ]
)
_OUTCOME_STRENGTH = 20.0
_GENUS_STRENGTH = 40.0
_RATE_STRENGTH = 6.0
_RATE_PRIOR = np.array([0.15, 0.12, 0.03])
_PAIR_STRENGTH = 3.0
_UNNAMED_SHARES = {NEAR: 0.25, FAR: 0.05}
_TINY = 1e-9
_MOSTLY = 0.5


def prior_outcomes() -> Floats:
    """Mean outcome shares by code and state."""
    skill = np.append(np.linspace(0.0, 1.0, LEVELS), [0.1, 0.4, 0.3])
    means: Floats = skill[:, None, None] * _HIGH + (1.0 - skill[:, None, None]) * _LOW
    return means


@dataclass(frozen=True)
class Fit:
    """What the model believes of each pattern.

    probability: of each candidate.
    error:       e of each pattern's first name and source.
    rate:        index of each pattern's rate e.
    rate_information: how much the responses told of each rate, on the log-odds scale (Louis 1982).
    mistakes:    r of each pair of first name and candidate.
    """

    probability: Floats
    rate: Ints
    error: Floats
    rate_information: Floats
    mistakes: Floats


class Model:
    """The model of one set of patterns; `fit` runs it."""

    def __init__(self, patterns: Patterns, taxonomy: Taxonomy) -> None:
        self._patterns, self._taxonomy = patterns, taxonomy
        self._count = len(patterns.weight)
        self._start = np.searchsorted(patterns.candidate_owner, np.arange(self._count))
        self._weight = patterns.weight.astype(np.float64)
        self._index_rates()
        self._index_candidates()
        self._index_responses()

    def weigh_responses(self, fit: "Fit") -> tuple[Floats, Floats]:
        """Per response, what it counts for and against its maker."""
        probability = fit.probability[self._beside]
        count = len(self._patterns.response_owner)
        is_fooled = (
            (self._outcome == Outcome.AGREES) & (self._state > State.RIGHT) & (self._state <= State.FAR)
        )
        is_wrong = (self._outcome == Outcome.NAMES_FALSE) | is_fooled
        is_right = self._outcome == Outcome.NAMES_TRUE
        return (
            tally(self._response, probability * is_right, count),
            tally(self._response, probability * is_wrong, count),
        )

    def first_right(self, fit: "Fit") -> Floats:
        """Per pattern, the probability that its first name is right."""
        right: Floats = fit.probability[self._is_first]
        return right

    def usual_mistake(self, fit: "Fit") -> Ints:
        """Per pattern, the taxon that its first name is most often taken for, if more than half the time."""
        taken_for = np.full(len(self._near_pair), NONE, dtype=np.int64)
        clear = np.flatnonzero((fit.mistakes > _MOSTLY) & (self._pair_candidate >= 0))
        taken_for[self._pair_first[clear]] = self._pair_candidate[clear]
        return taken_for[self._first_number]

    def fit(self, rounds: int) -> Fit:
        """Alternate expectation and maximisation that many times."""
        outcomes = np.log(np.repeat(prior_outcomes()[None], self._genera, axis=0).clip(_TINY)).ravel()
        rates = _RATE_PRIOR[self._rate_source]
        pairs = self._pair_base.copy()
        for _ in range(rounds):
            probability = self._expect(outcomes, rates, pairs)
            outcomes = self._fit_outcomes(probability)
            rates = self._fit_rates(probability)
            pairs = self._fit_pairs(probability, pairs)
        probability = self._expect(outcomes, rates, pairs)
        return Fit(probability, self._rate, rates[self._rate], self._information(probability, rates), pairs)

    # What indexes what

    def _index_rates(self) -> None:
        """Rates are those of (first name, source); -1 stands for patterns without a first name."""
        patterns, genus = self._patterns, self._taxonomy.genus
        keys, self._rate = np.unique(patterns.first * SOURCES + patterns.source, return_inverse=True)
        self._rate_source = keys % SOURCES
        taxon = keys // SOURCES
        genus_of = np.where(taxon == NONE, NONE, genus[taxon])
        family_of = np.where(taxon == NONE, NONE, self._taxonomy.family[taxon])
        # A genus's own label is shrunk with other genera, not with its species.
        genus_of = np.where(genus_of == taxon, NONE, genus_of)
        _, self._rate_genus = np.unique(genus_of * SOURCES + self._rate_source, return_inverse=True)
        family_keys, self._rate_family = np.unique(
            family_of * SOURCES + self._rate_source, return_inverse=True
        )
        self._genus_family = np.zeros(self._rate_genus.max(initial=-1) + 1, dtype=np.int64)
        self._genus_family[self._rate_genus] = self._rate_family
        self._family_source = family_keys % SOURCES
        is_answered = np.bincount(patterns.response_owner, minlength=self._count) > 0
        self._answered = self._weight * is_answered

    def _index_candidates(self) -> None:
        """Pairs of first name and candidate, and the shares that candidates have of a genus's names."""
        patterns, taxonomy = self._patterns, self._taxonomy
        owner, candidate = patterns.candidate_owner, patterns.candidate
        first = patterns.first[owner]
        self._is_first = candidate == first
        self._is_near, self._is_far = candidate == NEAR, candidate == FAR
        self._is_named = ~(self._is_first | self._is_near | self._is_far)
        size = np.int64(len(taxonomy.tree) + 4)
        names = np.unique(patterns.first)
        first_number = np.searchsorted(names, first)
        named_genus = np.where(self._is_named, taxonomy.genus[np.maximum(candidate, 0)], NONE)
        self._named_is_near = self._is_named & (named_genus == taxonomy.genus[first]) & (named_genus != NONE)
        keys, self._pair = np.unique(first_number * size + candidate + 3, return_inverse=True)
        self._pair_first = keys // size
        self._pair_candidate = keys % size - 3
        self._pair_is_near = np.zeros(len(keys), dtype=np.bool_)
        self._pair_is_near[self._pair[self._named_is_near]] = True
        self._pair_is_near |= self._pair_candidate == NEAR
        self._pair_is_own = np.zeros(len(keys), dtype=np.bool_)
        self._pair_is_own[self._pair[self._is_first]] = True
        self._pair_base = self._base_pairs(len(names))
        self._near_pair = self._pair_of(NEAR, len(names))
        self._far_pair = self._pair_of(FAR, len(names))
        self._first_number = np.searchsorted(names, patterns.first)

    def _pair_of(self, candidate: int, names: int) -> Ints:
        """Per first name, its pair with NEAR or FAR; -1 for none."""
        found = np.full(names, NONE, dtype=np.int64)
        rows = np.flatnonzero(self._pair_candidate == candidate)
        found[self._pair_first[rows]] = rows
        return found

    def _base_pairs(self, names: int) -> Floats:
        """Shares that a first name's other candidates have before anything is learnt; they add up to 1."""
        base = tally(self._pair, self._weight[self._patterns.candidate_owner], len(self._pair_first))
        base[self._pair_is_own] = 0.0
        is_near, is_far = self._pair_candidate == NEAR, self._pair_candidate == FAR
        base[is_near | is_far] = 0.0
        total = tally(self._pair_first, base, names)[self._pair_first]
        unnamed = is_near * _UNNAMED_SHARES[NEAR] + is_far * _UNNAMED_SHARES[FAR]
        left = tally(self._pair_first, unnamed, names)[self._pair_first]
        named_share = np.divide(base, total, out=np.zeros_like(base), where=total > 0) * (1.0 - left)
        shares: Floats = np.where(
            unnamed > 0, np.where(total > 0, unnamed, unnamed / left.clip(_TINY)), named_share
        )
        return shares

    def _index_responses(self) -> None:
        """Every response beside every candidate of its pattern: the outcome that it then is."""
        patterns, taxonomy = self._patterns, self._taxonomy
        numbers = np.bincount(patterns.candidate_owner, minlength=self._count)[patterns.response_owner]
        response = np.repeat(np.arange(len(numbers)), numbers)
        offset = np.arange(len(response)) - np.repeat(np.cumsum(numbers) - numbers, numbers)
        self._beside = self._start[patterns.response_owner[response]] + offset
        self._response = response
        candidate = patterns.candidate[self._beside]
        first = patterns.first[patterns.response_owner[response]]
        named, shown = patterns.named[response], patterns.shown[response]
        code = patterns.code[response]
        state = _states(taxonomy, candidate, first, shown)
        outcome = _outcomes(taxonomy, candidate, first, named, shown, code, patterns.is_against[response])
        names, genus = np.unique(taxonomy.genus[first], return_inverse=True)
        self._genera = len(names)
        self._state, self._outcome = state, outcome
        self._cell = ((genus * CODES + code) * STATES + state) * OUTCOMES + outcome
        self._log_share = np.where(outcome == Outcome.NAMES_FALSE, self._log_popularity()[response], 0.0)

    def _log_popularity(self) -> Floats:
        """Log share of a response's name among the names given in its genus, apart for suggestions."""
        patterns, taxonomy = self._patterns, self._taxonomy
        weight = self._weight[patterns.response_owner]
        is_vision = (patterns.code == VISION) | (patterns.code == VISION_SKILLED)
        names = np.concatenate([patterns.named, patterns.first])
        vision = np.concatenate([is_vision, patterns.source == SUGGESTED])
        weights = np.concatenate([weight * (patterns.named != patterns.shown), self._weight])
        by_name, name = np.unique(names * 2 + vision, return_inverse=True)
        group = np.where(by_name // 2 == NONE, NONE, taxonomy.genus[by_name // 2]) * 2 + by_name % 2
        _, group_number = np.unique(group, return_inverse=True)
        number = tally(name, weights)
        total = tally(group_number, number)
        kinds = np.bincount(group_number)
        share = (number + 1.0) / (total + kinds)[group_number]
        found: Floats = np.log(share)[name[: len(patterns.named)]]
        return found

    # Expectation

    def _expect(self, outcomes: Floats, rates: Floats, pairs: Floats) -> Floats:
        """Probability of each candidate."""
        owner = self._patterns.candidate_owner
        log = np.log(self._prior(rates[self._rate], pairs).clip(_TINY))
        log += tally(self._beside, outcomes[self._cell] + self._log_share, len(log))
        most = np.maximum.reduceat(log, self._start) if len(log) else log
        odds = np.exp(log - most[owner])
        total = tally(owner, odds, self._count)
        probability: Floats = odds / total[owner]
        return probability

    def _prior(self, error: Floats, pairs: Floats) -> Floats:
        """Before the responses: the first name is right, or else what it is mostly taken for."""
        owner = self._patterns.candidate_owner
        share = pairs[self._pair]
        named_near = tally(owner, share * self._named_is_near, self._count)
        named_far = tally(owner, share * (self._is_named & ~self._named_is_near), self._count)
        near, far = self._rest(pairs)
        near_left = (near[self._first_number] - named_near).clip(_TINY)
        far_left = (far[self._first_number] - named_far).clip(_TINY)
        share = np.where(self._is_near, near_left[owner], np.where(self._is_far, far_left[owner], share))
        prior: Floats = np.where(self._is_first, 1.0 - error[owner], error[owner] * share)
        return prior

    def _rest(self, pairs: Floats) -> tuple[Floats, Floats]:
        """Per first name, the share of its mistakes within its genus and outside."""
        size = len(self._near_pair)
        near = tally(self._pair_first, pairs * self._pair_is_near, size)
        return near, tally(self._pair_first, pairs, size) - near

    # Maximisation

    def _fit_outcomes(self, probability: Floats) -> Floats:
        """Outcome tables, each genus's shrunk to all genera's, those to the prior."""
        owner = self._patterns.response_owner[self._response]
        weights = probability[self._beside] * self._weight[owner]
        size = self._genera * CODES * STATES * OUTCOMES
        counts = tally(self._cell, weights, size)
        counts = counts.reshape(self._genera, CODES, STATES, OUTCOMES)
        overall = counts.sum(axis=0) + _OUTCOME_STRENGTH * prior_outcomes()
        overall /= overall.sum(axis=-1, keepdims=True)
        tables = counts + _GENUS_STRENGTH * overall
        tables /= tables.sum(axis=-1, keepdims=True)
        log: Floats = np.log(tables.clip(_TINY)).ravel()
        return log

    def _fit_rates(self, probability: Floats) -> Floats:
        """Rates of error from the patterns with responses: the others tell nothing of them."""
        wrong = tally(self._patterns.candidate_owner, probability * ~self._is_first, self._count)
        number = tally(self._rate, self._answered)
        wrongs = tally(self._rate, self._answered * wrong)
        return self._shrunk(number, wrongs)

    def _shrunk(self, number: Floats, wrongs: Floats) -> Floats:
        strength = _RATE_STRENGTH
        overall = tally(self._rate_source, wrongs, SOURCES) + strength * _RATE_PRIOR
        overall /= tally(self._rate_source, number, SOURCES) + strength
        family = tally(self._rate_family, wrongs) + strength * overall[self._family_source]
        family /= tally(self._rate_family, number) + strength
        genus = tally(self._rate_genus, wrongs) + strength * family[self._genus_family]
        genus /= tally(self._rate_genus, number) + strength
        rates: Floats = (wrongs + strength * genus[self._rate_genus]) / (number + strength)
        return rates

    def _fit_pairs(self, probability: Floats, pairs: Floats) -> Floats:
        """What first names are taken for; what nobody named is shared out as far as is known."""
        owner = self._patterns.candidate_owner
        mass = probability * self._answered[owner]
        size = len(pairs)
        counts = tally(self._pair, mass * self._is_named, size)
        near, far = self._rest(pairs)
        for is_kind, left_total, of_kind in (
            (self._is_near, near, self._pair_is_near),
            (self._is_far, far, ~self._pair_is_near & ~self._pair_is_own),
        ):
            rest = tally(owner, mass * is_kind, self._count)
            is_here = self._is_named & of_kind[self._pair]
            taken = tally(owner, pairs[self._pair] * is_here, self._count)
            left = (left_total[self._first_number] - taken).clip(_TINY)
            odds = rest / left
            total = tally(self._first_number, odds, len(self._near_pair))
            here = tally(self._pair, odds[owner] * is_here, size)
            counts += np.where(of_kind, pairs * (total[self._pair_first] - here).clip(0.0), 0.0)
        total = tally(self._pair_first, counts, len(self._near_pair))
        fitted: Floats = (counts + _PAIR_STRENGTH * self._pair_base) / (total + _PAIR_STRENGTH)[
            self._pair_first
        ]
        fitted[self._pair_is_own] = 0.0
        return fitted

    def _information(self, probability: Floats, rates: Floats) -> Floats:
        """Per rate: what it would tell if all were known, less what is still unknown, plus the prior."""
        right = probability[self._is_first]
        has_first = self._patterns.candidate_owner[self._is_first]
        unknown = np.zeros(self._count)
        unknown[has_first] = right * (1.0 - right)
        error = rates[self._rate]
        known = self._answered * (error * (1.0 - error) - unknown)
        prior = _RATE_STRENGTH * rates * (1.0 - rates)
        information: Floats = prior + tally(self._rate, known).clip(0.0)
        return information


def _states(taxonomy: Taxonomy, candidate: Ints, first: Ints, shown: Ints) -> Ints:
    """The `State` of each response beside each candidate."""
    genus = taxonomy.genus[first]
    is_taxon = candidate >= 0
    taxon = np.where(is_taxon, candidate, np.where(genus == NONE, first, genus))
    is_open = (shown == NONE) | is_above(taxonomy, shown, taxon)
    # Beside NEAR the genus itself is an open label; beside FAR only what lies above it is.
    is_open |= (candidate == NEAR) & (shown == genus)
    is_right = is_taxon & taxonomy.is_within(taxon, shown)
    state: Ints = np.select(
        [is_open & is_taxon, is_open, is_right, is_taxon, candidate == NEAR],
        [State.OPEN, State.OPEN_UNNAMED, State.RIGHT, State.WRONG, State.NEAR],
        State.FAR,
    ).astype(np.int64)
    return state


def _outcomes(
    taxonomy: Taxonomy, candidate: Ints, first: Ints, named: Ints, shown: Ints, code: Ints, is_against: Bools
) -> Ints:
    """The `Outcome` of each response beside each candidate."""
    genus = taxonomy.genus[first]
    is_taxon = candidate >= 0
    taxon = np.where(is_taxon, candidate, np.where(genus == NONE, first, genus))
    is_vision = (code == VISION) | (code == VISION_SKILLED)
    is_coarser = is_above(taxonomy, named, shown)
    is_true = np.where(
        is_taxon,
        taxonomy.is_within(named, taxon) | taxonomy.is_within(taxon, named),
        np.where(candidate == NEAR, taxonomy.is_within(named, taxon), is_above(taxonomy, named, taxon)),
    )
    outcome: Ints = np.select(
        [(named == shown) & ~is_vision, is_coarser & is_against, is_coarser, is_true],
        [Outcome.AGREES, Outcome.AGAINST, Outcome.STOPS, Outcome.NAMES_TRUE],
        Outcome.NAMES_FALSE,
    ).astype(np.int64)
    return outcome
