from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from exporter.hotspots.collapse import _exchange_test, _pairs, jensen_shannon
from exporter.hotspots.judging import read
from exporter.hotspots.records import Records
from tests.exporter.hotspots.scenes import Scene, ids_at, says, suggested, taxonomy_of


def test_equal_distributions_do_not_diverge_and_disjoint_ones_by_one_bit() -> None:
    left = np.array([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]])
    right = np.array([[0.5, 0.5, 0.0], [0.0, 0.5, 0.5]])
    np.testing.assert_allclose(jensen_shannon(left, right), [0.0, 1.0], atol=1e-12)


@given(arrays(np.float64, (2, 4), elements=st.floats(0.01, 1.0)))
def test_divergence_is_symmetric_and_between_0_and_1(weights: np.ndarray) -> None:
    left, right = weights / weights.sum(axis=1, keepdims=True)
    divergence = jensen_shannon(left, right)
    assert -1e-12 <= divergence <= 1 + 1e-12
    np.testing.assert_allclose(divergence, jensen_shannon(right, left))


def test_names_all_exchanged_one_way_are_rare_by_chance_and_those_both_ways_are_not() -> None:
    rng = np.random.default_rng(1)
    one_way = _exchange_test(np.full(12, 1), np.array([2, 3, 4] * 4), rng)
    both_ways = _exchange_test(np.array([1, 2] * 6), np.array([2, 1] * 6), rng)
    assert one_way < 0.01
    assert both_ways > 0.9


def test_a_suggestion_is_compared_with_what_a_person_names_unaided() -> None:
    """Not with another suggestion, nor where a person named first, nor with a taxon of another genus."""
    scene = Scene()
    scene.story(11, suggested(1, 11), says(2, 12))
    scene.story(11, suggested(3, 11), suggested(4, 13))
    scene.story(11, says(5, 11), says(6, 14))
    scene.story(11, suggested(7, 11), says(8, 22))
    taxonomy = taxonomy_of(scene)
    reading = read(Records(scene.connect(), None), taxonomy)
    attentive = replace(reading, is_attentive=np.ones(len(reading.is_attentive), dtype=np.bool_))
    assert [ids_at(taxonomy, names) for names in _pairs(attentive, taxonomy)] == [[11], [12]]
