import numpy as np
import pytest

from exporter.hotspots.cases import FAR, NEAR
from exporter.hotspots.responses import (
    CODES,
    OUTCOMES,
    STATES,
    Outcome,
    State,
    outcomes,
    prior_outcomes,
    states,
)
from tests.exporter.hotspots.scenes import ANT, BEE, CAT, FAMILY, Scene, at, taxonomy_of

TAXONOMY = taxonomy_of(Scene())


@pytest.mark.parametrize(
    ("candidate", "shown", "expected"),
    [
        (11, -1, State.OPEN),
        (11, FAMILY, State.OPEN),
        (11, ANT, State.OPEN),
        (11, 11, State.RIGHT),
        (12, 11, State.WRONG),
        (ANT, 11, State.RIGHT),
        (NEAR, ANT, State.OPEN),
        (NEAR, 11, State.WRONG),
        (FAR, FAMILY, State.OPEN),
        (FAR, ANT, State.WRONG),
        (FAR, 11, State.WRONG),
    ],
)
def test_state_of_the_label_shown(candidate: int, shown: int, expected: State) -> None:
    columns = [at(TAXONOMY, [taxon]) for taxon in (candidate, ANT, 11, shown)]
    assert states(TAXONOMY, *columns).tolist() == [expected]


@pytest.mark.parametrize(
    ("candidate", "shown", "named", "expected"),
    [
        (11, 11, 11, Outcome.AGREES),
        (12, 11, 11, Outcome.AGREES),
        (12, 11, 12, Outcome.NAMES_TRUE),
        (13, 11, 12, Outcome.NAMES_FALSE),
        (11, -1, 11, Outcome.NAMES_TRUE),
        (11, ANT, 12, Outcome.NAMES_FALSE),
        (NEAR, 11, 12, Outcome.NAMES_FALSE),
        (NEAR, -1, ANT, Outcome.NAMES_TRUE),
        (FAR, 11, CAT, Outcome.NAMES_FALSE),
        (21, 11, BEE, Outcome.NAMES_TRUE),
        (11, 11, ANT, Outcome.STOPS),
    ],
)
def test_outcome_of_a_response(candidate: int, shown: int, named: int, expected: Outcome) -> None:
    assert outcome(candidate, shown, named) == expected


def test_a_coarser_name_that_disagrees_is_against() -> None:
    assert outcome(12, 11, ANT, is_against=True) == Outcome.AGAINST


def test_a_suggestion_that_names_the_label_shown_is_no_mere_agreement() -> None:
    assert outcome(11, 11, 11, is_vision=True) == Outcome.NAMES_TRUE
    assert outcome(12, 11, 11, is_vision=True) == Outcome.NAMES_FALSE


def outcome(
    candidate: int, shown: int, named: int, *, is_vision: bool = False, is_against: bool = False
) -> int:
    columns = [at(TAXONOMY, [taxon]) for taxon in (candidate, ANT, 11, named, shown)]
    found = outcomes(TAXONOMY, *columns, np.array([is_vision]), np.array([is_against]))
    return int(found[0])


def test_prior_outcomes_are_shares_and_skilled_people_notice_wrong_labels() -> None:
    shares = prior_outcomes()
    assert shares.shape == (CODES, STATES, OUTCOMES)
    np.testing.assert_allclose(shares.sum(axis=-1), 1.0)
    agrees = shares[:5, State.WRONG, Outcome.AGREES]
    assert agrees.tolist() == sorted(agrees.tolist(), reverse=True)
