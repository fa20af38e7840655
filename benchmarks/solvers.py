"""Is our own fit as good as scikit-learn's logistic regression? The shared days, one machine, both ways.

python -m benchmarks.solvers [--folder var/benchmarks] [--data FOLDER]

The problem is the last step of `exporter.hotspots.chances`: one row a reviewed label, whether it fell, and
a normal prior for each coefficient. scikit-learn's regression has one strength for all coefficients, means of
zero and outcomes of 0 or 1. So its columns are multiplied by the spread of their prior, its intercept is
free, and each case is there twice, weighted by the probabilities that its label is wrong and right. Printed
for each: seconds of the processor, and the loss reached (ours, prior included, so that lower is better).
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np
import scipy.sparse as sparse
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from benchmarks import histories
from exporter.hotspots.arrays import tally
from exporter.hotspots.chances import _Design
from exporter.hotspots.judging import Reading, read
from exporter.hotspots.predictors import Predictors, describe
from exporter.hotspots.prior import BLANK
from exporter.hotspots.records import Records
from exporter.hotspots.standing import Standing
from exporter.hotspots.taxonomy import Taxonomy, read_taxonomy
from exporter.tree import load_tree

STEPS = 200
SOLVERS = ("lbfgs", "newton-cg", "liblinear", "sag")


def main() -> None:
    """Print a line for each solver."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=Path("var/benchmarks"))
    parser.add_argument("--data", type=Path, default=histories.PARKS, help="the folder of days")
    options = parser.parse_args()
    lake = histories.load(options.folder / f"histories_{options.data.name}", [options.data])
    with lake.connect() as con:
        taxonomy = read_taxonomy(con, load_tree(con))
        reading = read(Records(con, None), taxonomy, prior=BLANK)
    predictors = described(reading, taxonomy)
    design = _Design.of(predictors, taxonomy, BLANK)
    wrong = np.clip(tally(reading.case, reading.reviews.is_overturned, len(predictors)), 0.01, 0.99)
    print(f"{design.rows.shape[0]:,} cases, {design.rows.shape[1]:,} coefficients")
    measure("ours", lambda: design.likeliest(wrong, design.mean, STEPS), design, wrong)
    for solver in SOLVERS:
        measure(f"scikit-learn, {solver}", lambda name=solver: learn(design, wrong, name), design, wrong)


def described(reading: Reading, taxonomy: Taxonomy) -> Predictors:
    """Return the predictors of each case, before its first review."""
    _, first = np.unique(reading.case, return_index=True)
    before = reading.reviews.standing
    known = Standing(*(getattr(before, field.name)[first] for field in fields(before)))
    place = reading.crowd.places(reading.history.observation_ids[reading.case_observation])
    return describe(taxonomy, reading.crowd, place, reading.case_label, known)


def measure(name: str, solve: Callable[[], np.ndarray], design: _Design, wrong: np.ndarray) -> None:
    """Solve on one thread and print the seconds and the loss."""
    with threadpool_limits(limits=1):
        start = time.process_time()
        coefficients = solve()
        seconds = time.process_time() - start
    log_odds = design.rows @ coefficients
    pull = design.precision @ (coefficients - design.mean) ** 2 / 2
    loss = np.sum(np.logaddexp(0.0, log_odds) - wrong * log_odds) + pull
    print(f"{name}: {seconds:.2f} s, loss {loss:.3f}", flush=True)


def learn(design: _Design, wrong: np.ndarray, solver: str) -> np.ndarray:
    """Return scikit-learn's coefficients of the same problem, the first one its intercept."""
    spread = 1.0 / np.sqrt(design.precision)
    scaled = (design.rows @ sparse.diags_array(spread)).tocsr()[:, 1:]
    scaled.indices, scaled.indptr = (part.astype(np.int32) for part in (scaled.indices, scaled.indptr))
    number = len(wrong)
    model = LogisticRegression(C=1.0, solver=solver, max_iter=STEPS, tol=1e-6)
    model.fit(
        sparse.vstack([scaled, scaled], format="csr"),
        np.repeat([1, 0], number),
        sample_weight=np.concatenate([wrong, 1.0 - wrong]),
    )
    return np.concatenate([model.intercept_, model.coef_[0] * spread[1:]])


if __name__ == "__main__":
    main()
