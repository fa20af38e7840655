import pytest

from exporter.hotspots.history import read_history
from exporter.hotspots.openings import openings, unaided_ratio
from tests.exporter.hotspots.scenes import FAMILY, Scene, at, says, suggested, taxonomy_of


def ratios(scene: Scene, *taxon_ids: int) -> list[float]:
    taxonomy = taxonomy_of(scene)
    found = unaided_ratio(read_history(scene.connect(), taxonomy, None), taxonomy)
    return found[at(taxonomy, taxon_ids)].tolist()


def test_an_opening_is_the_first_name_within_a_genus() -> None:
    scene = Scene()
    scene.story(11, says(5, FAMILY), says(6, 11), says(7, 11))
    taxonomy = taxonomy_of(scene)
    assert openings(read_history(scene.connect(), taxonomy, None), taxonomy).tolist() == [1]


def test_ratio_by_hand() -> None:
    """Suggestions: 90 and 10 of 100; people: 50 and 50 of 100; both: 0.7 and 0.3; thirty drawn together."""
    scene = Scene()
    scene.stories(90, 11, suggested(5, 11))
    scene.stories(10, 12, suggested(5, 12))
    scene.stories(50, 11, says(6, 11))
    scene.stories(50, 12, says(6, 12))
    assert ratios(scene, 11, 12) == [
        pytest.approx((50 + 30 * 0.7) / (90 + 30 * 0.7)),
        pytest.approx((50 + 30 * 0.3) / (10 + 30 * 0.3)),
    ]


def test_no_ratio_is_below_four_tenths_and_without_openings_it_is_one() -> None:
    scene = Scene()
    scene.stories(900, 11, suggested(5, 11))
    scene.stories(900, 12, says(6, 12))
    assert ratios(scene, 11, 21, FAMILY) == [0.4, 1.0, 1.0]
