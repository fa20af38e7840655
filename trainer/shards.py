"""Photos in shards: made once from the photos on disk, resized, and read in any order after that.

A shard is a TFRecord file whose records are JPEG files; beside it lies an index of where each begins. One
large file is opened once and read at random, where a file for each photo costs a look-up each time, and a
photo of the size that training needs is decoded faster than the original.
"""

import copy
import hashlib
import io
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from PIL import Image

from terminal.progress import bar
from trainer.config import Data
from trainer.errors import DataError
from trainer.files import read_json, whole_file, write_json
from trainer.images import ImageError, check_shape, image_path, open_image
from trainer.snapshot import Ints, Photos, Snapshot
from trainer.waiting import wait_for

#: About 1 GB. An open shard holds a file handle, of which a process has 1,024 by default: enough for 30
#: million photos. A killed run makes one shard again, in about a minute.
SHARD_PHOTOS = 32_768

#: A TFRecord has the length (8 bytes) and its checksum (4) before the data, and a checksum (4) after.
_HEAD, _TAIL = 12, 4
_COLUMNS = ("rows", "offsets", "lengths", "heights", "widths")
_NAME = "shards.json"
#: Says that all shards of a set are there.
_WHOLE = "whole"
_MISSING = "missing"


@dataclass(frozen=True)
class Skipped:
    """A photo that is not in the shards, and why."""

    photo_id: int
    reason: str


@dataclass(frozen=True)
class _Entry:
    """One photo of a shard, ready to be written: its row in the set, its bytes, height and width."""

    row: int
    content: bytes
    height: int
    width: int


class _Files:
    """The files of a set's shards, each opened once for all threads and closed with the last who reads it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._handles: dict[int, int] = {}
        self._lock = threading.Lock()

    def handle(self, number: int) -> int:
        """The handle of a shard's file."""
        with self._lock:
            if number not in self._handles:
                self._handles[number] = os.open(_record_path(self._folder, number), os.O_RDONLY)
            return self._handles[number]

    def __del__(self) -> None:
        for handle in self._handles.values():
            os.close(handle)


class Shards:
    """One set's photos: what is known of each (``photos``, ``heights``, ``widths``), and their bytes."""

    def __init__(self, folder: Path, photos: Photos, indexes: list[Any]) -> None:
        """``photos``: the whole set's; ``indexes``: what `_write_shard` wrote, shard by shard."""
        columns = {name: np.concatenate([index[name] for index in indexes]) for name in _COLUMNS}
        columns["shard"] = np.repeat(np.arange(len(indexes)), [len(index["rows"]) for index in indexes])
        self._columns: dict[str, Ints] = columns
        self._files = _Files(folder)
        self.photos = photos.take(columns["rows"])
        self.skipped = [
            Skipped(photo_id, reason)
            for index in indexes
            for photo_id, reason in zip(index["skipped"].tolist(), index["reasons"].tolist(), strict=True)
        ]

    def subset(self, rows: Ints) -> "Shards":
        """Some of the photos, in the order given."""
        some = copy.copy(self)
        some._columns = {name: column[rows] for name, column in self._columns.items()}
        some.photos = self.photos.take(rows)
        return some

    @property
    def heights(self) -> Ints:
        """Of each photo, in pixels."""
        return self._columns["heights"]

    @property
    def widths(self) -> Ints:
        """Of each photo, in pixels."""
        return self._columns["widths"]

    def __len__(self) -> int:
        return len(self.photos)

    def read(self, row: int) -> bytes:
        """Return a photo as a JPEG file. Several threads may read at once."""
        length, offset = int(self._columns["lengths"][row]), int(self._columns["offsets"][row])
        return os.pread(self._files.handle(int(self._columns["shard"][row])), length, offset)

    @property
    def digest(self) -> str:
        """SHA-256 of which photos these are, in their order: another digest means other training."""
        return hashlib.sha256(self.photos.photo_ids.tobytes()).hexdigest()


def make_shards(
    snapshot: Snapshot,
    set_name: str,
    images: Path,
    folder: Path,
    settings: Data,
    say: Callable[[str], None] = print,
) -> Shards:
    """Give one set's shards, making those that are not there yet; a killed run loses one shard at most.

    A shard that lacks a photo which has come since is made again.

    A photo that is missing or broken is left out and named in ``skipped``. DataError if the folder holds
    shards of another snapshot or size, or if no photo of the set can be read.
    """
    _claim(folder, snapshot, settings)
    photos = snapshot.photos(set_name)
    target = folder / set_name
    target.mkdir(exist_ok=True)
    indexes = []
    with (
        ThreadPoolExecutor(os.cpu_count()) as pool,
        bar(f"shards: {set_name}", len(photos), unit="photos") as shown,
    ):
        for number, start in enumerate(range(0, len(photos), SHARD_PHOTOS)):
            if not _is_up_to_date(target, number, images):
                rows = range(start, min(start + SHARD_PHOTOS, len(photos)))
                prepared = pool.map(lambda row: _prepare(photos, row, images, settings), rows)
                _write_shard(target, number, shown.over(prepared))
                say(f"shards: {set_name}, {rows.stop:,} of {len(photos):,} photos")
            with np.load(_index_path(target, number)) as index:
                indexes.append(dict(index))
    (target / _WHOLE).touch()
    for leftover in target.glob("*.part"):  # of killed runs
        leftover.unlink()
    if not any(len(index["rows"]) for index in indexes):
        raise DataError(
            f"{images}: no readable photo of {set_name}_data.csv; fetch them, or give their folder"
        )
    return Shards(target, photos, indexes)


def open_shards(snapshot: Snapshot, set_name: str, folder: Path, settings: Data) -> Shards:
    """One set's shards that are there. DataError if they are not all there."""
    _claim(folder, snapshot, settings)
    photos = snapshot.photos(set_name)
    target = folder / set_name
    indexes = []
    for number in range(-(-len(photos) // SHARD_PHOTOS)):
        try:
            with np.load(_index_path(target, number)) as index:
                indexes.append(dict(index))
        except OSError:
            raise DataError(f"{target}: shard {number} is missing; run fit again, it makes them") from None
    return Shards(target, photos, indexes)


def forget_shards(folder: Path) -> None:
    """Let whoever waits for shards wait until they are looked through anew: photos may have come."""
    for path in folder.glob(f"*/{_WHOLE}"):
        path.unlink(missing_ok=True)


def wait_for_shards(snapshot: Snapshot, set_name: str, folder: Path, settings: Data) -> Shards:
    """Give one set's shards, when another process has made them. DataError if that process has died."""
    wait_for(lambda: (folder / set_name / _WHOLE).is_file(), folder)
    return open_shards(snapshot, set_name, folder, settings)


def _claim(folder: Path, snapshot: Snapshot, settings: Data) -> None:
    """Make the folder the shards of this snapshot at this size, or find that it is."""
    selected = {
        "snapshot": snapshot.digest,
        "short_side": settings.short_side,
        "jpeg_quality": settings.jpeg_quality,
        "shard_photos": SHARD_PHOTOS,
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / _NAME
    if not path.is_file():
        write_json(path, selected)
    result = read_json(path, "delete the folder")
    if result != selected:
        changed = ", ".join(key for key in selected if result.get(key) != selected[key])
        raise DataError(f"{folder}: shards of another {changed}; give another --shards, or delete the folder")


def _is_up_to_date(target: Path, number: int, images: Path) -> bool:
    """Whether a shard is there, and no photo that it lacks has come since it was made."""
    path = _index_path(target, number)
    if not path.is_file():
        return False
    with np.load(path) as index:
        skipped = zip(index["skipped"].tolist(), index["reasons"].tolist(), strict=True)
        return not any(_has_come(images, photo_id, reason, path) for photo_id, reason in skipped)


def _has_come(images: Path, photo_id: int, reason: str, index: Path) -> bool:
    try:
        changed = image_path(images, photo_id).stat().st_mtime_ns
    except OSError:
        return False
    return reason == _MISSING or changed > index.stat().st_mtime_ns


def _prepare(photos: Photos, row: int, images: Path, settings: Data) -> _Entry | Skipped:
    photo_id = int(photos.photo_ids[row])
    try:
        return _Entry(row, *small_photo(image_path(images, photo_id).read_bytes(), settings))
    except FileNotFoundError:
        return Skipped(photo_id, _MISSING)
    except ImageError as error:
        return Skipped(photo_id, str(error))


def small_photo(content: bytes, settings: Data) -> tuple[bytes, int, int]:
    """A photo as shards hold it: a JPEG file, its height and width. ImageError if it cannot be used."""
    image = open_image(content, settings.short_side)
    check_shape(image)
    image = _shrink(image, settings.short_side)
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=settings.jpeg_quality)
    return stream.getvalue(), image.height, image.width


def _shrink(image: Image.Image, short_side: int) -> Image.Image:
    """Make the short side that long; a photo that is smaller stays as it is."""
    scale = short_side / min(image.size)
    if scale >= 1:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _write_shard(target: Path, number: int, prepared: Iterator[_Entry | Skipped]) -> None:
    """Write the records, then their index: with it the shard is whole."""
    entries: list[tuple[int, int, int, int]] = []
    skipped: list[Skipped] = []
    path = _record_path(target, number)
    temporary = path.with_suffix(f".{os.getpid()}.part")
    try:
        with tf.io.TFRecordWriter(str(temporary)) as writer:
            for item in prepared:
                if isinstance(item, Skipped):
                    skipped.append(item)
                else:
                    writer.write(item.content)
                    entries.append((item.row, len(item.content), item.height, item.width))
    except tf.errors.OpError as error:
        temporary.unlink(missing_ok=True)
        raise DataError(f"{path}: {error.message}; free what it needs and run again") from None
    temporary.rename(path)
    table = np.array(entries, dtype=np.int64).reshape(-1, 4)
    lengths = table[:, 1]
    ends = np.cumsum(lengths + _HEAD + _TAIL)
    with whole_file(_index_path(target, number)) as stream:
        np.savez(
            stream,
            rows=table[:, 0],
            lengths=lengths,
            offsets=ends - lengths - _TAIL,
            heights=table[:, 2],
            widths=table[:, 3],
            skipped=np.array([item.photo_id for item in skipped], dtype=np.int64),
            reasons=np.array([item.reason for item in skipped], dtype=np.str_),
        )


def _record_path(folder: Path, number: int) -> Path:
    return folder / f"{number:05}.tfrecord"


def _index_path(folder: Path, number: int) -> Path:
    return folder / f"{number:05}.npz"
