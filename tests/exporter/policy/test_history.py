"""What became of labels: episodes, curves and windows by hand."""

from typing import Any, cast

import numpy as np
import pytest

from exporter.policy.history import LEAST_LABELS, curve, episodes, history_lines, read_labels, survival
from exporter.policy.lab import Lab
from exporter.policy.tables import open_tables
from exporter.simulation.sightings import DAY
from exporter.simulation.tree import ids_by_name, load_tree
from exporter.tree import NONE, Tree
from tests.exporter.policy.conftest import EASTERN_BEE, SOUTHERN_BEE, history, sighting

AT = 1_700_000_000
GENUS = ids_by_name()["Xylocopa"]


def tree() -> Tree:
    taxa = load_tree().values()
    ids, parents = ([one.taxon_id for one in taxa], [one.parent_id or NONE for one in taxa])
    return Tree(np.array(ids), np.array(parents))


@pytest.mark.parametrize(
    ("labels", "begins", "ends"),
    [
        ([EASTERN_BEE, EASTERN_BEE], [0], [NONE]),
        ([GENUS, EASTERN_BEE], [0, 1], [NONE, NONE]),  # finer: the genus stands
        ([EASTERN_BEE, GENUS], [0], [1]),  # coarser: nothing new, and the species is overturned
        ([EASTERN_BEE, SOUTHERN_BEE], [0, 1], [1, NONE]),
        ([EASTERN_BEE, NONE, EASTERN_BEE], [0, 2], [1, NONE]),
        ([EASTERN_BEE, SOUTHERN_BEE, EASTERN_BEE], [0, 1, 2], [1, 2, NONE]),
        ([], [], []),
    ],
)
def test_a_label_stands_until_the_taxon_leaves_its_clade(
    labels: list[int], begins: list[int], ends: list[int]
) -> None:
    found = episodes(tree(), np.zeros(len(labels), dtype=np.int64), np.array(labels, dtype=np.int64))
    assert [one.tolist() for one in found] == [begins, ends]


def test_the_next_observation_overturns_nothing() -> None:
    found = episodes(tree(), np.array([1, 2]), np.array([EASTERN_BEE, SOUTHERN_BEE]))
    assert [one.tolist() for one in found] == [[0, 1], [NONE, NONE]]


def test_the_curve_is_kaplan_and_meiers() -> None:
    """Ten labels overturned after half a day; of 30 watched for 2 days ten fall at 1.5; 60 for a year."""
    days = np.repeat([0.5, 1.5, 2.0, 365.0], [10, 10, 20, 60])
    overturned = np.repeat([True, True, False, False], [10, 10, 20, 60])
    by_age = {row["days"]: row for row in curve(days, overturned)}
    assert (by_age[0.25]["stands"], by_age[0.25]["watched"]) == (1.0, 100)
    assert by_age[1]["stands"] == pytest.approx(0.9)
    assert by_age[2]["stands"] == pytest.approx(0.9 * (1 - 10 / 90))
    assert by_age[365]["stands"] == by_age[2]["stands"]
    assert by_age[2]["low"] < 0.8 < by_age[2]["high"] < 0.87


def test_too_few_labels_say_nothing() -> None:
    rows = curve(np.full(LEAST_LABELS - 1, 9.0), np.ones(LEAST_LABELS - 1, dtype=np.bool_))
    assert {row["stands"] for row in rows} == {None}


def test_labels_are_those_that_stood_after_each_identification() -> None:
    """The observer's name falls after a day, when two people name another."""
    named = [(0, EASTERN_BEE, AT), (1, SOUTHERN_BEE, AT + DAY), (2, SOUTHERN_BEE, AT + 2 * DAY)]
    cases = [
        (sighting(0, EASTERN_BEE, AT), history(*named)),
        (sighting(1, EASTERN_BEE, AT), history((0, EASTERN_BEE, AT), (1, EASTERN_BEE, AT + 3 * DAY))),
    ]
    with open_tables(cases) as con:
        found = read_labels(con)
    # It falls to the genus, which is nothing new; the second observation was watched for three days.
    assert found.days.tolist() == pytest.approx([1.0, 3.0])
    assert found.is_overturned.tolist() == [True, False]
    assert (set(found.source.tolist()), set(found.group.tolist())) == ({"unaided"}, {"Insecta"})


def test_a_simulated_world_has_a_whole_history(lab: Lab) -> None:
    with open_tables(lab.world.cases) as con:
        found = survival(con)
    shares = [row["stands"] for row in found["curve"] if row["stands"] is not None]
    assert shares == sorted(shares, reverse=True)
    by_days = {window["days"]: window for window in found["windows"]}
    assert by_days[14]["needed_days"] == 118
    assert 0 < by_days[14]["older_overturned"] < by_days[14]["younger_overturned"] < 0.2
    assert 0 < by_days[3]["caught"] < by_days[28]["caught"] < 1
    assert found["overturned"] < found["labels"]
    assert sum(part[0]["watched"] for part in found["by_source"].values()) == found["curve"][0]["watched"]


def test_a_short_history_says_what_it_lacks() -> None:
    with open_tables([(sighting(0, EASTERN_BEE, AT), history((0, EASTERN_BEE, AT)))]) as con:
        lines = history_lines(cast("dict[str, Any]", survival(con)))
    assert lines[0] == "1 label, 0 overturned while they were watched (half of them for 0 days or less)"
    assert lines[-1] == (
        "a window of 28 days: not enough evidence; labels must have been watched for 146 days"
    )


def test_a_lake_without_identifications_has_no_labels() -> None:
    with open_tables([(sighting(0, EASTERN_BEE, AT), history())]) as con:
        found = survival(con)
    assert (found["labels"], found["overturned"], found["by_source"]) == (0, 0, {})
