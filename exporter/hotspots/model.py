"""How likely each candidate is true: expectation-maximisation over patterns.

For a first name F from a source s (a suggestion, somebody unaided, somebody skilled):

- F is wrong with probability e[F, s] (`rates`);
- if wrong, it truly is Y with probability r[F, Y] (`mistakes`);
- each response is drawn from the outcomes of people like its maker (its code), given how the label that was
  shown stands to the truth (`responses`). The tables of outcomes are shrunk from genus to all. Which false
  taxon is named follows what first names of that truth were.

After Dawid and Skene (1979), with a few levels of skill in place of a matrix per person, and with responses
that depend on the label shown (as in Van Horn et al. 2018): agreeing with a label tells as much as people of
that code are known to disagree when it is wrong.
"""

from dataclasses import dataclass

import numpy as np

from exporter.hotspots.arrays import Floats, tally
from exporter.hotspots.cases import Patterns
from exporter.hotspots.mistakes import Mistakes
from exporter.hotspots.rates import TAXON_STRENGTH, Rates
from exporter.hotspots.responses import (
    CODES,
    OUTCOMES,
    STATES,
    SUGGESTED,
    VISION,
    VISION_SKILLED,
    Outcome,
    State,
    outcomes,
    prior_outcomes,
    states,
)
from exporter.hotspots.taxonomy import Taxonomy
from exporter.tree import NONE, Ints

#: How many responses the tables of all genera weigh in a genus's own, by state.
_GENUS_STRENGTH = np.array([40.0, 40.0, 30.0])
#: The same for how often a right label is said to be wrong by a coarser name. It is large, so that skilled
#: people who push a species' labels back to genus count as knowing that they are wrong.
_AGAINST_STRENGTH = 400.0
_PRIOR_STRENGTH = 20.0
_SHARE_STRENGTH = 5.0
_TINY = 1e-9


@dataclass(frozen=True)
class Fit:
    """What the model believes.

    probability: of each candidate of each pattern.
    error:       e of each pattern.
    mistakes:    r of each pair of `Mistakes`.
    rate_information: how much is known of each rate of `Rates`: one over the variance of its log-odds.
    """

    probability: Floats
    error: Floats
    mistakes: Floats
    rate_information: Floats


class Model:
    """The model of one set of patterns; `fit` runs it."""

    def __init__(self, patterns: Patterns, taxonomy: Taxonomy, unaided_ratio: Floats) -> None:
        self._patterns = patterns
        self._count = len(patterns.weight)
        self._weight = patterns.weight.astype(np.float64)
        self._answered = self._weight * (np.bincount(patterns.response_owner, minlength=self._count) > 0)
        self._start = np.searchsorted(patterns.candidate_owner, np.arange(self._count))
        self.rates = Rates(patterns, taxonomy, unaided_ratio)
        self.mistakes = Mistakes(patterns, taxonomy)
        self._index_responses(taxonomy)

    def fit(self, rounds: int) -> Fit:
        """Alternate expectation and maximisation that many times."""
        tables = np.log(np.repeat(prior_outcomes()[None], self._genera, axis=0).clip(_TINY)).ravel()
        rates, mistakes, shares = self.rates.prior(), self.mistakes.base(), self._popularity
        for _ in range(rounds):
            probability = self._expect(tables, rates, mistakes, shares)
            tables = self._fit_tables(probability)
            rates = self.rates.fit(self._answered, self._wrong(probability))
            owner = self._patterns.candidate_owner
            mistakes = self.mistakes.fit(probability * self._answered[owner], mistakes)
            shares = self._fit_shares(probability * self._weight[owner], mistakes)
        probability = self._expect(tables, rates, mistakes, shares)
        error = rates[self.rates.of_pattern]
        return Fit(probability, error, mistakes, self._information(probability, rates))

    def record(self, fit: Fit) -> tuple[Floats, Floats]:
        """Per response, how much it counts for and against the skill of its maker."""
        probability = fit.probability[self._beside]
        count = len(self._patterns.response_owner)
        is_wrong_label = self._state == State.WRONG
        is_fooled = (self._outcome == Outcome.AGREES) & is_wrong_label
        is_alert = (self._outcome == Outcome.AGAINST) & is_wrong_label
        is_right = (self._outcome == Outcome.NAMES_TRUE) | is_alert
        is_wrong = (self._outcome == Outcome.NAMES_FALSE) | is_fooled
        return (
            tally(self._response, probability * is_right, count),
            tally(self._response, probability * is_wrong, count),
        )

    def first_right(self, fit: Fit) -> Floats:
        """Per pattern, the probability that its first name is right."""
        right: Floats = fit.probability[self.mistakes.is_first]
        return right

    def _index_responses(self, taxonomy: Taxonomy) -> None:
        """Lay every response beside every candidate of its pattern."""
        patterns = self._patterns
        owner = patterns.response_owner
        numbers = np.bincount(patterns.candidate_owner, minlength=self._count)[owner]
        self._response = np.repeat(np.arange(len(owner)), numbers)
        offset = np.arange(len(self._response)) - np.repeat(np.cumsum(numbers) - numbers, numbers)
        owner = owner[self._response]
        self._beside = self._start[owner] + offset
        candidate, first = patterns.candidate[self._beside], patterns.first[owner]
        named, shown = patterns.named[self._response], patterns.shown[self._response]
        code, is_against = patterns.code[self._response], patterns.is_against[self._response]
        is_vision = (code == VISION) | (code == VISION_SKILLED)
        genus = taxonomy.genus[first]
        self._state = states(taxonomy, candidate, genus, first, shown)
        self._outcome = outcomes(taxonomy, candidate, genus, first, named, shown, is_vision, is_against)
        genera, number = np.unique(genus, return_inverse=True)
        self._genera = len(genera)
        self._cell = ((number * CODES + code) * STATES + self._state) * OUTCOMES + self._outcome
        self._index_false_names(taxonomy, candidate, named, is_vision)

    def _index_false_names(self, taxonomy: Taxonomy, candidate: Ints, named: Ints, is_vision: Ints) -> None:
        """Where a false taxon is named: how popular it is, and its pair with the candidate (or -1)."""
        self._false = np.flatnonzero(self._outcome == Outcome.NAMES_FALSE)
        self._popularity = self._name_shares(taxonomy)[self._response[self._false]]
        pair = self.mistakes.pairs_of(named[self._false], candidate[self._false])
        is_taxon = candidate[self._false] >= 0
        source = is_vision[self._false].astype(np.int64)
        self._false_pair = np.where((pair != NONE) & is_taxon, pair * 2 + source, NONE)
        truths, self._false_truth = np.unique(candidate[self._false] * 2 + source, return_inverse=True)
        self._truths = truths

    def _name_shares(self, taxonomy: Taxonomy) -> Floats:
        """Per response, its name's share of the names given in its genus, apart for suggestions."""
        patterns = self._patterns
        is_vision = (patterns.code == VISION) | (patterns.code == VISION_SKILLED)
        names = np.concatenate([patterns.named, patterns.first])
        vision = np.concatenate([is_vision, patterns.source == SUGGESTED])
        said = self._weight[patterns.response_owner] * (patterns.named != patterns.shown)
        keys, name = np.unique(names * 2 + vision, return_inverse=True)
        _, group = np.unique(taxonomy.genus[keys // 2] * 2 + keys % 2, return_inverse=True)
        number = tally(name, np.concatenate([said, self._weight]))
        total = tally(group, number) + np.bincount(group)
        shares: Floats = ((number + 1.0) / total[group])[name[: len(patterns.named)]]
        return shares

    def _expect(self, tables: Floats, rates: Floats, mistakes: Floats, shares: Floats) -> Floats:
        """The probability of each candidate."""
        owner = self._patterns.candidate_owner
        evidence = tables[self._cell]
        evidence[self._false] += np.log(shares)
        log = np.log(self.mistakes.prior(rates[self.rates.of_pattern], mistakes))
        log += tally(self._beside, evidence, len(log))
        odds = np.exp(log - np.maximum.reduceat(log, self._start)[owner])
        probability: Floats = odds / tally(owner, odds, self._count)[owner]
        return probability

    def _fit_tables(self, probability: Floats) -> Floats:
        """Logs of the outcome tables: each genus's shrunk to all genera's, and these to the prior."""
        owner = self._patterns.response_owner[self._response]
        weight = probability[self._beside] * self._weight[owner]
        counts = tally(self._cell, weight, self._genera * CODES * STATES * OUTCOMES)
        counts = counts.reshape(self._genera, CODES, STATES, OUTCOMES)
        overall = counts.sum(axis=0) + _PRIOR_STRENGTH * prior_outcomes()
        overall /= overall.sum(axis=-1, keepdims=True)
        cell = (..., State.RIGHT, Outcome.AGAINST)
        against = counts[cell] + _AGAINST_STRENGTH * overall[cell]
        against /= counts[..., State.RIGHT, :].sum(axis=-1) + _AGAINST_STRENGTH
        tables = counts + _GENUS_STRENGTH[:, None] * overall
        tables[cell] = 0.0
        tables /= tables.sum(axis=-1, keepdims=True)
        tables[..., State.RIGHT, :] *= 1.0 - against[..., None]
        tables[cell] = against
        logs: Floats = np.log(tables.clip(_TINY)).ravel()
        return logs

    def _fit_shares(self, mass: Floats, mistakes: Floats) -> Floats:
        """Which false taxon is named for a truth: as first names were, shrunk to what is popular."""
        is_suggested = (self._patterns.source == SUGGESTED)[self._patterns.candidate_owner]
        counts = np.empty(2 * len(mistakes))
        for source in (0, 1):
            counts[source::2] = self.mistakes.count(mass * (is_suggested == source), mistakes)
        totals = self.mistakes.totals_by_truth(counts, self._truths)[self._false_truth]
        number = np.where(self._false_pair == NONE, 0.0, counts[self._false_pair])
        shares: Floats = (number + _SHARE_STRENGTH * self._popularity) / (totals + _SHARE_STRENGTH)
        return shares

    def _wrong(self, probability: Floats) -> Floats:
        """Per pattern, the probability that its first name is wrong."""
        wrong: Floats = 1.0 - probability[self.mistakes.is_first]
        return wrong

    def _information(self, probability: Floats, rates: Floats) -> Floats:
        """What the cases would tell of the rates if all were known, less what is not, plus the prior.

        Louis (1982, JRSS B 44:226) on the log-odds scale.
        """
        right = probability[self.mistakes.is_first]
        error = rates[self.rates.of_pattern]
        known = self._answered * (error * (1.0 - error) - right * (1.0 - right))
        prior = TAXON_STRENGTH * rates * (1.0 - rates)
        information: Floats = prior + tally(self.rates.of_pattern, known, len(rates)).clip(0.0)
        return information
