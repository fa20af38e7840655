"""What needs no look any more, by hand: species 11 and 12 lie in genus 10, species 21 in genus 20."""

import pyarrow as pa

from exporter.draw import is_drawn
from exporter.hotspots.outcomes import FOLLOWED
from exporter.hotspots.second_looks import as_they_are, unsuspected
from exporter.hotspots.settled import settled
from tests.exporter.hotspots.scenes import ANT, TINY, Scene, says
from tests.exporter.world import day

SINCE, UNTIL = day(10), day(20)
SEED = "a seed of sixteen bytes and more"


def how(scene: Scene, label: int = 11) -> dict[int, str]:
    """Of every observation of a scene, called ``label`` when it was listed: how it is settled."""
    ids = [row["observation_id"] for row in scene.observations]
    followed = pa.Table.from_pylist(
        [{"observation_id": number, "label_taxon_id": label} for number in [*ids, 999]], FOLLOWED
    )
    with scene.connect() as con:
        found = settled(con, followed, TINY, SINCE, UNTIL)
        assert con.execute("SELECT count(*) FROM duckdb_tables()").fetchone() == (0,)
    return dict(zip(found["observation_id"].to_pylist(), found["how"].to_pylist(), strict=True))


def test_each_way_of_being_settled_and_what_is_not() -> None:
    scene = Scene()
    first = says(1, 11, created_at=day(2))
    scene.story(11, first)  # 1: as it was
    scene.story(11, first, says(2, 11, created_at=day(5)))  # 2: confirmed before the count
    scene.story(11, first, says(2, 11, created_at=day(12)))  # 3: confirmed since
    scene.story(12, first, *(says(user, 12, created_at=day(12)) for user in (2, 3, 4)))  # 4: moved since
    scene.story(12, first, *(says(user, 12, created_at=day(5)) for user in (2, 3, 4)))  # 5: moved before
    scene.story(ANT, first, says(2, ANT, created_at=day(12), is_disagreement=True))  # 6: made coarser
    scene.story(11, first, photos=0)  # 7: no photo is left
    scene.story(11, first, is_flagged=True)  # 8: flagged
    expected = {3: "confirmed", 4: "moved", 5: "moved", 6: "moved", 7: "gone", 8: "gone", 999: "gone"}
    assert how(scene) == expected


def test_a_label_that_was_made_finer_is_not_moved() -> None:
    scene = Scene()
    scene.story(11, says(1, ANT, created_at=day(2)), says(2, 11, created_at=day(12)))
    assert how(scene, ANT) == {999: "gone"} | how(scene, ANT)
    assert how(scene, ANT).get(1) != "moved"


def test_candidates_for_a_second_look_are_usable_and_say_what_they_are_now() -> None:
    scene = Scene()
    first = says(1, 11, created_at=day(2))
    for label in (11, 11, 12, 21):
        scene.story(label, first)
    scene.story(11, first, photos=0)
    with scene.connect() as con:
        found = as_they_are(con, TINY, [4, 5, 1]).to_pylist()
        assert [(row["observation_id"], row["label_taxon_id"], row["photos"]) for row in found] == [
            (1, 11, 1),
            (4, 21, 1),
        ]
        drawn = unsuspected(con, TINY, [11, 12], [2], SEED, 10)
        assert sorted(drawn["observation_id"].to_pylist()) == [1, 3]
        # The order is the draw's, and nobody's choice.
        (one,) = unsuspected(con, TINY, [11, 12], [2], SEED, 1)["observation_id"].to_pylist()
        assert one == drawn["observation_id"][0].as_py()


def test_a_share_is_drawn_by_the_seed_alone() -> None:
    drawn = [number for number in range(10_000) if is_drawn(SEED, number, 0.1)]
    assert drawn == [number for number in range(10_000) if is_drawn(SEED, number, 0.1)]
    # Binomial with 10,000 and 0.1: five standard deviations are 150.
    assert 850 < len(drawn) < 1_150
    assert {is_drawn(SEED, number, 0.0) for number in range(100)} == {False}
    assert {is_drawn(SEED, number, 1.0) for number in range(100)} == {True}
