"""The results document of a miniature."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.trainer.test_fit import quiet, train
from tests.trainer.world import World, small_config
from trainer.batches import plain_batches
from trainer.errors import DataError
from trainer.evaluate import evaluate
from trainer.metrics import log_softmax
from trainer.predict import load_learner, log_probabilities
from trainer.runs import open_run
from trainer.shards import open_shards


@pytest.fixture(scope="module")
def run(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of one epoch, evaluated."""
    folder = tmp_path_factory.mktemp("evaluated") / "run"
    train(world, folder, small_config("training.epochs=1"))
    evaluate(folder, tell=quiet)
    return folder


def results(run: Path) -> dict:
    return json.loads((run / "results.json").read_text())


def test_every_part_of_the_contract_is_there(run: Path) -> None:
    document = results(run)
    assert {"top1", "top5", "mean_class_top1", "expected_calibration_error"} <= document["overall"].keys()
    wanted = {
        "snapshot_digest",
        "config",
        "precision",
        "device",
        "images_per_second",
        "epochs",
        "wall_seconds",
    }
    assert wanted <= document["run"].keys()
    assert document["run"]["is_simulated"] is True
    assert [row["taxon_id"] for row in document["taxa"]] == [201, 202, 301, 302]
    assert {row["images"] for row in document["taxa"]} == {4}
    assert document["run"]["photos"] == {"train": 48, "val": 12, "test": 16}


def test_the_figures_agree_with_each_other(run: Path) -> None:
    document = results(run)
    right = sum(round(row["top1"] * row["images"]) for row in document["taxa"])
    assert document["overall"]["top1"] == right / 16
    assert sum(row["count"] for row in document["confusions"]) == 16 - right
    assert sum(row["images"] for row in document["reliability"]) == 16
    [family] = [row for row in document["clades"] if row["name"] == "Apidae"]
    assert (family["classes"], family["images"], family["top1"]) == (4, 16, document["overall"]["top1"])
    [genus] = document["ranks"]
    assert (genus["rank"], genus["groups"]) == ("genus", 2)
    assert genus["top1"] >= document["overall"]["top1"]


def test_label_issues_are_of_held_out_photos_most_suspect_first(run: Path) -> None:
    document = results(run)
    issues = document["label_issues"]
    assert issues == sorted(issues, key=lambda row: (-row["score"], row["photo_id"]))
    assert all(row["photo_id"] > 48 and row["observation_id"] == 1000 + row["photo_id"] for row in issues)
    assert all(row["label_taxon_id"] != row["suggested_taxon_id"] for row in issues)
    assert document["label_issues_from"] == [{"method": "plain", "sets": ["val", "test"], "photos": 28}]


def test_evaluating_again_gives_the_same_document(run: Path) -> None:
    before = (run / "results.json").read_bytes()
    evaluate(run, tell=quiet)
    assert (run / "results.json").read_bytes() == before


def test_places_tell_the_classes_apart_when_they_live_apart(run: Path) -> None:
    document = results(run)
    assert document["with_prior"]["weight"] > 0
    assert document["with_prior"]["log_loss"] < document["overall"]["log_loss"]


@pytest.mark.parametrize("views", [2, 10])
def test_views_of_a_photo_are_averaged(run: Path, views: int) -> None:
    opened = open_run(run)
    learner, _, _ = load_learner(opened)
    shards = open_shards(opened.snapshot, "test", opened.shards, opened.config.data)
    rows = np.arange(len(shards))
    one_by_one = []
    for view in range(views):
        batches = plain_batches(shards, rows, opened.config, view, 0.75)
        one_by_one.append(
            np.concatenate([np.exp(log_softmax(learner.logits(batch[0]).numpy())) for batch in batches])
        )
    config = small_config(f"evaluation.views={views}")
    found = [np.exp(logs) for _, logs in log_probabilities(learner, shards, rows, config, 0.75)]
    assert np.allclose(np.concatenate(found), np.mean(one_by_one, axis=0), atol=1e-6)
    assert not np.allclose(one_by_one[0], one_by_one[1])


def test_comparison_with_itself_finds_no_difference(run: Path, tmp_path: Path) -> None:
    previous = tmp_path / "previous.json"
    previous.write_bytes((run / "results.json").read_bytes())
    compared = evaluate(run, previous=previous, tell=quiet)["compared"]
    assert compared["top1"] == compared["previous_top1"]
    assert [row["taxon_id"] for row in compared["taxa"]] == [201, 202, 301, 302]
    assert {(row["difference"], row["p_value"], row["q_value"]) for row in compared["taxa"]} == {
        (0.0, 1.0, 1.0)
    }
    evaluate(run, tell=quiet)


def test_a_run_without_checkpoint_is_refused(world: World, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="give the folder of a run that fit has begun"):
        open_run(tmp_path)
