"""One answer at a stated accuracy, by hand."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trainer.world import World
from trainer.answers import ACCURACIES, NOTHING, THRESHOLDS, Counted, Tree
from trainer.snapshot import Taxon

#: Animalia > Apidae > Bombus (201, 202), Apis (301, 302)
TERRESTRIS, LUCORUM, MELLIFERA, CERANA = range(4)


def tree_of(world: World) -> Tree:
    snapshot = world.snapshot()
    return Tree.over(snapshot.taxa, snapshot.class_taxon_ids)


def answer(tree: Tree, probabilities: list[float], threshold: float) -> int:
    sums = tree.sums(np.array([probabilities]))
    return int(tree.taxa_of(tree.answers(sums, threshold))[0])


def test_the_finest_taxon_that_is_likely_enough(world: World) -> None:
    tree = tree_of(world)
    probabilities = [0.55, 0.35, 0.08, 0.02]
    assert answer(tree, probabilities, 0.51) == 201
    assert answer(tree, probabilities, 0.8) == 20  # Bombus: 0.9
    assert answer(tree, probabilities, 0.95) == 10  # Apidae, and Animalia above it
    assert answer(tree, probabilities, 1.1) == NOTHING


def test_an_answer_holds_what_is_below_it(world: World) -> None:
    tree = tree_of(world)
    numbers = {taxon_id: number for number, taxon_id in enumerate(tree.taxon_ids.tolist())}
    said = np.array([numbers[20], numbers[20], numbers[301], numbers[1], NOTHING])
    labels = np.array([LUCORUM, MELLIFERA, MELLIFERA, CERANA, TERRESTRIS])
    assert tree.holds(said, labels).tolist() == [True, False, True, True, True]


def test_thresholds_are_the_lowest_from_which_on_answers_hold(world: World) -> None:
    """Ten photos at 0.72, seven of them right; ten at 0.9, all right: at 0.72 and below 17 of 20 hold."""
    counted = Counted(tree_of(world))
    for first, labels in ((0.72, [0] * 7 + [2] * 3), (0.9, [0] * 10)):
        rest = (1 - first) / 3
        counted.add(np.array(labels), np.tile([first, rest, rest, rest], (10, 1)))
    result = dict(zip(ACCURACIES, counted.thresholds(), strict=True))
    assert result[0.8] == THRESHOLDS[0]
    # Above 0.72 those photos get Bombus, at 0.813, which holds no bee of Apis; above that Apidae.
    assert result[0.9] == result[0.95] == result[0.99] == 0.82


def test_two_kingdoms_have_nothing_in_common() -> None:
    taxa = {
        number: Taxon(number, parent, level, "", "", class_id, -1)
        for number, parent, level, class_id in (
            (1, None, 70, -1),
            (2, None, 70, -1),
            (3, 1, 10, 0),
            (4, 2, 10, 1),
        )
    }
    tree = Tree.over(taxa, np.array([3, 4]))
    assert answer(tree, [0.5, 0.5], 0.51) == NOTHING
    assert answer(tree, [0.6, 0.4], 0.51) == 3


@settings(max_examples=50)
@given(st.lists(st.floats(0.001, 1), min_size=4, max_size=4), st.sampled_from(THRESHOLDS.tolist()))
def test_an_answer_is_as_likely_as_was_asked_and_no_child_of_it_is(
    world: World, weights: list[float], threshold: float
) -> None:
    tree, snapshot = tree_of(world), world.snapshot()
    probabilities = np.array([weights]) / sum(weights)
    sums = dict(zip(tree.taxon_ids.tolist(), tree.sums(probabilities)[0].tolist(), strict=True))
    said = answer(tree, probabilities[0].tolist(), threshold)
    if said == NOTHING:  # the last threshold is 1, which a sum of rounded numbers may miss
        assert all(value < threshold for value in sums.values())
        return
    assert sums[said] >= threshold
    children = [taxon.taxon_id for taxon in snapshot.taxa.values() if taxon.parent_id == said]
    assert all(sums[child] < threshold for child in children)
