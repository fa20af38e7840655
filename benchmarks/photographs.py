"""Real photographs as a snapshot's folder: the campus plants of ../shared/data, which are never committed."""

import csv
import hashlib
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from tests.trainer.world import photo_row, taxon_row, write_snapshot

SOURCE = Path("../shared/data/5_images/plants_ucsc")
#: Of each species, by a hash of the observation: this part is validation, the next test, the rest training.
VAL, TEST = 0.12, 0.2
#: Its name. It never changes: another split gets another name.
SPLIT = "plants_ucsc by observation, v1"
#: Latitude and longitude of the University of California, Santa Cruz.
CAMPUS = (36.99, -122.06)

_PLANTS = 47126
#: The class that iNaturalist's tree has above these families; above the others it is Magnoliopsida.
_CLASSES = {
    "Polypodiopsida": ("Dennstaedtiaceae", "Dryopteridaceae"),
    "Pinopsida": ("Cupressaceae", "Pinaceae"),
    "Liliopsida": ("Iridaceae", "Liliaceae", "Melanthiaceae"),
}
_OTHERS = "Magnoliopsida"


def write_photographs(
    folder: Path, *, swapped: float = 0.0, seed: int = 1, with_dates: bool = False, with_classes: bool = False
) -> None:
    """Write ``snapshot/``, ``images/`` and ``truth.npy`` (rows of photo and true class) anew.

    ``swapped``: the share of training photos whose label is exchanged for a sister's: another species of
    the genus, else of the family, else any. ``with_dates``: each observation has its date, and the campus as
    its place: the source has no coordinates. ``with_classes``: families stand below ferns, conifers,
    monocots and dicots.
    """
    shutil.rmtree(folder, ignore_errors=True)
    images, snapshot = folder / "images", folder / "snapshot"
    images.mkdir(parents=True)
    snapshot.mkdir()
    with (SOURCE / "labels.csv").open(newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if (SOURCE / row["file"]).is_file()]
    species = sorted(
        {(int(row["taxon_id"]), row["scientific_name"], row["genus"], row["family"]) for row in rows}
    )
    class_of = {taxon_id: number for number, (taxon_id, *_) in enumerate(species)}
    random = np.random.default_rng(seed)
    sets: dict[str, list[Any]] = {"train": [], "val": [], "test": []}
    truth, spatial = [], []
    for row in sorted(rows, key=lambda row: int(row["photo_id"])):
        photo_id, observation_id = int(row["photo_id"]), int(row["observation_id"])
        (images / f"{photo_id}.jpg").symlink_to((SOURCE / row["file"]).resolve())
        share = int(hashlib.sha256(str(observation_id).encode()).hexdigest()[:8], 16) / 2**32
        name = "val" if share < VAL else "test" if share < VAL + TEST else "train"
        true = class_of[int(row["taxon_id"])]
        is_swapped = name == "train" and random.random() < swapped
        given = _sister(true, species, random) if is_swapped else true
        truth.append((photo_id, true))
        spatial.append((observation_id, *CAMPUS, row["observed_on"], given))
        sets[name].append(photo_row(photo_id, row["image_url"], observation_id, given, species[given][0]))
    np.save(folder / "truth.npy", np.array(truth))
    write_snapshot(
        snapshot,
        sets,
        _taxonomy(species, with_classes=with_classes),
        spatial if with_dates else [],
        is_simulated=False,
    )


def _sister(true: int, species: list[tuple[int, str, str, str]], random: np.random.Generator) -> int:
    _, _, genus, family = species[true]
    others = [number for number in range(len(species)) if number != true]
    for column, name in ((2, genus), (3, family)):
        if near := [number for number in others if species[number][column] == name]:
            return int(random.choice(near))
    return int(random.choice(others))


def _taxonomy(species: list[tuple[int, str, str, str]], *, with_classes: bool) -> list[Any]:
    """Taxa above species have no ids in the source; they get negative ones."""
    names = sorted({family for *_, family in species}) + sorted({genus for *_, genus, _ in species})
    classes = (*_CLASSES, _OTHERS) if with_classes else ()
    names += classes
    ids = {name: -2 - number for number, name in enumerate(names)}
    families = sorted({family for *_, family in species})
    genera = sorted({(genus, family) for *_, genus, family in species})
    return [
        taxon_row("", _PLANTS, 70, "", "Plantae", "kingdom"),
        *(taxon_row(_PLANTS, ids[name], 50, "", name, "class") for name in classes),
        *(
            taxon_row(ids[_class(family)] if classes else _PLANTS, ids[family], 30, "", family, "family")
            for family in families
        ),
        *(taxon_row(ids[family], ids[genus], 20, "", genus, "genus") for genus, family in genera),
        *(
            taxon_row(ids[genus], taxon_id, 10, number, name, "species")
            for number, (taxon_id, name, genus, _) in enumerate(species)
        ),
    ]


def _class(family: str) -> str:
    return next((name for name, families in _CLASSES.items() if family in families), _OTHERS)
