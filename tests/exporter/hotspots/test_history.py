from typing import Any

import numpy as np

from exporter.hotspots.history import History, read_history, read_rows
from tests.exporter.hotspots.scenes import ANT, Scene, ids_at, says, suggested, taxonomy_of
from tests.exporter.world import day


def read(scene: Scene, **options: Any) -> tuple[History, list[int], list[int]]:
    """The history with the ids of the taxa named and shown."""
    taxonomy = taxonomy_of(scene)
    con = scene.connect()
    history = read_history(con, taxonomy, read_rows(con, options.get("at")))
    return history, ids_at(taxonomy, history.named), ids_at(taxonomy, history.shown)


def test_identifications_in_order_with_the_label_that_each_saw() -> None:
    scene = Scene()
    scene.story(12, suggested(5, 11), says(6, 12), says(5, 12))
    history, named, shown = read(scene)
    assert named == [11, 12, 12]
    assert shown == [-1, 11, 12]
    assert history.is_vision.tolist() == [True, False, False]
    assert history.is_repeat.tolist() == [False, False, True]
    assert history.person[0] == history.person[2] != history.person[1]


def test_a_label_nobody_tells_is_what_was_named_before() -> None:
    scene = Scene()
    scene.story(12, says(5, 11), says(6, 12, previous_observation_taxon_id=None))
    assert read(scene)[2] == [-1, 11]


def test_a_subspecies_counts_as_its_species() -> None:
    scene = Scene()
    scene.taxon(111, 11, "subspecies")
    scene.story(11, says(5, 111), says(6, 11))
    assert read(scene)[1:] == ([11, 11], [-1, 11])


def test_hidden_ones_and_those_of_a_taxon_change_are_nobodys_judgement() -> None:
    scene = Scene()
    scene.taxon(15, ANT, "species", is_active=False)
    scene.story(
        11, says(5, 15, is_current=False), says(5, 11, is_taxon_change=True), says(6, 12, is_hidden=True)
    )
    assert read(scene)[1] == [11]  # the old name stands for the one that replaced it


def test_at_a_past_time_only_what_was_said_by_then() -> None:
    scene = Scene()
    scene.story(12, says(5, 11), says(6, 12), says(7, 12))
    assert read(scene, at=day(2))[1] == [11, 12]


def test_no_identifications() -> None:
    scene = Scene()
    scene.observe(2, 11)
    history = read(scene)[0]
    assert [len(column) for column in (history.observation_ids, history.named)] == [0, 0]
    assert history.named.dtype == np.int64
