"""Other ways of ordering labels by doubt, which the search is measured against on real histories.

rarest       labels with few observations first
rate         how often the label was overturned so far, shrunk through genus and family
regression   logistic regression on seven features, fitted on the past: label's, genus's, family's and namer's
             rate, number of observations, suggested or not, species or not
boosting     scikit-learn's histogram gradient boosting on the same features: never falling as a rate rises,
             nor rising as there are more observations
similar      observations on which the label was named beside another taxon (similar species), and their share
disagree     disagreeing identifications on observations with the label
dawid        Dawid and Skene's model (crowd-kit): does a person's name stand? 10 rounds
random       by a hash of the observation's number
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from crowdkit.aggregation import DawidSkene
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from exporter.hotspots.judging import Reading
from exporter.hotspots.taxonomy import Taxonomy
from exporter.tree import NONE

_STRENGTHS = {"family": 20.0, "genus": 10.0, "label": 5.0}
_NAMER_STRENGTH = 4.0
_ROUNDS = 10
_FOLDS = 13
#: By feature, whether doubt rises with it (1), falls (-1) or may do either: four rates, the number, two
#: facts.
_DIRECTIONS = (1, 1, 1, 1, -1, 0, 0)


@dataclass(frozen=True)
class Asked:
    """Labels to score: index of the observation in the history, label (a unit), namer, suggested or not."""

    observation: np.ndarray
    label: np.ndarray
    namer: np.ndarray
    is_suggested: np.ndarray


def scores(reading: Reading, taxonomy: Taxonomy, requested: Asked) -> dict[str, np.ndarray]:
    """Return each method's score, the most doubtful highest."""
    past = _past(reading, taxonomy)
    rates = _rates(past, _frame(taxonomy, requested.label, requested.namer))
    named = _named_beside(reading, taxonomy)
    number = reading.crowd.by_unit.astype(float)
    return {
        "rarest": -number[requested.label],
        "rate": rates["label"].to_numpy(),
        **_learned(reading, taxonomy, past, requested),
        "similar, number": named[requested.label],
        "similar, rate": named[requested.label] / np.maximum(number[requested.label], 1.0),
        "disagree": _disagreements(reading, len(number))[requested.label],
        "dawid": _dawid_skene(reading, requested),
        "random": np.random.default_rng(1).random(len(requested.label)),
    }


def _past(reading: Reading, taxonomy: Taxonomy) -> pd.DataFrame:
    """First reviews so far: label, genus, family, namer, what became of it."""
    _, first = np.unique(reading.case, return_index=True)
    namer = reading.reviews.standing.namer[first]
    past = _frame(taxonomy, reading.case_label, namer)
    past["y"] = reading.is_overturned.astype(float)
    past["observation"] = reading.case_observation
    past["suggested"] = reading.is_suggested
    return past


def _frame(taxonomy: Taxonomy, label: np.ndarray, namer: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "label": label,
            "genus": taxonomy.genus[label],
            "family": taxonomy.family[label],
            "namer": namer,
            "species": taxonomy.level[label] <= 10,
        }
    )


def _rates(past: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Rates of rows, by what became of the labels in the past."""
    overall = past["y"].mean()
    above, above_past = pd.Series(overall, index=rows.index), pd.Series(overall, index=past.index)
    result = {}
    for name, strength in _STRENGTHS.items():
        sums = past["y"].groupby(past[name]).agg(["sum", "size"])
        upper = above_past.groupby(past[name]).mean()
        rate = (sums["sum"] + strength * upper) / (sums["size"] + strength)
        above = rows[name].map(rate).where(rows[name] != NONE).fillna(above)
        above_past = past[name].map(rate).where(past[name] != NONE).fillna(above_past)
        result[name] = above
    sums = past["y"].groupby(past["namer"]).agg(["sum", "size"])
    rate = (sums["sum"] + _NAMER_STRENGTH * overall) / (sums["size"] + _NAMER_STRENGTH)
    result["namer"] = rows["namer"].map(rate).where(rows["namer"] != NONE).fillna(overall)
    return pd.DataFrame(result)


def _features(rates: pd.DataFrame, rows: pd.DataFrame, number: np.ndarray) -> np.ndarray:
    log_odds = np.log(rates.to_numpy() / (1.0 - rates.to_numpy()))
    others = np.column_stack([np.log1p(number[rows["label"]]), rows["suggested"], rows["species"]])
    return np.column_stack([log_odds, others.astype(float)])


def _learned(
    reading: Reading, taxonomy: Taxonomy, past: pd.DataFrame, requested: Asked
) -> dict[str, np.ndarray]:
    """Fitted on rates from the other folds of the past, so that no label's own outcome is in its rates."""
    number = reading.crowd.by_unit
    fold = past["observation"].to_numpy() * _FOLDS // max(len(reading.history.observation_ids), 1)
    parts, outcomes = [], []
    for one in np.unique(fold):
        own = past[fold == one]
        parts.append(_features(_rates(past[fold != one], own), own, number))
        outcomes.append(own["y"])
    rows = _frame(taxonomy, requested.label, requested.namer).assign(suggested=requested.is_suggested)
    features = _features(_rates(past, rows), rows, number)
    models = {
        "regression": make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
        "boosting": HistGradientBoostingClassifier(
            learning_rate=0.05, max_leaf_nodes=7, l2_regularization=1.0, monotonic_cst=_DIRECTIONS
        ),
    }
    result = {}
    for name, model in models.items():
        model.fit(np.concatenate(parts), np.concatenate(outcomes))
        result[name] = model.predict_proba(features)[:, 1]
    return result


def _named_beside(reading: Reading, taxonomy: Taxonomy) -> np.ndarray:
    """By unit, the observations on which another taxon was named, neither above nor below."""
    pairs = pd.DataFrame(
        {"observation": reading.history.observation, "taxon": reading.history.named}
    ).drop_duplicates()
    both = pairs.merge(pairs, on="observation")
    left, right = both["taxon_x"].to_numpy(), both["taxon_y"].to_numpy()
    is_apart = ~taxonomy.is_within(left, right) & ~taxonomy.is_within(right, left)
    recorded = both[is_apart][["observation", "taxon_x"]].drop_duplicates()
    return np.bincount(recorded["taxon_x"], minlength=len(taxonomy.tree)).astype(float)


def _disagreements(reading: Reading, size: int) -> np.ndarray:
    reviews = reading.reviews
    return np.bincount(reviews.label[reviews.is_overturned], minlength=size).astype(float)


def _dawid_skene(reading: Reading, requested: Asked) -> np.ndarray:
    """Everybody who names a label votes that it stands; everybody who reviews it, that it does or not."""
    reviews = reading.reviews
    votes = [
        pd.DataFrame({"task": requested.observation, "worker": requested.namer, "label": 1}),
        pd.DataFrame({"task": reviews.observation, "worker": reviews.standing.namer, "label": 1}),
        pd.DataFrame(
            {
                "task": reviews.observation,
                "worker": reviews.reviewer,
                "label": (~reviews.is_overturned).astype(int),
            }
        ),
    ]
    whole = pd.concat(votes).drop_duplicates(["task", "worker"], keep="last")
    probability = DawidSkene(n_iter=_ROUNDS).fit_predict_proba(whole)
    return 1.0 - probability[1].reindex(requested.observation).to_numpy()
