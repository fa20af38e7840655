"""What is known of a label before its next review."""

from exporter.hotspots.history import read_history, read_rows
from exporter.hotspots.standing import standing
from tests.exporter.hotspots.scenes import ANT, Scene, at, ids_at, says, suggested, taxonomy_of


def known(scene: Scene, label: int, before: int | None = None) -> dict[str, object]:
    """The standing of a label on the scene's one observation, before its identification of that number."""
    taxonomy = taxonomy_of(scene)
    con = scene.connect()
    history = read_history(con, taxonomy, read_rows(con, None))
    place = at(taxonomy, [0 if before is None else before]) * 0
    place += len(history.named) if before is None else before
    result = standing(history, taxonomy, None, place * 0, at(taxonomy, [label]), place)
    [other] = ids_at(taxonomy, result.other)
    return {
        "agreeing": int(result.agreeing[0]),
        "disagreeing": int(result.disagreeing[0]),
        "other": other,
        "is_suggested": bool(result.is_suggested[0]),
        "has_namer": bool(result.namer[0] >= 0),
    }


def test_a_name_is_given_by_its_first_namer_and_others_agree() -> None:
    scene = Scene()
    scene.story(11, suggested(5, 11), says(6, 11), says(7, 11))
    assert known(scene, 11) == {
        "agreeing": 2,
        "disagreeing": 0,
        "other": -1,
        "is_suggested": True,
        "has_namer": True,
    }
    assert known(scene, 11, before=1)["agreeing"] == 0


def test_another_taxon_disagrees_and_an_ancestor_only_if_it_says_so() -> None:
    scene = Scene()
    scene.story(11, says(5, 11), says(6, 12), says(7, ANT), says(8, ANT, is_disagreement=True))
    result = known(scene, 11)
    assert (result["agreeing"], result["disagreeing"], result["other"]) == (0, 2, 12)


def test_only_the_last_word_of_a_person_counts() -> None:
    scene = Scene()
    scene.story(11, says(5, 11), says(6, 12), says(6, 11))
    result = known(scene, 11)
    assert (result["agreeing"], result["disagreeing"], result["other"]) == (1, 0, -1)
    assert known(scene, 11, before=2)["disagreeing"] == 1


def test_a_taxon_within_the_label_agrees_and_is_no_alternative() -> None:
    scene = Scene()
    scene.story(11, says(5, ANT), says(6, 11))
    result = known(scene, ANT)
    assert (result["agreeing"], result["disagreeing"], result["other"]) == (1, 0, -1)


def test_nobody_gave_a_label_that_nobody_named() -> None:
    scene = Scene()
    scene.story(11, says(5, 11))
    assert not known(scene, 21)["has_namer"]
