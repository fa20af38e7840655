"""The probability that a label is wrong, learned from what became of labels that people reviewed.

A *case* is a label on an observation with its reviews. Before any review it is wrong with the probability

    1 / (1 + exp(-(columns x weights + effects of its label, genus, family, order, class, namer and place)))

where every effect is drawn to zero (a normal prior of its group's spread): what little is known of a rare
label borrows from its genus, that from its family, and so on. A reviewer overturns a wrong label with their
own `sensitivity`, and a right one hardly ever, unless by a name chosen from the suggestions; so what a review
says depends on whether its maker is known to overturn labels when there is reason to. Both are fitted in turn
(expectation-maximisation).

Whether people overlook half of the wrong labels, or there are half as many, reviews hardly show. So the
result is stated as what can be checked: the chance that a review *by somebody attentive* would overturn the
label, attentive being those who do the overturning. The fit without a fifth of the observations (ten runs of
observations that follow each other, for the same people see much on one day) predicts the reviews of that
fifth, and what makes these predictions come true is learned (`calibration`).
"""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import scipy.sparse as sparse
from scipy.optimize import minimize
from scipy.special import expit, logit
from threadpoolctl import threadpool_limits

from exporter.columns import distinct, numbered
from exporter.hotspots.arrays import Floats, laid, places_in, tally
from exporter.hotspots.calibration import Calibration, calibrate
from exporter.hotspots.predictors import COLUMNS, GROUPS, Predictors
from exporter.hotspots.prior import Prior
from exporter.hotspots.schema import FIT
from exporter.hotspots.sensitivity import (
    FALSE_ALARM,
    USUAL,
    Pairs,
    Sensitivity,
    aided_share,
    estimate,
    log_odds_of_review,
    nothing_known,
)
from exporter.hotspots.taxonomy import Taxonomy
from exporter.tree import NONE, Bools, Ints

#: Folds, and the runs of observations that follow each other that each consists of.
FOLDS, BLOCKS = 5, 10
#: Cases that the fit uses at most, of observations taken evenly over the lake.
MOST_CASES = 200_000
#: By how much the spreads of groups may differ from the prior's, and the cases that decide.
FACTORS = (0.7, 1.0, 1.4, 2.0)
MOST_COMPARED = 20_000
#: A namer with fewer reviewed labels has no effect of their own.
_LEAST_OF_NAMER = 2
#: Below so many overturned labels the calibration stays what it is.
_LEAST_OVERTURNED = 10
#: Rounds of expectation and maximisation, and steps of the solver in each of them and at last.
ROUNDS, _STEPS, _LAST_STEPS = 15, 15, 200


@dataclass(frozen=True)
class Cases:
    """Labels with their reviews.

    predictors, observation: one row a case.
    case, person, family, is_overturned, is_aided: one entry a review; aided ones name a suggestion.
    """

    predictors: Predictors
    observation: Ints
    case: Ints
    person: Ints
    family: Ints
    is_overturned: Bools
    is_aided: Bools

    def __len__(self) -> int:
        return len(self.observation)

    def thinned(self, step: int) -> "Cases":
        """Return the cases of every so many-th observation."""
        kept = np.flatnonzero(self.observation % step == 0)
        number = np.full(len(self), NONE, dtype=np.int64)
        number[kept] = np.arange(len(kept))
        case = number[self.case]
        rows = case != NONE
        return Cases(
            self.predictors.take(kept),
            self.observation[kept],
            case[rows],
            self.person[rows],
            self.family[rows],
            self.is_overturned[rows],
            self.is_aided[rows],
        )


@dataclass(frozen=True)
class Effects:
    """The effects of one group: ``ids`` ascending, and for each its effect and what is known of it.

    information: one over the variance that the reviews leave, prior not counted.
    """

    ids: Ints
    effect: Floats
    information: Floats

    def of(self, group: Ints) -> Floats:
        """Return the effect of each id; 0 for those not known."""
        return laid(self.effect, places_in(self.ids, group), 0.0)

    def information_of(self, group: Ints) -> Floats:
        """Return what is known of each id's effect."""
        return laid(self.information, places_in(self.ids, group), 0.0)


@dataclass(frozen=True)
class Chances:
    """A fitted model.

    cases, overturned: labels that it was fitted on, and how many of them fell.
    weights:      coefficients of `COLUMNS`.
    predicted, is_overturned: by case, the chance that its first review overturns it, from the fit without its
                  fifth, and whether it did.
    """

    prior: Prior
    cases: int
    overturned: int
    weights: Floats
    effects: dict[str, Effects]
    sensitivity: Sensitivity
    calibration: Calibration
    predicted: Floats
    is_overturned: Bools

    def of(self, predictors: Predictors, evidence: Floats) -> Floats:
        """Return the chance that an attentive review would overturn each label.

        ``evidence``: what the reviews so far say, as log-odds.
        """
        before = self.calibration.of(log_odds(predictors, self.weights, self.effects))
        chance: Floats = expit(logit(before) + evidence) * self.sensitivity.attentive
        return chance

    def variance(self, taxonomy: Taxonomy, label: Ints) -> Floats:
        """Return the variance of each label's log-odds, a whole label at a time.

        From the class down: each level adds its spread, and its reviews take from what is open.
        """
        groups = {
            "class": taxonomy.biological_class,
            "order": taxonomy.order,
            "family": taxonomy.family,
            "genus": taxonomy.genus,
            "label": np.arange(len(taxonomy.tree)),
        }
        of_lake = self.effects["label"].information.sum()
        variance = np.full(len(label), 1.0 / (1.0 / self.prior.spread[0] ** 2 + of_lake))
        for name, group in groups.items():
            still_open = variance + self.prior.groups[name] ** 2
            variance = 1.0 / (1.0 / still_open + self.effects[name].information_of(group[label]))
        return variance * self.calibration.slope**2

    def as_table(self) -> pa.Table:
        """Return how it was learned, as `schema.FIT`: nothing in it is about a person."""
        rows: list[tuple[str, str, float | None, float | None]] = [
            ("coefficient", name, float(weight), None)
            for name, weight in zip(COLUMNS, self.weights, strict=True)
        ]
        rows += [
            ("data", "labels that somebody reviewed", float(self.cases), None),
            ("data", "labels that were overturned", float(self.overturned), None),
            ("data", "slope of the calibration", self.calibration.slope, None),
            ("data", "shift of the calibration", self.calibration.shift, None),
            ("data", "floor of the calibration", self.calibration.floor, None),
        ]
        for place, (number, expected, fell) in enumerate(fifths(self)):
            name = f"fifth {place + 1}: {number:,} labels"
            rows.append(("calibration", name, expected, float(fell)))
        rows.append(("source", self.prior.provenance, None, None))
        return pa.table([list(column) for column in zip(*rows, strict=True)], schema=FIT)


def fit(cases: Cases, taxonomy: Taxonomy, prior: Prior) -> Chances:
    """Learn from the cases; without any, the prior is all there is."""
    cases = thinned(cases)
    prior = _widened(cases, taxonomy, prior)
    has_fallen = tally(cases.case, cases.is_overturned, len(cases)) > 0
    design = _Design.of(cases.predictors, taxonomy, prior)
    wrong, sensitivity, coefficients = _alternate(cases, design, has_fallen)
    weights, effects = design.read(coefficients)
    whole = Chances(
        prior=prior,
        cases=len(cases),
        overturned=int(has_fallen.sum()),
        weights=weights,
        effects=effects,
        sensitivity=sensitivity,
        calibration=Calibration(1.0, 0.0, prior.floor),
        predicted=np.zeros(0),
        is_overturned=np.zeros(0, dtype=np.bool_),
    )
    if whole.overturned < _LEAST_OVERTURNED:
        return whole
    held_out = _held_out(cases, taxonomy, prior, wrong)
    caught = sensitivity.of(cases.person, cases.family)
    calibration = calibrate(held_out, said(cases, caught), prior.floor)
    _, first = np.unique(cases.case, return_index=True)
    chance = calibration.of(held_out)
    # Of the rejections by suggestions, those of labels that are right all the same.
    by_suggestion = cases.is_aided & cases.is_overturned
    in_vain = FALSE_ALARM + float((by_suggestion * (1.0 - wrong[cases.case])).mean())
    predicted = chance * caught[first] + (1.0 - chance) * in_vain
    return replace(
        whole, calibration=calibration, predicted=predicted, is_overturned=cases.is_overturned[first]
    )


def thinned(cases: Cases) -> Cases:
    """Return the cases that the fit uses."""
    step = len(cases) // MOST_CASES + 1
    return cases.thinned(step) if step > 1 else cases


def _widened(cases: Cases, taxonomy: Taxonomy, prior: Prior) -> Prior:
    """The prior with groups as unlike each other as the lake's are: what predicts a fifth left out best."""
    few = cases.thinned(len(cases) // MOST_COMPARED + 1)
    has_fallen = tally(few.case, few.is_overturned, len(few))
    outcome = np.minimum(has_fallen, 1.0)
    if outcome.sum() < _LEAST_OVERTURNED:
        return prior
    losses = []
    for factor in FACTORS:
        wider = _times(prior, factor)
        held_out = _held_out(few, taxonomy, wider, outcome)
        losses.append(np.sum(np.logaddexp(0.0, held_out) - outcome * held_out))
    return _times(prior, FACTORS[int(np.argmin(losses))])


def _times(prior: Prior, factor: float) -> Prior:
    return replace(prior, groups={name: factor * spread for name, spread in prior.groups.items()})


def _alternate(cases: Cases, design: "_Design", has_fallen: Bools) -> tuple[Floats, Sensitivity, Floats]:
    """How likely each case is wrong, how sensitive reviewers are, and the coefficients."""
    pairs = Pairs.among(cases.person, cases.family)
    wrong = has_fallen.astype(np.float64)
    coefficients = design.likeliest(wrong, design.mean, _STEPS)
    sensitivity, caught = nothing_known(), np.full(len(pairs.of), USUAL)
    for _ in range(ROUNDS if len(cases) else 0):
        wrong = expit(design.rows @ coefficients + said(cases, caught))
        sensitivity = estimate(pairs, cases.is_overturned, wrong[cases.case])
        caught = sensitivity.value[pairs.of]
        coefficients = design.likeliest(wrong, coefficients, _STEPS)
    return wrong, sensitivity, design.likeliest(wrong, coefficients, _LAST_STEPS)


def said(cases: Cases, caught: Floats) -> Floats:
    """Return what the reviews of each case say for its label's being wrong, as log-odds.

    ``caught``: of each review, how often its maker overturns wrong labels of the family.
    """
    aided = aided_share(cases.is_aided, cases.is_overturned)
    false_alarm = np.where(cases.is_aided, aided, FALSE_ALARM)
    return tally(cases.case, log_odds_of_review(caught, cases.is_overturned, false_alarm), len(cases))


def _held_out(cases: Cases, taxonomy: Taxonomy, prior: Prior, wrong: Floats) -> Floats:
    """Each case's log-odds before its reviews, from the fit without its fifth of the observations."""
    numbers = distinct(cases.observation)
    fold = np.searchsorted(numbers, cases.observation) * FOLDS * BLOCKS // len(numbers) % FOLDS
    result = np.zeros(len(cases))
    for number in range(FOLDS):
        rest, own = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        design = _Design.of(cases.predictors.take(rest), taxonomy, prior)
        weights, effects = design.read(design.likeliest(wrong[rest], design.mean, _LAST_STEPS))
        result[own] = log_odds(cases.predictors.take(own), weights, effects)
    return result


def log_odds(predictors: Predictors, weights: Floats, effects: dict[str, Effects]) -> Floats:
    """Return each label's log-odds before its reviews."""
    kinds, of = predictors.kinds()
    of_kind = kinds.columns @ weights
    for name, group in kinds.groups.items():
        of_kind += effects[name].of(group)
    result: Floats = of_kind[of]
    own = {"number": predictors.number, "range": predictors.surplus, "own": predictors.is_own}
    for name, column in own.items():
        result += weights[COLUMNS.index(name)] * column
    for name, group in (("namer", predictors.namer), ("place", predictors.place)):
        result += effects[name].of(group)
    return result


@dataclass(frozen=True)
class _Design:
    """The regression's rows, with the prior of each coefficient: those of `COLUMNS`, then of each group."""

    rows: sparse.csr_array
    across: sparse.csr_array
    mean: Floats
    precision: Floats
    ids: dict[str, Ints]

    @classmethod
    def of(cls, predictors: Predictors, taxonomy: Taxonomy, prior: Prior) -> "_Design":
        blocks = [sparse.csr_array(predictors.columns)]
        precision, means, ids = [1.0 / prior.spread**2], [prior.mean], {}
        for name in GROUPS:
            group = predictors.groups[name]
            ids[name] = own = ids_with_effect(name, group, taxonomy, prior)
            place = places_in(own, group)
            rows = np.flatnonzero(place != NONE)
            shape = (len(predictors), len(own))
            blocks.append(sparse.csr_array((np.ones(len(rows)), (rows, place[rows])), shape=shape))
            precision.append(np.full(len(own), 1.0 / prior.groups[name] ** 2))
            means.append(_means(name, own, taxonomy, prior))
        whole = sparse.hstack(blocks, format="csr")
        return cls(whole, whole.T.tocsr(), np.concatenate(means), np.concatenate(precision), ids)

    def likeliest(self, outcome: Floats, start: Floats, steps: int) -> Floats:
        """The most likely coefficients: a smooth convex problem, solved by L-BFGS.

        scikit-learn's regression reaches the same loss (`benchmarks/solvers.py`). It knows neither prior
        means nor outcomes between 0 and 1: it would not be simpler, and one more thing to install.
        """

        def loss(coefficients: Floats) -> tuple[float, Floats]:
            log_odds = self.rows @ coefficients
            off = coefficients - self.mean
            pull = self.precision * off
            value = np.sum(np.logaddexp(0.0, log_odds) - outcome * log_odds) + pull @ off / 2
            return float(value), self.across @ (expit(log_odds) - outcome) + pull

        # On vectors this short, threads of the linear algebra mostly wait for each other (3 s become 66 s on
        # two cores); and one thread always adds up in the same order.
        with threadpool_limits(limits=1, user_api="blas"):
            solved = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": steps})
        result: Floats = solved.x
        return result

    def read(self, coefficients: Floats) -> tuple[Floats, dict[str, Effects]]:
        """The coefficients of `COLUMNS`, and the effects of each group."""
        chance = expit(self.rows @ coefficients)
        information = self.across @ (chance * (1.0 - chance))
        effects, start = {}, len(COLUMNS)
        for name, ids in self.ids.items():
            end = start + len(ids)
            effects[name] = Effects(ids, coefficients[start:end], information[start:end])
            start = end
        return coefficients[: len(COLUMNS)], effects


def ids_with_effect(name: str, group: Ints, taxonomy: Taxonomy, prior: Prior) -> Ints:
    """Return the ids of a group that get an effect."""
    result, of = numbered(group[group != NONE])
    if name == "namer":
        result = result[np.bincount(of, minlength=len(result)) >= _LEAST_OF_NAMER]
    if name == "class":
        known = taxonomy.tree.positions(np.array(sorted(prior.classes), dtype=np.int64))
        result = np.union1d(result, known[known != NONE])
    return result


def _means(name: str, ids: Ints, taxonomy: Taxonomy, prior: Prior) -> Floats:
    if name != "class":
        return np.zeros(len(ids))
    return np.array([prior.classes.get(taxon_id, 0.0) for taxon_id in taxonomy.tree.taxon_ids[ids].tolist()])


def fifths(chances: Chances) -> list[tuple[int, float, int]]:
    """Return fifths of the held-out cases by chance: how many, expected to fall, and that fell."""
    if not len(chances.predicted):
        return []
    order = np.argsort(chances.predicted, kind="stable")
    return [
        (len(rows), float(chances.predicted[rows].sum()), int(chances.is_overturned[rows].sum()))
        for rows in np.array_split(order, 5)
    ]
