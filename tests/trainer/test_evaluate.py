"""The results document of a miniature."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.trainer.test_fit import quiet, train
from tests.trainer.world import World, seal, small_config
from trainer.batches import plain_batches
from trainer.calibration import Calibration
from trainer.config import CROPS
from trainer.errors import DataError
from trainer.evaluate import evaluate
from trainer.figures import figures, ranks_of
from trainer.metrics import log_softmax
from trainer.predict import load_learner, log_probabilities
from trainer.predictions import Predictions, read_set
from trainer.runs import open_run
from trainer.shards import open_shards


@pytest.fixture(scope="module")
def run(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of one epoch, evaluated."""
    folder = tmp_path_factory.mktemp("evaluated") / "run"
    train(world, folder, small_config("training.epochs=1"))
    evaluate(folder, say=quiet)
    return folder


def results(run: Path) -> dict:
    return json.loads((run / "results.json").read_text())


def about(value: Any) -> Any:
    """The same but for the last bits of its numbers: they depend on how many photos a pass has."""
    if isinstance(value, float):
        return pytest.approx(value, rel=1e-6, abs=1e-9)
    if isinstance(value, dict):
        return {key: about(part) for key, part in value.items()}
    return [about(part) for part in value] if isinstance(value, list) else value


def test_every_part_of_the_contract_is_there(run: Path) -> None:
    document = results(run)
    assert {"top1", "top5", "mean_class_top1", "expected_calibration_error"} <= document["overall"].keys()
    selected = {
        "snapshot_digest",
        "config",
        "precision",
        "device",
        "images_per_second",
        "epochs",
        "wall_seconds",
    }
    assert selected <= document["run"].keys()
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
    evaluate(run, say=quiet)
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
    result = [np.exp(logs) for _, logs in log_probabilities(learner, shards, rows, config, 0.75)]
    assert np.allclose(np.concatenate(result), np.mean(one_by_one, axis=0), atol=1e-6)
    assert not np.allclose(one_by_one[0], one_by_one[1])


def test_comparison_with_itself_finds_no_difference(run: Path, tmp_path: Path) -> None:
    previous = tmp_path / "previous.json"
    previous.write_bytes((run / "results.json").read_bytes())
    (tmp_path / "predictions").symlink_to(run / "predictions")
    compared = evaluate(run, previous=previous, say=quiet)["compared"]
    pairs = compared["pairs"]
    assert (pairs["photos"], pairs["difference"], pairs["p_value"]) == (16, 0.0, 1.0)
    assert pairs["right_only_here"] == pairs["right_only_before"] == 0
    assert compared["top1"] == compared["previous_top1"]
    assert [row["taxon_id"] for row in compared["taxa"]] == [201, 202, 301, 302]
    assert {(row["difference"], row["p_value"], row["q_value"]) for row in compared["taxa"]} == {
        (0.0, 1.0, 1.0)
    }
    evaluate(run, say=quiet)


def test_every_figure_comes_from_the_predictions_that_are_kept(run: Path) -> None:
    """Computed again from the files alone, without the network, they are the same."""
    document, snapshot = results(run), open_run(run).snapshot
    test = Predictions(read_set(run, "test"), snapshot.class_taxon_ids)
    calibration = Calibration(**json.loads((run / "calibration.json").read_text()))
    again = json.loads(json.dumps(figures(test, snapshot, calibration, ranks_of(snapshot))))
    assert again == {name: document[name] for name in again}
    row = test.table.slice(0, 1).to_pylist()[0]
    assert row["probabilities"] == sorted(row["probabilities"], reverse=True)
    assert sorted(row["taxon_ids"]) == [201, 202, 301, 302]
    assert sum(row["probabilities"]) == pytest.approx(1)
    assert (row["continent"], row["month"]) == ("Africa", 6)


def test_figures_by_continent_and_month_add_up(run: Path) -> None:
    document = results(run)
    assert [row["month"] for row in document["months"]] == [6]
    assert {row["continent"] for row in document["continents"]} == {"Africa", "Europe"}
    for rows in (document["continents"], document["months"]):
        assert sum(row["images"] for row in rows) == 16
        right = sum(row["top1"] * row["images"] for row in rows)
        assert right == pytest.approx(document["overall"]["top1"] * 16)


def test_the_crop_is_chosen_on_validation_or_given(run: Path) -> None:
    chosen = results(run)["calibration"]["crop"]
    assert chosen in CROPS
    given = evaluate(
        run, changes=("evaluation.crop=0.5", "evaluation.views=2", "evaluation.prior=false"), say=quiet
    )
    assert (given["calibration"]["crop"], given["calibration"]["views"], given["with_prior"]) == (
        0.5,
        2,
        None,
    )
    assert "answers_with_prior" not in given["calibration"]
    assert evaluate(run, say=quiet)["calibration"]["crop"] == chosen
    with pytest.raises(
        DataError, match=r"--set training.epochs=9: evaluate takes keys of evaluation and hardware"
    ):
        evaluate(run, changes=("training.epochs=9",), say=quiet)
    with pytest.raises(DataError, match=r"--set: evaluation.views: Input should be 1, 2 or 10"):
        evaluate(run, changes=("evaluation.views=3",), say=quiet)


def test_passes_are_shared_out_and_a_killed_one_is_made_again(run: Path) -> None:
    """Passes of five photos: three of validation, four of the test; two processes share them."""
    whole = results(run)
    changes, recorded = ("evaluation.pass_photos=5",), []
    assert evaluate(run, changes=changes, share=(1, 2), say=recorded.append) is None
    assert [line for line in recorded if "photos" in line] == [
        "evaluate: val, 5 of 12 photos",
        "evaluate: val, 12 of 12 photos",
        "evaluate: test, 10 of 16 photos",
        "evaluate: test, 16 of 16 photos",
    ]
    assert evaluate(run, changes=changes, share=(2, 2), say=quiet) is None
    (run / "predictions" / "test-00001.parquet").write_bytes(b"half a file")
    recorded.clear()
    document = evaluate(run, changes=changes, say=recorded.append)
    assert recorded[0] == "evaluate: test, 10 of 16 photos"
    for name in ("overall", "with_prior", "taxa", "ranks", "confusions", "calibration"):
        assert json.loads(json.dumps(document[name])) == about(whole[name])
    evaluate(run, say=quiet)


def test_classes_of_one_genus_have_no_rank_that_divides_them(own_world: World, tmp_path: Path) -> None:
    path = own_world.snapshot_folder / "taxonomy.csv"
    path.write_text(path.read_text().replace("30,301,", "20,301,").replace("30,302,", "20,302,"))
    seal(own_world.snapshot_folder)
    train(own_world, tmp_path / "run", small_config("training.epochs=1", "evaluation.crop=1.0"))
    document = evaluate(tmp_path / "run", say=quiet)
    assert document["ranks"] == []
    assert document["overall"]["images"] == 16


def test_a_run_without_checkpoint_is_refused(world: World, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="give the folder of a run that fit has begun"):
        open_run(tmp_path)
