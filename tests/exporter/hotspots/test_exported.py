from dataclasses import replace

from exporter.hotspots.records import Records
from tests.exporter.hotspots.scenes import ANT, TINY, Scene


def rows(scene: Scene, criteria=TINY) -> list[tuple]:
    """What the next export could draw: observation, label, class, photos, and those expected to be taken."""
    drawable, assessment = Records(scene.connect(), None).drawable(criteria)
    taxa = assessment.tree.taxon_ids
    columns = (
        drawable.observation_ids,
        taxa[drawable.label],
        taxa[drawable.leaf],
        drawable.photos,
        drawable.exported_photos,
    )
    return list(zip(*(column.tolist() for column in columns), strict=True))


def test_the_label_is_the_community_taxon_where_that_is_in_a_class_else_the_taxon_shown() -> None:
    scene = Scene()
    scene.observe(1, 11, 11)
    scene.observe(1, 11, ANT)  # the genus is covered by its species, so it is in no class
    scene.observe(1, 11, 12)
    scene.observe(1, ANT, None)
    assert [row[:3] for row in rows(scene)] == [(1, 11, 11), (2, 11, 11), (3, 12, 12)]


def test_photos_are_those_of_training_and_full_classes_take_their_share() -> None:
    scene = Scene()
    scene.observe(1, 11, 11, photos=7)
    scene.observe(1, 12, 12, photos=1)
    scene.observe(3, 12, 12, photos=3)
    assert [row[3:] for row in rows(scene, replace(TINY, train_max=5))] == [
        (5, 5.0),
        (1, 0.5),
        (3, 1.5),
        (3, 1.5),
        (3, 1.5),
    ]
