"""What became of labels, by hand: species 11 and 12 lie in genus 10, species 21 in genus 20."""

import pyarrow as pa

from exporter.hotspots.outcomes import FOLLOWED, outcomes
from tests.exporter.hotspots.scenes import ANT, Scene, says
from tests.exporter.world import day

SINCE, UNTIL = day(10), day(20)


def after(scene: Scene, labels: dict[int, int]) -> dict[int, tuple[bool, bool]]:
    """By observation: was it looked at, was it moved."""
    followed = pa.Table.from_pylist(
        [{"observation_id": key, "label_taxon_id": label} for key, label in labels.items()], FOLLOWED
    )
    with scene.connect() as con:
        result = outcomes(con, followed, SINCE, UNTIL)
        assert con.execute("SELECT count(*) FROM duckdb_tables()").fetchone() == (0,)
    return {row["observation_id"]: (row["is_looked_at"], row["is_moved"]) for row in result.to_pylist()}


def told(scene: Scene, now: int | None, *said: dict) -> tuple[bool, bool]:
    """What became of one observation that was called 11."""
    observation_id = scene.story(now, *said)
    return after(scene, {observation_id: 11})[observation_id]


def test_nobody_looked() -> None:
    assert told(Scene(), 11, says(1, 11, created_at=day(2))) == (False, False)


def test_looked_at_and_confirmed() -> None:
    first, second = says(1, 11, created_at=day(2)), says(2, 11, created_at=day(12))
    assert told(Scene(), 11, first, second) == (True, False)


def test_moved_to_another_species_and_to_the_genus() -> None:
    first = says(1, 11, created_at=day(2))
    others = [says(user, 12, created_at=day(12)) for user in (2, 3, 4)]
    assert told(Scene(), 12, first, *others) == (True, True)
    coarser = says(2, ANT, created_at=day(12), is_disagreement=True)
    assert told(Scene(), ANT, first, coarser) == (True, True)


def test_made_finer_is_not_moved() -> None:
    scene = Scene()
    scene.taxon(1100, 11, "subspecies")
    both = says(1, 11, created_at=day(2)), says(2, 1100, created_at=day(12))
    assert told(scene, 1100, *both) == (True, False)


def test_only_what_happened_in_that_time_counts() -> None:
    first = says(1, 11, created_at=day(2))
    for moment in (day(10), day(21)):
        later = [says(user, 12, created_at=moment) for user in (2, 3, 4)]
        assert told(Scene(), 12, first, *later) == (False, False)
    at_the_end = [says(user, 12, created_at=UNTIL) for user in (2, 3, 4)]
    assert told(Scene(), 12, first, *at_the_end) == (True, True)


def test_moved_after_the_end_was_not_moved_by_then() -> None:
    first, second = says(1, 11, created_at=day(2)), says(2, 11, created_at=day(12))
    later = [says(user, 12, created_at=day(25)) for user in range(3, 9)]
    assert told(Scene(), 12, first, second, *later) == (True, False)


def test_a_label_that_the_lake_says_still_stands_was_not_moved() -> None:
    """Whoever opted out of the community taxon keeps the label, whatever others named."""
    first = says(1, 11, created_at=day(2))
    others = [says(user, 12, created_at=day(12)) for user in (2, 3, 4)]
    assert told(Scene(), 11, first, *others) == (True, False)


def test_taxon_changes_and_hidden_identifications_are_nobody_s_look() -> None:
    first = says(1, 11, created_at=day(2))
    for kind in ("is_taxon_change", "is_hidden"):
        others = [says(user, 12, created_at=day(12), **{kind: True}) for user in (2, 3, 4)]
        assert told(Scene(), 12, first, *others) == (False, False)


def test_a_label_that_a_taxon_change_retired_was_moved_by_nobody() -> None:
    scene = Scene()
    next(taxon for taxon in scene.taxa if taxon["taxon_id"] == 11)["is_active"] = False
    both = says(1, 11, created_at=day(2)), says(2, 12, created_at=day(12))
    assert told(scene, 12, *both) == (True, False)


def test_without_identifications_another_label_says_that_somebody_looked() -> None:
    scene = Scene()
    scene.observe(1, 11)
    scene.observe(1, 21)
    assert after(scene, {1: 11, 2: 11}) == {1: (False, False), 2: (True, True)}


def test_what_left_the_data_is_told_by_nobody() -> None:
    scene = Scene()
    scene.observe(1, 11)
    assert after(scene, {99: 11}) == {99: (False, False)}
