"""Reading a snapshot's folder."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.trainer.world import World, seal, write_world
from trainer.errors import DataError
from trainer.snapshot import read_snapshot


def test_photos_and_classes_as_the_files_have_them(world: World) -> None:
    snapshot = world.snapshot()
    assert snapshot.class_taxon_ids.tolist() == [201, 202, 301, 302]
    photos = snapshot.photos("val")
    assert photos.photo_ids.tolist() == list(range(49, 61))
    assert photos.observation_ids.tolist() == list(range(1049, 1061))
    assert photos.class_ids.tolist() == [0, 1, 2, 3] * 3
    assert snapshot.taxa[302].name == 'Apis "cerana", east'
    assert snapshot.is_simulated


def test_the_tree_above_a_class(world: World) -> None:
    snapshot = world.snapshot()
    assert [taxon.taxon_id for taxon in snapshot.ancestors(301)] == [30, 10, 1]
    assert snapshot.groups_at(20).tolist() == [20, 20, 30, 30]
    assert snapshot.groups_at(30).tolist() == [10, 10, 10, 10]
    assert snapshot.groups_at(40).tolist() == [201, 202, 301, 302]


def test_a_class_above_the_level_stands_for_itself(own_world: World) -> None:
    path = own_world.snapshot_folder / "taxonomy.csv"
    text = path.read_text().replace("10,30,20,,", "10,30,20,2,").splitlines(keepends=True)
    path.write_text("".join(line for line in text if not line.startswith("30,3")))
    seal(own_world.snapshot_folder)
    snapshot = own_world.snapshot()
    assert snapshot.class_taxon_ids.tolist() == [201, 202, 30]
    assert snapshot.groups_at(20).tolist() == [20, 20, 30]


def test_a_changed_file_is_found_out(own_world: World) -> None:
    with (own_world.snapshot_folder / "train_data.csv").open("a") as stream:
        stream.write("1,x,1,0,0,201,201,1\n")
    with pytest.raises(DataError, match=r"train_data.csv: not as its manifest says; write or copy"):
        own_world.snapshot().photos("train")


def test_a_class_that_is_none_is_refused(own_world: World) -> None:
    with (own_world.snapshot_folder / "train_data.csv").open("a") as stream:
        stream.write("1,x,1,4,0,201,201,1\n")
    seal(own_world.snapshot_folder)
    with pytest.raises(DataError, match=r"has a class that is not in taxonomy.csv"):
        own_world.snapshot().photos("train")


def test_a_row_that_is_none_is_refused(own_world: World) -> None:
    with (own_world.snapshot_folder / "train_data.csv").open("a") as stream:
        stream.write("one,x,1,0,0,201,201,1\n")
    seal(own_world.snapshot_folder)
    with pytest.raises(
        DataError, match=r"train_data.csv: .*invalid value 'one'; give the folder of a snapshot"
    ):
        own_world.snapshot().photos("train")


def test_a_folder_that_is_none(world: World) -> None:
    with pytest.raises(
        DataError, match=r"manifest.json: No such file or directory; give the folder of a snapshot"
    ):
        read_snapshot(world.images)


def test_a_manifest_that_names_too_little(own_world: World) -> None:
    path = own_world.snapshot_folder / "manifest.json"
    manifest = json.loads(path.read_text())
    del manifest["files"]["taxonomy.csv"]
    path.write_text(json.dumps(manifest))
    with pytest.raises(DataError, match=r"manifest.json: does not name taxonomy.csv"):
        own_world.snapshot()


def test_taking_some_photos_keeps_their_order(world: World) -> None:
    photos = world.snapshot().photos("test")
    assert photos.take(np.array([3, 0])).photo_ids.tolist() == [64, 61]


def test_licences_are_told_of_photos_that_have_one(world: World) -> None:
    # Of photo n the licence is that of n % 3: CC BY-NC, none, CC0.
    assert world.snapshot().licences([2, 3, 4, 999]) == {2: "cc0", 3: "cc-by-nc"}


def test_a_snapshot_of_an_earlier_version_tells_no_licences(tmp_path: Path) -> None:
    world = write_world(tmp_path)
    path = world.snapshot_folder / "photos.parquet"
    pq.write_table(pa.table({"photo_id": [2, 3]}), path)
    seal(world.snapshot_folder)
    assert world.snapshot().licences([2, 3]) == {}
    path.unlink()
    seal(world.snapshot_folder)
    assert world.snapshot().licences([2, 3]) == {}
