"""Heartbeats to a portal that is there, away, or unwilling: training goes on."""

import json
from pathlib import Path

import pytest

from tests.trainer.portal import Request, answer_json, serve
from tests.trainer.test_fit import quiet, train
from tests.trainer.world import World
from trainer import heartbeats
from trainer.__main__ import main
from trainer.errors import DataError
from trainer.evaluate import evaluate
from trainer.heartbeats import Portal, heartbeat
from trainer.report import report

PROGRESS = {
    "step": 7,
    "steps": 12,
    "epoch": 1.17,
    "epochs": 2,
    "images_per_second": None,
    "seconds": 3.5,
    "seconds_left": None,
    "loss": None,
    "history": [],
    "machine": {"precision": "float32", "device": "x" * 150, "devices": 1},
    "is_simulated": True,
}


@pytest.fixture
def token(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text("secret")
    return path


def accept(request: Request) -> tuple:
    return answer_json(200, {"id": 7})


def entry(epoch: int) -> dict:
    names = ("loss", "top1", "val_loss", "val_top1", "learning_rate")
    return {"epoch": epoch, **dict.fromkeys(names, 0.5), "other": 1}


def test_what_is_not_known_yet_is_left_out() -> None:
    assert heartbeat(PROGRESS) == {
        "epoch": 1,
        "epochs": 2,
        "step": 7,
        "steps": 12,
        "seconds": 3.5,
        "precision": "float32",
        "device": "x" * 100,
        "history": [],
    }


def test_long_curves_are_thinned_and_end_with_the_last_epoch() -> None:
    recorded = heartbeat(PROGRESS | {"history": [entry(n) for n in range(1, 1201)]})["history"]
    assert [one["epoch"] for one in recorded] == list(range(3, 1201, 3))
    assert recorded[-1] == {name: value for name, value in entry(1200).items() if name != "other"}


def test_a_run_is_made_told_of_and_reported_as_one(
    world: World, tmp_path: Path, token: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeats, "PAUSE_S", 0.0)
    run = tmp_path / "run"
    with serve(accept) as portal:
        train(world, run, portal=Portal(portal.url, token))
        evaluate(run, say=quiet)
        report(run, portal.url, token)
    create, *beats, put = portal.requests
    assert (create.method, create.path) == ("POST", "/api/v1/training-runs/")
    assert create.json()["snapshot_digest"] == world.snapshot().digest
    assert {beat.path for beat in beats} == {"/api/v1/training-runs/7/heartbeat/"}
    assert len(beats) >= 2
    last = beats[-1].json()
    assert (last["step"], last["steps"], last["epoch"], last["epochs"]) == (12, 12, 2, 2)
    assert [one["epoch"] for one in last["history"]] == [1, 2]
    assert (put.method, put.path) == ("PUT", "/api/v1/training-runs/7/results/")


def test_a_portal_that_is_away_costs_one_line(
    world: World, tmp_path: Path, token: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeats, "PAUSE_S", 0.0)
    with serve(lambda request: answer_json(503, {"detail": "not now"})) as portal:
        recorded = train(world, tmp_path / "run", portal=Portal(portal.url, token))
    assert sum("the portal does not hear of it, training goes on" in line for line in recorded) == 1
    progress = json.loads((tmp_path / "run" / "progress.json").read_text())
    assert (progress["step"], len(progress["history"])) == (12, 2)


def test_a_token_file_that_is_none_is_told_before_training(world: World, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="give the file of a trainer's token"):
        train(world, tmp_path / "run", portal=Portal("http://127.0.0.1:1", tmp_path / "none"))


def test_a_portal_without_a_token_is_a_request_that_is_wrong(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--snapshot", str(world.snapshot_folder), "--images", str(world.images), "--run", str(tmp_path)]
    config = ["--config", "trainer/configs/miniature.toml"]
    assert main(["fit", *config, *where, "--portal", "http://127.0.0.1:1"]) == 1
    assert "--portal and --token-file belong together" in capsys.readouterr().err
