"""A small snapshot and its photos, written by hand: two genera of one family, two species each."""

import csv
import hashlib
import io
import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from trainer.config import Config, load_config
from trainer.snapshot import Snapshot, read_snapshot

#: parent, taxon, level, class, name, rank
TAXA = (
    ("", 1, 70, "", "Animalia", "kingdom"),
    (1, 10, 30, "", "Apidae", "family"),
    (10, 20, 20, "", "Bombus", "genus"),
    (10, 30, 20, "", "Apis", "genus"),
    (20, 201, 10, 0, "Bombus terrestris", "species"),
    (20, 202, 10, 1, "Bombus lucorum", "species"),
    (30, 301, 10, 2, "Apis mellifera", "species"),
    (30, 302, 10, 3, 'Apis "cerana", east', "species"),
)
PHOTO_COLUMNS = (
    "photo_id,photo_url,observation_id,leaf_class_id,iconic_class_id,taxon_id,obs_taxon_id,community"
)
TAXON_COLUMNS = (
    "parent_taxon_id,taxon_id,rank_level,leaf_class_id,iconic_class_id,spatial_class_id,name,"
    "iconic_taxon_id,rank"
)
SPATIAL_COLUMNS = "observation_id,latitude,longitude,observed_on,leaf_class_id"
#: Of photo n, by the rest of n divided by three.
LICENCES = ("cc-by-nc", None, "cc0")
CLASSES = 4
SIZES = {"train": 48, "val": 12, "test": 16}
MINIATURE = Path("trainer/configs/miniature.toml")
_SMALL = (
    "data.image_size=32",
    "data.short_side=40",
    "training.batch_size=8",
    "training.epochs=2",
    "training.watch_steps=2",
    "training.checkpoint_steps=4",
    "hardware.input_threads=2",
)


@dataclass(frozen=True)
class World:
    """Where a snapshot and its photos lie."""

    snapshot_folder: Path
    images: Path

    def snapshot(self) -> Snapshot:
        return read_snapshot(self.snapshot_folder)

    def image(self, photo_id: int) -> Path:
        return self.images / f"{photo_id}.jpg"


def small_config(*changes: str) -> Config:
    """The miniature, smaller still: six steps an epoch, two epochs."""
    return load_config(MINIATURE, [*_SMALL, *changes])


def write_world(
    folder: Path,
    *,
    url: str = "https://example.org/photos/{}/medium.jpg",
    sizes: dict[str, int] = SIZES,
    with_images: bool = True,
) -> World:
    """Write it: ``sizes`` photos in each set, class by class in turn. Photo 1 is the first of train."""
    snapshot = folder / "snapshot"
    images = folder / "images"
    snapshot.mkdir(parents=True)
    images.mkdir()
    numbers = itertools.count(1)
    sets = {
        name: [_photo(next(numbers), row % CLASSES, url) for row in range(size)]
        for name, size in sizes.items()
    }
    photos = [row for rows in sets.values() for row in rows]
    if with_images:
        for photo_id, _, _, class_id, *_ in photos:
            (images / f"{photo_id}.jpg").write_bytes(jpeg(class_id, photo_id))
    licences = [LICENCES[row[0] % len(LICENCES)] for row in photos]
    table = {"photo_id": [row[0] for row in photos], "license": licences}
    pq.write_table(pa.table(table), snapshot / "photos.parquet")
    spatial = [(row[2], 10.0 + 20 * row[3], 5.0, "2024-06-01", row[3]) for row in photos]
    write_snapshot(snapshot, sets, [taxon_row(*taxon) for taxon in TAXA], spatial, is_simulated=True)
    return World(snapshot, images)


def _photo(photo_id: int, class_id: int, url: str) -> tuple[Any, ...]:
    return photo_row(photo_id, url.format(photo_id), 1000 + photo_id, class_id, TAXA[4 + class_id][1])


def photo_row(photo_id: int, url: str, observation_id: int, class_id: int, taxon_id: int) -> tuple[Any, ...]:
    """A row of a set's file."""
    return photo_id, url, observation_id, class_id, 0, taxon_id, taxon_id, 1


def taxon_row(
    parent: object, taxon_id: int, level: int, class_id: object, name: str, rank: str
) -> tuple[Any, ...]:
    """A row of taxonomy.csv; no class: an empty text."""
    return parent, taxon_id, level, class_id, "", "", name, "", rank


def write_snapshot(
    folder: Path, sets: dict[str, list[Any]], taxa: list[Any], spatial: list[Any], *, is_simulated: bool
) -> None:
    """Write the files of a snapshot that the trainer reads, from rows like those above."""
    for name, rows in sets.items():
        _write(folder / f"{name}_data.csv", PHOTO_COLUMNS, rows)
    _write(folder / "taxonomy.csv", TAXON_COLUMNS, taxa)
    _write(folder / "spatial_data.csv", SPATIAL_COLUMNS, spatial)
    seal(folder, is_simulated=is_simulated)


def seal(snapshot: Path, *, is_simulated: bool = True) -> None:
    """Write the manifest of the files as they are."""
    files = {
        path.name: {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        for path in snapshot.iterdir()
        if path.suffix in (".csv", ".parquet")
    }
    manifest = {"format": 1, "is_simulated": is_simulated, "files": files}
    (snapshot / "manifest.json").write_text(json.dumps(manifest))


def jpeg(class_id: int, seed: int, size: tuple[int, int] = (64, 48)) -> bytes:
    """A photo of a class: its own colours, and noise."""
    random = np.random.default_rng(seed)
    colours = np.array([[220, 40, 40], [40, 220, 40], [40, 40, 220], [200, 200, 60]])[class_id]
    pixels = np.clip(colours + random.normal(0, 50, (6, 8, 3)), 0, 255).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC).save(stream, "JPEG", quality=90)
    return stream.getvalue()


def _write(path: Path, columns: str, rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        stream.write(columns + "\n")
        csv.writer(stream, lineterminator="\n").writerows(rows)
