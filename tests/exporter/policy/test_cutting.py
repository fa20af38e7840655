"""A tiny world, worked by hand: what is exported, what waits, and what the truth says of both."""

from datetime import UTC, datetime

import pytest

from exporter.policy.arrivals import Arrivals
from exporter.policy.cutting import Export, cut, truth_of
from exporter.policy.outcomes import EXPORT_INTERVAL_DAYS, OUTCOMES, measure
from exporter.policy.tables import open_tables
from exporter.policy.world import Case
from exporter.simulation.records import FIRST_ID
from exporter.simulation.sightings import DAY
from tests.exporter.policy.conftest import EASTERN_BEE, SMALL, SOUTHERN_BEE, history, sighting

CUTOFF = datetime(2026, 11, 1, tzinfo=UTC)
AT = int(CUTOFF.timestamp())
LONG_AGO = AT - 400 * DAY
SEED = "a seed of a tiny world"


def bee(index: int, true_taxon_id: int, *named: tuple[int, int, int]) -> Case:
    return sighting(index, true_taxon_id, LONG_AGO), history(*named)


def tiny() -> list[Case]:
    """Six confirmed eastern carpenter bees, of which one is truly another; and three more in the last days.

    6: an eastern carpenter bee that somebody confirmed two days before the cutoff, and
    7: another bee that was confirmed as the first ten days before; both had one name before.
    8: confirmed long ago as the first, which it is not; four days before, two people named what it is.
    """
    old = [
        bee(index, EASTERN_BEE, (0, EASTERN_BEE, LONG_AGO), (1, EASTERN_BEE, LONG_AGO + 9))
        for index in range(5)
    ]
    return [
        *old,
        bee(5, SOUTHERN_BEE, (0, EASTERN_BEE, LONG_AGO), (1, EASTERN_BEE, LONG_AGO + 9)),
        bee(6, EASTERN_BEE, (0, EASTERN_BEE, LONG_AGO), (1, EASTERN_BEE, AT - 2 * DAY)),
        bee(7, SOUTHERN_BEE, (0, EASTERN_BEE, LONG_AGO), (1, EASTERN_BEE, AT - 10 * DAY)),
        bee(
            8,
            SOUTHERN_BEE,
            (0, EASTERN_BEE, LONG_AGO),
            (1, EASTERN_BEE, LONG_AGO + 9),
            (2, SOUTHERN_BEE, AT - 4 * DAY),
            (3, SOUTHERN_BEE, AT - 4 * DAY + 9),
        ),
    ]


def export(settle_days: int, cases: list[Case]) -> Export:
    with open_tables(cases) as con:
        return cut(con, CUTOFF, settle_days, SEED, SMALL)


def outcomes(settle_days: int) -> dict[str, float]:
    cases = tiny()
    made = export(settle_days, cases)
    return measure(made, made, Arrivals(), truth_of(cases))


def test_each_exported_observation_is_in_the_class_of_its_label() -> None:
    made = export(0, tiny())
    assert made.observation.tolist() == [FIRST_ID + index for index in range(8)]
    assert set(made.in_class.tolist()) == {EASTERN_BEE}
    assert made.photos == {EASTERN_BEE: 8}


def test_what_was_corrected_counts_at_once_with_any_window() -> None:
    assert all(FIRST_ID + 8 not in export(days, tiny()).observation for days in (0, 3, 14))


@pytest.mark.parametrize(
    ("settle_days", "waiting", "honest", "days"),
    [
        (0, set(), 0, None),
        (3, {6}, 1, 2 + EXPORT_INTERVAL_DAYS),
        (14, {6, 7}, 1, 2 + EXPORT_INTERVAL_DAYS),
    ],
)
def test_new_labels_wait(settle_days: int, waiting: set[int], honest: int, days: float | None) -> None:
    """Number 6 is right, 7 is not. Number 8 became coarser, which counts at once."""
    made = export(settle_days, tiny())
    assert {one - FIRST_ID for one in made.waiting.tolist()} == waiting
    found = outcomes(settle_days)
    assert (found["held_back"], found["honest_waited"]) == (len(waiting), honest)
    if days is not None:
        assert found["honest_days"] == pytest.approx(days, abs=1e-4)


def test_outcomes_are_counted_against_the_truth() -> None:
    found = outcomes(0)
    assert list(found) == list(OUTCOMES)
    assert (found["observations"], found["photos"], found["classes"]) == (8, 8, 1)
    assert (found["wrong"], found["wrong_share"], found["worst_share"]) == (2, 0.25, 0.25)  # numbers 5 and 7
    assert (found["gained"], found["lost"], found["ks"], found["removed"]) == (0, 0, 0, 0)


def test_photos_are_lost_one_by_one() -> None:
    """Number 0 is gone and number 8 is back: as many photos as before, of which one is another."""
    cases = tiny()
    back = bee(8, EASTERN_BEE, (0, EASTERN_BEE, LONG_AGO), (1, EASTERN_BEE, LONG_AGO + 9))
    other = [*cases[1:8], back]
    found = measure(export(0, other), export(0, cases), Arrivals(), truth_of([*cases[:8], back]))
    assert (found["photos"], found["photos_lost"]) == (8, 1)


def test_an_unconfirmed_label_still_trains() -> None:
    """With the window, 6 and 7 have no community taxon, but the taxon that they had before."""
    made = export(14, tiny())
    assert {one - FIRST_ID for one in made.observation.tolist()} == set(range(8))


def test_a_pushed_class_is_one_that_would_not_be_there() -> None:
    """Four of five confirmations came within the window: with it there is no class."""
    cases = [
        bee(
            index,
            SOUTHERN_BEE,
            (0, SOUTHERN_BEE, LONG_AGO),
            (1, SOUTHERN_BEE, AT - 2 * DAY if index else LONG_AGO + 9),
        )
        for index in range(6)
    ]
    without = [bee(index, SOUTHERN_BEE, (0, SOUTHERN_BEE, LONG_AGO)) for index in range(6)]
    arrivals = Arrivals(pushed=[SOUTHERN_BEE])
    found = [
        measure(export(days, cases), export(days, without), arrivals, truth_of(cases)) for days in (0, 3)
    ]
    assert [(one["pushed"], one["pushed_in"], one["gained"]) for one in found] == [(1, 1, 1), (1, 0, 0)]
    assert found[0]["wrong"] == 0


def test_an_export_without_classes_has_no_shares() -> None:
    made = export(0, tiny()[:1])
    found = measure(made, made, Arrivals(), truth_of(tiny()))
    assert (found["classes"], found["photos"], found["wrong"]) == (0, 0, 0)
    assert all(found[name] != found[name] for name in ("wrong_share", "worst_share", "ks"))
