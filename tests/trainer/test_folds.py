"""Out-of-sample probabilities of training photos."""

import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from tests.trainer.test_fit import quiet, train
from tests.trainer.world import World, small_config
from trainer.errors import DataError
from trainer.evaluate import evaluate
from trainer.folds import Kept, cross_validate, find_label_issues, fold_numbers
from trainer.runs import Run, begin_run
from trainer.shards import Shards, make_shards


@pytest.fixture
def run(world: World, tmp_path: Path) -> Run:
    return begin_run(
        small_config("training.epochs=1"), world.snapshot_folder, tmp_path / "run", None, accept_changes=False
    )


@pytest.fixture
def shards(run: Run, world: World) -> Shards:
    return make_shards(run.snapshot, "train", world.images, run.shards, run.config.data, lambda line: None)


def validate(run: Run, shards: Shards, folds: int) -> np.ndarray:
    """What each photo's network said of it, (photos, classes)."""
    logs = np.full((len(shards), 4), np.nan)

    def take(rows: np.ndarray, some: np.ndarray) -> None:
        logs[rows] = some

    cross_validate(run, shards, folds, take, say=lambda line: None)
    return logs


def test_an_observation_is_in_one_fold_and_folds_are_even() -> None:
    ids = np.arange(10_000)
    numbers = fold_numbers(ids, 5, seed=1)
    assert np.allclose(np.bincount(numbers), 2000, atol=150)
    assert np.array_equal(fold_numbers(ids[::-1], 5, seed=1), numbers[::-1])


def test_a_network_for_each_fold_and_a_rerun_trains_nothing(run: Run, shards: Shards) -> None:
    logs = validate(run, shards, 2)
    assert np.allclose(np.exp(logs).sum(axis=1), 1)
    numbers = fold_numbers(shards.photos.observation_ids, 2, run.config.seed)
    photos = [
        json.loads(path.read_text())["steps"] for path in sorted(run.folder.glob("folds/*/progress.json"))
    ]
    assert photos == [np.sum(numbers != fold) // 8 for fold in range(2)]
    times = [path.stat().st_mtime_ns for path in sorted(run.folder.glob("folds/*/checkpoints/*"))]
    assert np.array_equal(validate(run, shards, 2), logs)
    assert times == [path.stat().st_mtime_ns for path in sorted(run.folder.glob("folds/*/checkpoints/*"))]


def test_what_was_found_in_training_joins_the_results(world: World, tmp_path: Path) -> None:
    train(world, tmp_path / "run", small_config("training.epochs=1"))
    number = find_label_issues(tmp_path / "run", 2, say=quiet)
    assert number > 0
    results = evaluate(tmp_path / "run", say=quiet)
    in_training = [row for row in results["label_issues"] if row["photo_id"] <= 48]
    assert len(in_training) == number
    assert results["label_issues"] == sorted(
        results["label_issues"], key=lambda row: (-row["score"], row["photo_id"])
    )
    assert results["label_issues_from"] == [
        {"method": "plain", "sets": ["train"], "folds": 2, "photos": 48},
        {"method": "plain", "sets": ["val", "test"], "photos": 28},
    ]


def test_what_is_kept_of_a_photo_does_not_grow_with_the_classes() -> None:
    """5,000 photos in batches of 50: of 20 classes and of 2,000, whose table would take 80 MB."""
    peaks = []
    for classes in (20, 2000):
        labels = np.arange(5000) % classes
        tracemalloc.start()
        kept = Kept(labels)
        for start in range(0, 5000, 50):
            rows = np.arange(start, start + 50)
            kept.take(rows[::-1], np.log(np.full((50, classes), 1 / classes)))
        result = kept.outcomes()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert np.array_equal(result.labels, labels)
    assert peaks[1] < peaks[0] + 50 * 2000 * 8 * 8  # a batch, and what is worked out of it


def test_more_folds_than_photos(run: Run, shards: Shards) -> None:
    with pytest.raises(DataError, match="48 training photos are too few for 60 folds; take fewer"):
        validate(run, shards, 60)
