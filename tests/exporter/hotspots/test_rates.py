import numpy as np
import pytest

from exporter.hotspots.cases import find_cases, find_patterns
from exporter.hotspots.history import read_history
from exporter.hotspots.rates import Rates
from tests.exporter.hotspots.scenes import Scene, suggested, taxonomy_of


def fitted(
    stories: dict[int, int], wrong: dict[int, float], ratio: dict[int, float] | None = None
) -> dict[int, float]:
    """Rates of suggested names of which so many cases are wrong with such a probability."""
    scene = Scene()
    for name, number in stories.items():
        scene.stories(number, name, suggested(5, name))
    taxonomy = taxonomy_of(scene)
    history = read_history(scene.connect(), taxonomy, None)
    code = np.zeros(len(history.named), dtype=np.int64)
    patterns = find_patterns(history, find_cases(history, taxonomy), taxonomy, code, code)
    ratios = np.ones(len(taxonomy.tree))
    for name, value in (ratio or {}).items():
        ratios[taxonomy.tree.positions(np.array([name]))] = value
    rates = Rates(patterns, taxonomy, ratios)
    names = taxonomy.tree.taxon_ids[patterns.first].tolist()
    found = rates.fit(patterns.weight.astype(float), np.array([wrong[name] for name in names]))
    return dict(zip(names, found[rates.of_pattern].tolist(), strict=True))


def test_shrinkage_by_hand() -> None:
    """Each case once: 31 is the rest of all, 21 the rest of the family, 12 the rest of the genus of 11."""
    overall = (30 * 0.5 + 50 * 0.15) / (30 + 50)
    family = (20 * 0.25 + 20 * overall) / (20 + 20)
    genus = (10 * 1.0 + 8 * family) / (10 + 8)
    found = fitted({11: 4, 12: 10, 21: 20, 31: 30}, {11: 0.0, 12: 1.0, 21: 0.25, 31: 0.5})
    assert found[11] == pytest.approx((0 + 4 * genus) / (4 + 4))


def test_one_case_moves_its_own_rate_once() -> None:
    """A single wrong name: the prior, and that case against the four of its genus."""
    assert fitted({11: 1}, {11: 1.0}) == {11: pytest.approx((1 + 4 * 0.15) / 5)}


def test_a_name_seen_once_lies_near_its_genus_and_one_seen_often_near_its_own_share() -> None:
    clean = fitted({11: 1, 12: 200}, {11: 1.0, 12: 0.0})
    dirty = fitted({11: 1, 12: 200}, {11: 1.0, 12: 1.0})
    assert clean[11] < 0.3 < 0.8 < dirty[11]
    assert clean[12] < 0.01
    assert dirty[12] > 0.98


def test_a_genus_without_records_takes_its_familys_rate() -> None:
    found = fitted({11: 1, 21: 200, 31: 200}, {11: 0.0, 21: 1.0, 31: 0.0})
    other = fitted({11: 1, 21: 200, 31: 200}, {11: 0.0, 21: 0.0, 31: 1.0})
    assert found[11] > other[11]  # 21 is of its family, 31 is not


def test_what_suggestions_name_oftener_than_people_starts_out_as_more_often_wrong() -> None:
    found = fitted({11: 1, 12: 1}, {11: 0.2, 12: 0.2}, ratio={11: 0.5, 12: 1.2})
    assert found[11] > found[12]
