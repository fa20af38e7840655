import numpy as np

from exporter.hotspots.cases import FAR, NEAR, Cases, Patterns, find_cases, find_patterns
from exporter.hotspots.history import History, read_history
from tests.exporter.hotspots.scenes import ANT, FAMILY, Scene, ids_at, says, suggested, taxonomy_of


def cases_of(scene: Scene) -> tuple[History, Cases, Patterns, list[int]]:
    """History, cases and patterns, everybody being of one level, and the ids of the candidates."""
    taxonomy = taxonomy_of(scene)
    history = read_history(scene.connect(), taxonomy, None)
    cases = find_cases(history, taxonomy)
    code = np.where(history.is_vision, 5, 0)
    patterns = find_patterns(history, cases, taxonomy, code, code)
    return history, cases, patterns, ids_at(taxonomy, patterns.candidate)


def test_the_first_name_is_the_first_tip_and_the_candidates_are_all_of_them() -> None:
    scene = Scene()
    scene.story(12, says(5, FAMILY), says(6, 11), says(7, 12))
    _history, cases, patterns, candidates = cases_of(scene)
    assert cases.first.tolist() == [1]  # the family is an ancestor of what was named later
    assert cases.response.tolist() == [2]
    assert candidates == [11, 12, NEAR, FAR]
    assert patterns.weight.tolist() == [1]


def test_a_genus_that_nobody_refined_is_a_tip_and_has_no_near_candidate() -> None:
    scene = Scene()
    scene.story(ANT, says(5, ANT), says(6, ANT))
    assert cases_of(scene)[3] == [ANT, FAR]


def test_taking_over_what_others_said_is_no_response() -> None:
    scene = Scene()
    scene.story(12, says(5, 11), says(6, 12), says(5, 12))
    assert cases_of(scene)[1].response.tolist() == [1]


def test_changing_ones_mind_to_something_new_is_one() -> None:
    scene = Scene()
    scene.story(13, says(5, 11), says(6, 11), says(5, 13))
    assert cases_of(scene)[1].response.tolist() == [1, 2]


def test_a_coarser_name_counts_if_it_disagrees_or_stops_at_genus() -> None:
    scene = Scene()
    scene.story(
        11,
        says(5, 11),
        says(6, FAMILY),
        says(7, FAMILY, is_disagreement=True, previous_observation_taxon_id=11),
    )
    scene.story(11, says(5, 11), says(6, ANT))
    assert cases_of(scene)[1].response.tolist() == [2, 4]


def test_cases_alike_are_one_pattern_whoever_made_them() -> None:
    scene = Scene()
    scene.stories(3, 11, suggested(5, 11), says(6, 11))
    scene.story(11, suggested(8, 11), says(9, 11))
    scene.story(11, says(8, 11), says(9, 11))  # not by a suggestion
    scene.story(11, suggested(8, 11))
    _, _, patterns, _ = cases_of(scene)
    assert sorted(patterns.weight.tolist()) == [1, 1, 4]
    assert len(set(patterns.of_observation[:4].tolist())) == 1
    assert len(set(patterns.of_observation.tolist())) == 3


def test_the_response_of_each_case_is_found_in_its_pattern() -> None:
    scene = Scene()
    scene.stories(2, 12, says(5, 11), says(6, 12), says(7, 12))
    scene.story(11, says(5, 11), says(6, 13))
    history, cases, patterns, _ = cases_of(scene)
    for column, of_pattern in ((history.named, patterns.named), (history.shown, patterns.shown)):
        assert column[cases.response].tolist() == of_pattern[patterns.response_of].tolist()
