"""Every part of every rule of a written snapshot, broken alone in a snapshot made by hand."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from exporter.criteria import INAT_2022
from exporter.draw import draw_key
from exporter.errors import DataError
from exporter.snapshot import Request, snapshot
from exporter.snapshot_rules import RULES
from exporter.verify import verify
from tests.exporter.exporting import SEED, WorldLake
from tests.exporter.tampering import Parts
from tests.exporter.world import Row, World, day

LIFE, GENUS, SPECIES, SISTER, COUSIN = 48460, 20, 300, 301, 302

CRITERIA = replace(
    INAT_2022,
    name="small",
    train_min=2,
    train_max=4,
    val_min=1,
    val_max=2,
    test_min=1,
    test_max=2,
    train_photos_per_observation=3,
)


def make(folder: Path) -> None:
    """Write the snapshot of three classes: one full, one with room, one with unconfirmed observations."""
    world = World()
    world.taxon(LIFE, None, "stateofmatter")
    world.taxon(GENUS, LIFE, "genus", iconic_taxon_id=GENUS)
    world.taxon(SPECIES, GENUS, "species", iconic_taxon_id=GENUS)
    world.taxon(SISTER, GENUS, "species", iconic_taxon_id=GENUS)
    world.taxon(COUSIN, LIFE, "species")
    place: dict[str, Any] = {"created_at": day(1), "latitude": 1.5, "longitude": -2.5}
    world.observe(12, SPECIES, SPECIES, **place)
    world.observe(2, SISTER, SISTER, **place)
    world.observe(1, SISTER, SISTER, photos=3, **place)
    world.observe(3, COUSIN, COUSIN, **place)
    world.observe(2, COUSIN, None, **place)
    lake: Any = WorldLake(world)
    snapshot(lake, Request(CRITERIA, day(1), SEED, 0), folder)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("snapshots") / "sound"
    make(folder)
    return folder


#: Set, class, observation, photo, confirmed, position, and photos of the observation. 7, 8, 4 and 10 of the
#: first class are used nowhere.
PLACES = [
    ("train", 0, 12, 120, 1, 0, 1),
    ("train", 0, 6, 60, 1, 0, 1),
    ("train", 0, 11, 110, 1, 0, 1),
    ("train", 0, 9, 90, 1, 0, 1),
    ("train", 1, 15, 150, 1, 0, 3),
    ("train", 1, 15, 151, 1, 1, 3),
    ("train", 1, 15, 152, 1, 2, 3),
    ("train", 2, 18, 180, 1, 0, 1),
    ("train", 2, 20, 200, 0, 0, 1),
    ("train", 2, 19, 190, 0, 0, 1),
    ("val", 0, 1, 10, 1, 0, 1),
    ("val", 0, 2, 20, 1, 0, 1),
    ("val", 1, 14, 140, 1, 0, 1),
    ("val", 2, 17, 170, 1, 0, 1),
    ("test", 0, 5, 50, 1, 0, 1),
    ("test", 0, 3, 30, 1, 0, 1),
    ("test", 1, 13, 130, 1, 0, 1),
    ("test", 2, 16, 160, 1, 0, 1),
]
SPATIAL = [5, 1, 12, 6, 11, 9, 3, 2, 7, 8, 4, 10, 13, 14, 15, 16, 17, 20, 18, 19]


def test_the_snapshot_of_these_examples(sound: Path) -> None:
    columns = ("set", "leaf_class_id", "observation_id", "photo_id", "community", "position")
    parts = Parts(sound)
    assert [
        tuple(row[column] for column in (*columns, "observation_photos")) for row in parts.photos
    ] == PLACES
    assert [int(row["observation_id"]) for row in parts.tables["spatial_data.csv"]] == SPATIAL
    assert [row["taxon_id"] for row in parts.tables["taxonomy.csv"]] == ["20", "300", "301", "302"]
    assert [row["iconic_taxon_id"] for row in parts.tables["iconic_taxa.csv"]] == ["0", "20"]
    verify(sound)


class Tampering(Parts):
    """The parts of a snapshot, and the hands of who changes them."""

    def photo(self, photo_id: int, /, **columns: Any) -> "Tampering":
        """Change columns of a photo's row."""
        self._row(photo_id).update(columns)
        return self

    def drop(self, *photo_ids: int) -> "Tampering":
        self.photos = [row for row in self.photos if row["photo_id"] not in photo_ids]
        return self

    def exchange(self, one_id: int, other_id: int) -> "Tampering":
        """Put two photos in each other's places."""
        one, other = self._row(one_id), self._row(other_id)
        for column in one.keys() - {"set"}:
            one[column], other[column] = other[column], one[column]
        return self

    def taxon(self, taxon_id: int, /, **columns: str) -> "Tampering":
        return self._change("taxonomy.csv", "taxon_id", taxon_id, columns)

    def iconic(self, taxon_id: int, /, **columns: str) -> "Tampering":
        return self._change("iconic_taxa.csv", "iconic_taxon_id", taxon_id, columns)

    def spatial(self, observation_id: int, /, **columns: str) -> "Tampering":
        return self._change("spatial_data.csv", "observation_id", observation_id, columns)

    def criteria(self, **numbers: Any) -> "Tampering":
        self.manifest["criteria"].update(numbers)
        return self

    def shared(self, class_id: int, observations: int) -> "Tampering":
        """Let observations that count for a class serve elsewhere."""
        self.manifest["counts"]["classes"][class_id]["shared_elsewhere"] = observations
        return self

    def place_spatial(self, observation_id: int, like: int, **columns: str) -> "Tampering":
        """Add a row to the class of another observation, where the draw puts it."""
        rows = self.tables["spatial_data.csv"]
        new = {**self._spatial_row(like), "observation_id": str(observation_id), **columns}
        rows.append(new)
        rows.sort(key=lambda row: (row["leaf_class_id"], draw_key(SEED, int(row["observation_id"]))))
        return self

    def _change(self, table: str, key: str, number: int, columns: Row) -> "Tampering":
        next(row for row in self.tables[table] if row[key] == str(number)).update(columns)
        return self

    def _spatial_row(self, observation_id: int) -> Row:
        rows = self.tables["spatial_data.csv"]
        return next(row for row in rows if row["observation_id"] == str(observation_id))

    def _row(self, photo_id: int) -> Row:
        return next(row for row in self.photos if row["photo_id"] == photo_id)

    def reverse_the_classes(self) -> "Tampering":
        self.manifest["counts"]["classes"].reverse()
        return self

    def repeat_iconic(self) -> "Tampering":
        self.tables["iconic_taxa.csv"].append(self.tables["iconic_taxa.csv"][1])
        return self

    def drop_spatial(self, *observation_ids: int) -> "Tampering":
        rows = self.tables["spatial_data.csv"]
        self.tables["spatial_data.csv"] = [r for r in rows if int(r["observation_id"]) not in observation_ids]
        return self


def drawn(parts: Tampering) -> Tampering:
    """Say that test and validation draw their observations, as these do, and that there are enough."""
    return parts.criteria(set_aside_by="draw", min_observations=4).shared(1, 1)


Tamper = Callable[[Tampering], object]
OPEN_DATA = "https://inaturalist-open-data.s3.amazonaws.com/photos"
STATIC = "https://static.inaturalist.org/photos"

#: What is done, where verify finds it (in one of several places), and how the rule begins.
FAULTS: dict[str, tuple[Tamper, str, str]] = {
    # taxonomy.csv and iconic_taxa.csv
    "parent elsewhere": (
        lambda parts: parts.taxon(20, parent_taxon_id="999"),
        "taxon 20",
        "a taxon's parent is in",
    ),
    "classes in another order": (
        lambda parts: parts.reverse_the_classes(),
        "class 0|class 2",
        "class ids are 0, 1, 2",
    ),
    "class id that skips one": (
        lambda parts: [
            parts.taxon(302, leaf_class_id="3", spatial_class_id="3"),
            *(parts.photo(number, leaf_class_id=3) for number in (180, 190, 200, 170, 160)),
            *(parts.spatial(number, leaf_class_id="3") for number in (16, 17, 18, 19, 20)),
            parts.manifest["counts"]["classes"][2].update(leaf_class_id=3),
        ],
        "class 3",
        "class ids are 0, 1, 2",
    ),
    "hybrid class": (
        lambda parts: parts.taxon(300, rank="hybrid"),
        "taxon 300",
        "a class is of species rank",
    ),
    "genushybrid class": (
        lambda parts: parts.taxon(302, rank="genushybrid"),
        "taxon 302",
        "a class is of species rank",
    ),
    "class below species": (
        lambda parts: parts.taxon(301, rank_level="9.5"),
        "taxon 301",
        "a class is of species rank",
    ),
    "class of no rank": (
        lambda parts: parts.taxon(300, rank="", rank_level=""),
        "taxon 300",
        "a class is of species rank",
    ),
    "class below a leaf": (
        lambda parts: parts.criteria(leaves=[20]),
        "taxon 300|taxon 301",
        "no class lies below a custom leaf",
    ),
    "iconic taxon twice": (
        lambda parts: parts.repeat_iconic(),
        "iconic taxon 20",
        "an iconic taxon has one row and its own name",
    ),
    "iconic taxon without a name": (
        lambda parts: parts.iconic(20, name=""),
        "iconic taxon 20",
        "an iconic taxon has one row",
    ),
    "iconic name": (
        lambda parts: parts.iconic(20, name="Aves"),
        "iconic taxon 20",
        "an iconic taxon has one row",
    ),
    "unassigned renamed": (
        lambda parts: parts.iconic(0, name="Life"),
        "iconic taxon 0",
        "an iconic taxon has one row",
    ),
    "iconic class of an ancestor": (
        lambda parts: parts.taxon(20, iconic_class_id="1"),
        "taxon 20",
        "a class has the iconic class of",
    ),
    "spatial class of an ancestor": (
        lambda parts: parts.taxon(20, spatial_class_id="0"),
        "taxon 20",
        "a class has its class id as spatial",
    ),
    "spatial class without rows": (
        lambda parts: parts.drop_spatial(16, 17, 18, 19, 20),
        "taxon 302",
        "a class has its class id as spatial",
    ),
    # photos
    "label of another class": (
        lambda parts: parts.photo(180, obs_taxon_id=301),
        "train row 7 (observation 18)",
        "a photo's own label",
    ),
    "label of an ancestor": (
        lambda parts: parts.photo(180, obs_taxon_id=20),
        "train row 7 (observation 18)",
        "a photo's own label",
    ),
    "host": (
        lambda parts: parts.photo(180, photo_url="https://example.org/photos/180/medium.jpg"),
        "train row 7 (observation 18)",
        "a photo's address",
    ),
    "size": (
        lambda parts: parts.photo(180, photo_url=f"{STATIC}/180/large.jpg"),
        "train row 7 (observation 18)",
        "a photo's address",
    ),
    "extension": (
        lambda parts: parts.photo(180, photo_url=f"{STATIC}/180/medium."),
        "train row 7 (observation 18)",
        "a photo's address",
    ),
    "another photo's address": (
        lambda parts: parts.photo(180, photo_url=f"{OPEN_DATA}/181/medium.jpg"),
        "train row 7 (observation 18)",
        "a photo's address",
    ),
    "observation of two sets": (
        lambda parts: parts.photo(140, observation_id=13),
        "observation 13",
        "an observation is in one set",
    ),
    "observation of two classes": (
        lambda parts: parts.photo(130, obs_taxon_id=999).photo(160, observation_id=13, obs_taxon_id=999),
        "observation 13",
        "an observation is in one set",
    ),
    "observation of two labels": (
        lambda parts: parts.photo(151, obs_taxon_id=999),
        "observation 15",
        "an observation is in one set",
    ),
    "confirmed and not": (
        lambda parts: parts.photo(151, community=0),
        "observation 15",
        "an observation is in one set",
    ),
    "of three photos and of four": (
        lambda parts: parts.photo(151, observation_photos=4),
        "observation 15",
        "an observation is in one set",
    ),
    "photo in two places": (
        lambda parts: parts.photo(10, photo_id=120, photo_url=f"{STATIC}/120/medium.jpg"),
        "photo 120",
        "a photo has one place",
    ),
    "first photo left out": (
        lambda parts: parts.photo(180, position=1),
        "observation 18",
        "an observation gives its first photos",
    ),
    "same position twice": (
        lambda parts: parts.photo(151, position=2),
        "observation 15",
        "an observation gives its first photos",
    ),
    "more photos than there are": (
        lambda parts: [parts.photo(number, observation_photos=2) for number in (150, 151, 152)],
        "observation 15",
        "an observation gives its first photos",
    ),
    "more photos than allowed": (
        lambda parts: parts.criteria(train_photos_per_observation=2),
        "observation 15",
        "an observation gives its first photos",
    ),
    "unconfirmed in validation": (
        lambda parts: parts.photo(170, community=0),
        "val row 13 (observation 17)",
        "test and validation have one photo",
    ),
    "confirmed twice over": (
        lambda parts: parts.photo(180, community=2),
        "train row 7 (observation 18)",
        "places are filled in order",
    ),
    # classes
    "train above its maximum": (
        lambda parts: parts.criteria(train_max=3),
        "class 0",
        "each class's sets lie between",
    ),
    "validation above its maximum": (
        lambda parts: parts.criteria(val_max=1),
        "class 0",
        "each class's sets lie between",
    ),
    "test above its maximum": (
        lambda parts: parts.criteria(test_max=1),
        "class 0",
        "each class's sets lie between",
    ),
    "train below its minimum": (
        lambda parts: parts.criteria(train_min=3).drop(190),
        "class 2",
        "each class's sets lie between",
    ),
    "validation below its minimum": (
        lambda parts: parts.criteria(val_min=2).shared(2, 1),
        "class 1",
        "each class's sets lie between",
    ),
    "test below its minimum": (
        lambda parts: parts.criteria(test_min=2).shared(2, 1),
        "class 1",
        "each class's sets lie between",
    ),
    "too few observations": (
        lambda parts: parts.criteria(min_observations=4),
        "class 1",
        "a class has min_observations",
    ),
    "too few confirmed": (
        lambda parts: parts.criteria(min_confirmed=4).shared(2, 1),
        "class 1",
        "a class has min_observations",
    ),
    "test after validation": (
        lambda parts: parts.exchange(130, 140),
        "class 1",
        "test, then validation, take",
    ),
    "validation before test, both drawn": (
        lambda parts: drawn(parts).exchange(130, 140),
        "class 1",
        "test, then validation, take",
    ),
    "validation after train": (
        lambda parts: parts.exchange(170, 180),
        "class 2",
        "test, then validation, take",
    ),
    "test after what is left, without a minimum of validation": (
        lambda parts: parts.criteria(val_min=0).exchange(130, 140),
        "class 1",
        "test, then validation, take",
    ),
    "test goes on while train has room": (
        lambda parts: parts.drop(90, 20),
        "class 0",
        "test, then validation, go beyond",
    ),
    "validation goes on while train has room": (
        lambda parts: parts.criteria(test_max=1).drop(90, 30),
        "class 0",
        "test, then validation, go beyond",
    ),
    "validation goes on while test has room": (
        lambda parts: parts.drop(30),
        "class 0",
        "test, then validation, go beyond",
    ),
    "validation goes on before test": (
        lambda parts: parts.exchange(30, 20),
        "class 0",
        "test, then validation, go beyond",
    ),
    "drawn later": (
        lambda parts: parts.exchange(90, 30),
        "class 0",
        "train takes the confirmed observations",
    ),
    "photo left out while train has room": (
        lambda parts: parts.drop(152),
        "class 1, observation 15",
        "no photo is passed over",
    ),
    "photo passed over for an unconfirmed one": (
        lambda parts: parts.criteria(train_max=3).drop(90).photo(180, observation_photos=2),
        "class 2, observation 18",
        "no photo is passed over",
    ),
    # spatial_data.csv
    "observation in two classes": (
        lambda parts: parts.place_spatial(13, like=16),
        "|".join(f"spatial row {number}" for number in (12, *range(15, 21))),
        "spatial rows lie by class",
    ),
    "spatial label of another class": (
        lambda parts: parts.spatial(5, obs_taxon_id="301"),
        "spatial row 0",
        "a spatial row's own label",
    ),
    "no spatial label": (
        lambda parts: parts.spatial(5, obs_taxon_id=""),
        "spatial row 0",
        "a spatial row's own label",
    ),
    "latitude": (
        lambda parts: parts.spatial(5, latitude="-90.5"),
        "spatial row 0",
        "a spatial row has a public",
    ),
    "longitude": (
        lambda parts: parts.spatial(5, longitude="180.5"),
        "spatial row 0",
        "a spatial row has a public",
    ),
    "no latitude": (
        lambda parts: parts.spatial(5, latitude=""),
        "spatial row 0",
        "a spatial row has a public",
    ),
    "nowhere": (
        lambda parts: parts.spatial(5, latitude="0", longitude="0"),
        "spatial row 0",
        "a spatial row has a public",
    ),
    "latitude too exact": (
        lambda parts: parts.spatial(5, latitude="1.50001"),
        "spatial row 0",
        "a spatial row has a public",
    ),
    "longitude too exact": (
        lambda parts: parts.spatial(5, longitude="1.50001"),
        "spatial row 0",
        "a spatial row has a public",
    ),
    "confirmed how": (
        lambda parts: parts.spatial(5, community="2"),
        "spatial row 0",
        "a spatial row has a public",
    ),
    "captive how": (
        lambda parts: parts.spatial(5, captive="2"),
        "spatial row 0",
        "a spatial row has a public",
    ),
    "too inaccurate": (
        lambda parts: parts.spatial(5, positional_accuracy="50000.5"),
        "spatial row 0",
        "a spatial row has a public",
    ),
    "another label than its photos": (
        lambda parts: parts.spatial(5, obs_taxon_id="999"),
        "observation 5",
        "an observation has the same class",
    ),
    "confirmed unlike its photos": (
        lambda parts: parts.spatial(5, community="0"),
        "observation 5",
        "an observation has the same class",
    ),
    "another class than its photos": (
        lambda parts: (
            parts.photo(130, obs_taxon_id=999).drop_spatial(13).place_spatial(13, like=16, obs_taxon_id="999")
        ),
        "observation 13",
        "an observation has the same class",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_part_of_a_rule_is_broken_by_a_fault_of_its_own(fault: str, sound: Path, tmp_path: Path) -> None:
    tamper, where, beginning = FAULTS[fault]
    [sentence] = [rule.sentence for rule in RULES if rule.sentence.startswith(beginning)]
    parts = Tampering(sound)
    tamper(parts)
    folder = tmp_path / "tampered"
    parts.write(folder)
    with pytest.raises(DataError) as refused:
        verify(folder)
    ending = f"broken rule: {sentence}; do not use this snapshot, write it again"
    assert str(refused.value) in [f"{folder}: {place}: {ending}" for place in where.split("|")]


#: What looks like a fault and is none.
SOUND: dict[str, Tamper] = {
    "an observation more that serves elsewhere": lambda parts: parts.criteria(min_observations=4).shared(
        1, 1
    ),
    "a confirmed one more that serves elsewhere": lambda parts: (
        parts.criteria(min_confirmed=4).shared(1, 1).shared(2, 1)
    ),
    "a full class, whose other observations nobody sees": lambda parts: (
        parts.criteria(min_observations=9).shared(1, 6).shared(2, 4)
    ),
    "sets at their maxima and minima": lambda parts: parts.criteria(train_min=3, min_observations=3),
    "a class that is a custom leaf": lambda parts: parts.criteria(leaves=[300]),
    "on the equator": lambda parts: parts.spatial(5, latitude="0"),
    "on the meridian of Greenwich": lambda parts: parts.spatial(5, longitude="0"),
    "at a pole and at the date line": lambda parts: parts.spatial(5, latitude="-90", longitude="180"),
    "just accurate enough": lambda parts: parts.spatial(5, positional_accuracy="50000"),
    "a label below its class": lambda parts: parts.photo(180, obs_taxon_id=999).spatial(
        18, obs_taxon_id="999"
    ),
    "a class of rank species": lambda parts: parts.taxon(300, rank_level="10.0"),
    "a hybrid that the criteria let be a class": lambda parts: parts.criteria(hybrids=True).taxon(
        300, rank="hybrid"
    ),
    "test with more photos than validation, both drawn": lambda parts: drawn(parts).photo(
        130, observation_photos=2
    ),
}


@pytest.mark.parametrize("change", SOUND)
def test_what_breaks_no_rule(change: str, sound: Path, tmp_path: Path) -> None:
    parts = Tampering(sound)
    SOUND[change](parts)
    parts.write(tmp_path / "changed")
    verify(tmp_path / "changed")
