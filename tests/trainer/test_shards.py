"""Shards: made once, read in any order."""

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.trainer.world import World, jpeg, small_config, write_world
from trainer import shards as module
from trainer.errors import DataError
from trainer.shards import Shards, forget_shards, make_shards, open_shards, wait_for_shards
from trainer.waiting import working


def make(world: World, folder: Path, *changes: str) -> Shards:
    return make_shards(
        world.snapshot(), "train", world.images, folder, small_config(*changes).data, say=lambda line: None
    )


@pytest.fixture(autouse=True)
def few_in_a_shard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SHARD_PHOTOS", 10)


def test_each_photo_comes_back_small_and_in_its_place(own_world: World, tmp_path: Path) -> None:
    own_world.image(7).write_bytes(jpeg(2, 7, size=(200, 100)))
    own_world.image(8).write_bytes(jpeg(3, 8, size=(30, 90)))
    shards = make(own_world, tmp_path / "shards")
    assert shards.photos.photo_ids.tolist() == list(range(1, 49))
    assert (shards.heights[6], shards.widths[6]) == (40, 80)
    assert (shards.heights[7], shards.widths[7]) == (90, 30)
    for row in (0, 6, 7, 47):
        with Image.open(io.BytesIO(shards.read(row))) as image:
            assert image.size == (shards.widths[row], shards.heights[row])
            middle = np.asarray(image.convert("RGB"), dtype=float).mean(axis=(0, 1))
        with Image.open(own_world.image(row + 1)) as image:
            assert np.allclose(middle, np.asarray(image, dtype=float).mean(axis=(0, 1)), atol=6)


def test_shards_are_tfrecord_files_that_others_read(world: World, tmp_path: Path) -> None:
    shards = make(world, tmp_path / "shards")
    records = list(tf.data.TFRecordDataset(str(tmp_path / "shards" / "train" / "00001.tfrecord")))
    assert [record.numpy() for record in records] == [shards.read(row) for row in range(10, 20)]


def test_what_is_there_is_not_made_again(own_world: World, tmp_path: Path) -> None:
    make(own_world, tmp_path / "shards")
    last = tmp_path / "shards" / "train" / "00004.npz"
    last.unlink()
    for photo_id in range(1, 41):
        own_world.image(photo_id).unlink()
    assert len(make(own_world, tmp_path / "shards")) == 48


def test_photos_left_out_leave_no_gap(own_world: World, tmp_path: Path) -> None:
    own_world.image(3).unlink()
    shards = make(own_world, tmp_path / "shards")
    assert shards.photos.photo_ids[:3].tolist() == [1, 2, 4]
    assert [(one.photo_id, one.reason) for one in shards.skipped] == [(3, "missing")]


def test_a_subset_reads_its_own_photos(world: World, tmp_path: Path) -> None:
    shards = make(world, tmp_path / "shards")
    some = shards.subset(np.array([30, 2]))
    assert some.photos.photo_ids.tolist() == [31, 3]
    assert [some.read(0), some.read(1)] == [shards.read(30), shards.read(2)]
    assert (len(some), some.heights.tolist()) == (2, [40, 40])


def test_shards_of_another_snapshot_or_size_are_refused(world: World, tmp_path: Path) -> None:
    make(world, tmp_path / "shards")
    with pytest.raises(DataError, match="shards of another short_side; give another --shards"):
        make(world, tmp_path / "shards", "data.short_side=44")
    other = write_world(tmp_path / "other", sizes={"train": 8, "val": 4, "test": 4})
    with pytest.raises(DataError, match="shards of another snapshot"):
        make(other, tmp_path / "shards")


def test_opening_what_is_not_all_there(world: World, tmp_path: Path) -> None:
    make(world, tmp_path / "shards")
    (tmp_path / "shards" / "train" / "00002.npz").unlink()
    with pytest.raises(DataError, match="shard 2 is missing; run fit again"):
        open_shards(world.snapshot(), "train", tmp_path / "shards", small_config().data)


def test_photos_that_show_nothing_are_skipped_by_name(own_world: World, tmp_path: Path) -> None:
    own_world.image(2).write_bytes(jpeg(1, 2, size=(1, 1)))
    own_world.image(4).write_bytes(jpeg(3, 4, size=(2000, 20)))
    shards = make(own_world, tmp_path / "shards")
    assert [(one.photo_id, one.reason) for one in shards.skipped] == [
        (2, "too small (1 x 1 pixels)"),
        (4, "too narrow (2000 x 20 pixels)"),
    ]


def test_a_photo_that_comes_later_joins_its_shard_and_no_other_is_made_again(
    own_world: World, tmp_path: Path
) -> None:
    """Number 3 was missing and number 25 broken; number 44 stays missing."""
    contents = {photo_id: own_world.image(photo_id).read_bytes() for photo_id in (3, 25, 44)}
    own_world.image(25).write_bytes(contents[25][:200])
    for photo_id in (3, 44):
        own_world.image(photo_id).unlink()
    before = make(own_world, tmp_path / "shards")
    times = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "shards" / "train").iterdir()}
    for photo_id in (3, 25):
        own_world.image(photo_id).write_bytes(contents[photo_id])
    after = make(own_world, tmp_path / "shards")
    assert [one.photo_id for one in before.skipped] == [3, 25, 44]
    assert [one.photo_id for one in after.skipped] == [44]
    assert after.photos.photo_ids.tolist() == [number for number in range(1, 49) if number != 44]
    assert before.digest != after.digest
    changed = {
        path.name
        for path in (tmp_path / "shards" / "train").iterdir()
        if path.suffix != "" and path.stat().st_mtime_ns != times[path.name]
    }
    assert changed == {"00000.npz", "00000.tfrecord", "00002.npz", "00002.tfrecord"}


def test_a_worker_waits_until_the_shards_of_an_earlier_run_are_looked_through(
    own_world: World, tmp_path: Path
) -> None:
    """Photo 3 came between two runs: all workers train with it, or none."""
    content = own_world.image(3).read_bytes()
    own_world.image(3).unlink()
    folder, settings = tmp_path / "shards", small_config().data
    make(own_world, folder)
    own_world.image(3).write_bytes(content)
    forget_shards(folder)
    with ThreadPoolExecutor(1) as pool, working(folder):
        waiting = pool.submit(wait_for_shards, own_world.snapshot(), "train", folder, settings)
        with pytest.raises(TimeoutError):
            waiting.result(timeout=1.5)
        made = make(own_world, folder)
        assert waiting.result(timeout=60).digest == made.digest
    assert 3 in made.photos.photo_ids


def test_several_threads_read_what_one_reads(world: World, tmp_path: Path) -> None:
    shards = make(world, tmp_path / "shards")
    rows = list(range(48)) * 20
    with ThreadPoolExecutor(8) as pool:
        result = list(pool.map(shards.read, rows))
    assert result == [shards.read(row) for row in rows]
