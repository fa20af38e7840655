"""The whole path on a miniature, and what a run says when its data are wrong."""

import json
import tomllib
from pathlib import Path

import numpy as np
import pytest

from tests.trainer.world import World, seal, small_config, write_world
from trainer.config import Config
from trainer.errors import DataError
from trainer.evaluate import evaluate
from trainer.fit import fit


def quiet(message: str) -> None:
    """Tell nobody."""


def newest(run: Path) -> dict[str, np.ndarray]:
    with np.load(max((run / "checkpoints").glob("*.npz"))) as arrays:
        return {name: arrays[name] for name in arrays.files if name != "progress"}


def train(world: World, run: Path, config: Config | None = None, **options: object) -> list[str]:
    """Fit, and give what was told."""
    recorded: list[str] = []
    fit(config or small_config(), world.snapshot_folder, world.images, run, say=recorded.append, **options)
    return recorded


def same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    return one.keys() == other.keys() and all(
        np.array_equal(one[name], other[name], equal_nan=True) for name in one
    )


def test_fit_leaves_the_config_as_it_was_resolved_and_its_progress(world: World, tmp_path: Path) -> None:
    train(world, tmp_path / "run", small_config("training.epochs=1"))
    config = tomllib.loads((tmp_path / "run" / "config.toml").read_text())
    assert Config.model_validate(config, strict=False) == small_config("training.epochs=1")
    progress = json.loads((tmp_path / "run" / "progress.json").read_text())
    assert (progress["step"], progress["steps"], progress["epoch"], progress["epochs"]) == (6, 6, 1, 1)
    assert progress["is_simulated"] is True
    assert progress["machine"]["precision"] == "float32"
    [entry] = progress["history"]
    assert entry.keys() == {"epoch", "loss", "top1", "learning_rate", "val_loss", "val_top1"}


def test_a_miniature_learns_what_tells_the_classes_apart(world: World, tmp_path: Path) -> None:
    train(world, tmp_path / "run", small_config("training.epochs=8", "training.learning_rate=0.01"))
    results = evaluate(tmp_path / "run", say=quiet)
    assert results["overall"]["images"] == 16
    assert results["overall"]["top1_low"] > 0.25


def test_the_same_seed_gives_the_same_bits_and_another_does_not(world: World, tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        train(world, tmp_path / name, small_config(f"seed={seed}", "training.epochs=1"))
    assert same(newest(tmp_path / "a"), newest(tmp_path / "b"))
    assert not same(newest(tmp_path / "a"), newest(tmp_path / "c"))


def test_photos_missing_or_broken_are_counted_named_and_skipped(own_world: World, tmp_path: Path) -> None:
    own_world.image(1).unlink()
    own_world.image(2).write_bytes(own_world.image(2).read_bytes()[:300])
    own_world.image(3).write_text("<html>no photo</html>")
    recorded = train(own_world, tmp_path / "run", small_config("training.epochs=1"))
    assert (tmp_path / "run" / "skipped.csv").read_text().splitlines() == [
        "set,photo_id,reason",
        "train,1,missing",
        "train,2,broken or cut short",
        'train,3,"not an image (JPEG, PNG, GIF, WEBP)"',
    ]
    assert any("3 photos missing or broken, skipped" in line for line in recorded)


def test_a_class_without_validation_photos_is_told_and_does_no_harm(own_world: World, tmp_path: Path) -> None:
    path = own_world.snapshot_folder / "val_data.csv"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if ",301," not in line))
    seal(own_world.snapshot_folder)
    recorded = train(own_world, tmp_path / "run", small_config("training.epochs=1"))
    assert "fit: no val photo of Apis mellifera" in recorded
    assert evaluate(tmp_path / "run", say=quiet)["overall"]["images"] == 16


def test_one_class_is_refused_in_one_line(own_world: World, tmp_path: Path) -> None:
    path = own_world.snapshot_folder / "taxonomy.csv"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:6]))
    seal(own_world.snapshot_folder)
    with pytest.raises(DataError, match=r"taxonomy.csv: 1 class; a classifier needs at least two"):
        train(own_world, tmp_path / "run")


def test_classes_without_readable_photos_are_as_good_as_none(own_world: World, tmp_path: Path) -> None:
    for photo_id in range(1, 49):
        if photo_id % 4 != 1:
            own_world.image(photo_id).unlink()
    with pytest.raises(DataError, match="fewer than two classes have readable training photos"):
        train(own_world, tmp_path / "run")


def test_no_photos_at_all(tmp_path: Path) -> None:
    empty = write_world(tmp_path / "world", with_images=False)
    with pytest.raises(DataError, match=r"images: no readable photo of train_data.csv; fetch them"):
        train(empty, tmp_path / "run")


def test_a_batch_larger_than_the_training_set_is_refused(world: World, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="48 training photos are fewer than a batch of 64"):
        train(world, tmp_path / "run", small_config("training.batch_size=64"))


def test_a_run_keeps_its_snapshot_and_its_config(world: World, own_world: World, tmp_path: Path) -> None:
    run = tmp_path / "run"
    train(world, run, small_config("training.epochs=1"))
    with pytest.raises(DataError, match=r"config differs \(training.epochs: 1, now 2\); give a new --run"):
        train(world, run, small_config())
    (own_world.snapshot_folder / "manifest.json").write_bytes(
        (own_world.snapshot_folder / "manifest.json").read_bytes() + b" "
    )
    with pytest.raises(DataError, match="a run of another snapshot"):
        train(own_world, run, small_config("training.epochs=1"))
    train(world, run, small_config(), accept_changes=True)
    assert json.loads((run / "progress.json").read_text())["epoch"] == 2


def test_a_loss_that_is_no_number_stops_and_keeps_the_last_good_checkpoint(
    world: World, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    train(world, run, small_config("training.epochs=1"))
    before = newest(run)
    wild = small_config("training.learning_rate=1e30", "training.epochs=3")
    with pytest.raises(
        DataError, match=r"not a number between steps 6 and 8; the checkpoint of step 6 is kept"
    ):
        train(world, run, wild, accept_changes=True)
    assert same(newest(run), before)
