"""Real photographs as a snapshot's folder: the campus plants of ../shared/data, which are never committed."""

import csv
import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

SOURCE = Path("../shared/data/5_images/plants_ucsc")
#: Of each species, by a hash of the observation: this part is validation, the next test, the rest training.
VAL, TEST = 0.12, 0.2


def write_snapshot(folder: Path, *, swapped: float = 0.0, seed: int = 1) -> dict[int, tuple[int, int]]:
    """Write ``snapshot/`` and ``images/`` anew; gives the true and the given class of each photo, by its id.

    ``swapped``: the share of training photos whose label is exchanged for a sister's: another species of
    the genus, else of the family, else any.
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
    sets: dict[str, list[Sequence[object]]] = {"train": [], "val": [], "test": []}
    truth: dict[int, tuple[int, int]] = {}
    for row in sorted(rows, key=lambda row: int(row["photo_id"])):
        photo_id, observation_id = int(row["photo_id"]), int(row["observation_id"])
        (images / f"{photo_id}.jpg").symlink_to((SOURCE / row["file"]).resolve())
        share = int(hashlib.sha256(str(observation_id).encode()).hexdigest()[:8], 16) / 2**32
        name = "val" if share < VAL else "test" if share < VAL + TEST else "train"
        true = class_of[int(row["taxon_id"])]
        is_swapped = name == "train" and random.random() < swapped
        given = _sister(true, species, random) if is_swapped else true
        taxon_id = species[given][0]
        truth[photo_id] = (true, given)
        sets[name].append((photo_id, row["image_url"], observation_id, given, 0, taxon_id, taxon_id, 1))
    header = "photo_id,photo_url,observation_id,leaf_class_id,iconic_class_id,taxon_id,obs_taxon_id,community"
    for name, lines in sets.items():
        _write(snapshot / f"{name}_data.csv", header, lines)
    _write(
        snapshot / "taxonomy.csv",
        "parent_taxon_id,taxon_id,rank_level,leaf_class_id,iconic_class_id,spatial_class_id,name,iconic_taxon_id,rank",
        _taxonomy(species),
    )
    _write(snapshot / "spatial_data.csv", "observation_id,latitude,longitude,observed_on,leaf_class_id", [])
    files = {
        path.name: {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        for path in snapshot.glob("*.csv")
    }
    (snapshot / "manifest.json").write_text(json.dumps({"format": 1, "is_simulated": False, "files": files}))
    return truth


def _sister(true: int, species: list[tuple[int, str, str, str]], random: np.random.Generator) -> int:
    _, _, genus, family = species[true]
    others = [number for number in range(len(species)) if number != true]
    for column, name in ((2, genus), (3, family)):
        if near := [number for number in others if species[number][column] == name]:
            return int(random.choice(near))
    return int(random.choice(others))


def _taxonomy(species: list[tuple[int, str, str, str]]) -> list[Sequence[object]]:
    """Genera and families have no ids in the source; they get negative ones."""
    names = sorted({family for *_, family in species}) + sorted({genus for *_, genus, _ in species})
    ids = {name: -2 - number for number, name in enumerate(names)}
    rows: list[Sequence[object]] = [("", 47126, 70, "", "", "", "Plantae", 47126, "kingdom")]
    for family in sorted({family for *_, family in species}):
        rows.append((47126, ids[family], 30, "", "", "", family, 47126, "family"))
    for genus, family in sorted({(genus, family) for *_, genus, family in species}):
        rows.append((ids[family], ids[genus], 20, "", "", "", genus, 47126, "genus"))
    for number, (taxon_id, name, genus, _) in enumerate(species):
        rows.append((ids[genus], taxon_id, 10, number, 0, "", name, 47126, "species"))
    return rows


def _write(path: Path, header: str, rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        stream.write(header + "\n")
        csv.writer(stream, lineterminator="\n").writerows(rows)
