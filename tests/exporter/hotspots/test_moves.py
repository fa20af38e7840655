"""How often a rejected label moves."""

import numpy as np

from exporter.hotspots import find
from exporter.hotspots.history import read_history, read_rows
from exporter.hotspots.moves import Moves, learn_moves, needed
from exporter.hotspots.reviews import find_reviews
from tests.exporter.hotspots.scenes import TINY, Scene, says, taxonomy_of


def learned(scene: Scene) -> Moves:
    taxonomy, con = taxonomy_of(scene), scene.connect()
    history = read_history(con, taxonomy, read_rows(con, None))
    reviews = find_reviews(history, taxonomy)
    return learn_moves(con, taxonomy, history, reviews, None)


def test_disagreements_that_it_takes_by_hand() -> None:
    """One for: one moves it. Two: 2 of 3 is not over 2/3. Three need two, four with one against it, one."""
    agreeing, disagreeing = np.array([1, 2, 3, 4, 5, 6]), np.array([0, 0, 0, 1, 0, 3])
    assert needed(agreeing, disagreeing).tolist() == [1, 1, 2, 1, 3, 1]


def test_without_any_rejection_each_further_disagreement_halves_the_chance() -> None:
    scene = Scene()
    scene.stories(3, 11, says(1, 11), says(2, 11))
    result = learned(scene)
    assert result.chance.tolist() == [1.0, 0.5, 0.25, 0.125]
    assert result.rejected.tolist() == [0, 0, 0, 0]
    assert result.of(np.array([1, 3, 9, 20]), np.array([0, 0, 0, 0])).tolist() == [1.0, 0.5, 0.125, 0.125]


def test_learned_from_what_became_of_rejected_labels_by_hand() -> None:
    """Ten labels of one person move at once. Of ten with three for them, five keep to it: 5/10 is believed.

    Believed are 10 labels more: (10 + 10) / 20, and (5 + 5) / 20.
    """
    scene = Scene()
    scene.stories(10, None, says(1, 11), says(2, 12))
    three = [says(1, 11), says(3, 11), says(4, 11), says(2, 12)]
    scene.stories(5, 11, *three)
    scene.stories(5, 12, *three, says(5, 12))
    result = learned(scene)
    assert result.rejected.tolist() == [10, 10, 0, 0]
    assert result.chance.tolist() == [1.0, 0.5, 0.25, 0.125]


def test_nobody_follows() -> None:
    """Of 30 with three for them none moved: (0 + 5) / 40."""
    scene = Scene()
    scene.stories(30, 11, says(1, 11), says(3, 11), says(4, 11), says(2, 12))
    assert learned(scene).chance.tolist() == [1.0, 0.125, 0.25, 0.125]


def test_it_is_kept_with_the_rest_of_what_was_learned() -> None:
    scene = Scene()
    scene.stories(30, 11, says(1, 11), says(3, 11), says(4, 11), says(2, 12))
    rows = [row for row in find(scene.connect(), TINY).fit.to_pylist() if row["part"] == "moves"]
    assert [(row["name"], row["value"], row["found"]) for row in rows] == [
        ("disagreements it takes: 1", 1.0, 0.0),
        ("disagreements it takes: 2", 0.125, 30.0),
        ("disagreements it takes: 3", 0.25, 0.0),
        ("disagreements it takes: 4 or more", 0.125, 0.0),
    ]
