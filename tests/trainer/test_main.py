"""The command line: exit codes and messages."""

import errno
import json
from pathlib import Path

import pytest

from tests.trainer.portal import answer_json, serve
from tests.trainer.world import World
from trainer import checkpoints, decide
from trainer.__main__ import main
from trainer.commands import fetch

SMALL = (
    "data.image_size=32",
    "data.short_side=40",
    "training.batch_size=8",
    "training.epochs=1",
)


def fit_arguments(world: World, run: Path) -> list[str]:
    where = ["--snapshot", world.snapshot_folder, "--images", world.images, "--run", run]
    changes = [word for change in SMALL for word in ("--set", change)]
    return ["fit", "--config", "trainer/configs/miniature.toml", *map(str, where), *changes]


def test_the_whole_path(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, token = tmp_path / "run", tmp_path / "token"
    token.write_text("secret")
    assert main(fit_arguments(world, run)) == 0
    assert main(["evaluate", "--run", str(run)]) == 0
    assert main(["export", "--run", str(run), "--format", "keras"]) == 0
    photo = str(world.image(60))
    capsys_before = capsys.readouterr().out
    assert main(["predict", photo, "--run", str(run), "--format", "json", "--lat", "10", "--lon", "5"]) == 0
    [said] = json.loads(capsys.readouterr().out)
    assert (said["photo"], said["with_place"], said["answer"]["accuracy"]) == (photo, True, 0.95)
    assert sum(row["probability"] for row in said["classes"]) == pytest.approx(1)
    with serve(lambda request: answer_json(201, {"id": 3})) as portal:
        assert main(["report", "--run", str(run), "--portal", portal.url, "--token-file", str(token)]) == 0
    assert portal.requests[1].json() == json.loads((run / "results.json").read_text())
    recorded = capsys_before + capsys.readouterr().out
    assert "fit: epoch 1 of 1: loss" in recorded
    assert "evaluate: 16 test photos: top-1" in recorded
    assert f"{run / 'model.keras'}\n" in recorded
    assert f"has the results of {run} as training run 3" in recorded


def test_a_wrong_request_is_one_line_and_exit_code_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "--run", str(tmp_path)]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == (
        f"trainer: {tmp_path / 'run.json'}: No such file or directory;"
        " give the folder of a run that fit has begun\n"
    )


def test_a_full_disk_is_one_line(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run" / "checkpoints"

    def full(*arguments: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(folder))

    monkeypatch.setattr(checkpoints, "save", full)
    assert main(fit_arguments(world, tmp_path / "run")) == 1
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"trainer: {folder}: No space left on device; free what it needs and run again"
    )
    monkeypatch.undo()
    assert main(fit_arguments(world, tmp_path / "run")) == 0


def test_ctrl_c_says_how_to_go_on(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(fetch, "fetch", stop)
    assert main(["fetch", str(world.snapshot_folder), "--images", str(tmp_path / "images")]) == 1
    assert capsys.readouterr().err == "trainer: stopped; run the same command again to go on\n"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--lat", "3"], "--lat and --lon belong together: give both, or neither"),
        (["--date", "2026-05-01"], "--date counts with a place alone: give --lat and --lon too"),
        (["--lat", "95", "--lon", "3"], "--lat is from -90 to 90 and --lon from -180 to 180, in degrees"),
    ],
)
def test_a_place_that_is_none(
    arguments: list[str], reason: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(decide.Decider, "load", lambda folder: None)
    assert main(["predict", "x.jpg", "--run", "x", *arguments]) == 1
    assert capsys.readouterr().err == f"trainer: {reason}\n"


def test_a_plan_fetches_nothing(world: World, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["fetch", str(world.snapshot_folder), "--images", str(tmp_path), "--plan"]) == 0
    assert capsys.readouterr().out == (
        "example.org: 76 photos, 4 MB to 8 MB, at least 0.0 days within its limits\n"
    )
    assert main(["fetch", str(world.snapshot_folder), "--images", str(world.images), "--plan"]) == 0
    assert capsys.readouterr().out == "every photo is there\n"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 MB"),
        (7_600_000, "8 MB"),
        (99_000_000, "99 MB"),
        (140_600_000, "0.14 GB"),
        (99e9, "99.00 GB"),
        (1.156e12, "1.16 TB"),
    ],
)
def test_bytes_have_the_unit_that_suits_them(number: float, text: str) -> None:
    assert fetch._size(number) == text


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["fit"],
        ["export", "--run", "x", "--format", "onnx"],
        ["fly"],
        ["evaluate", "--run", "x", "--part", "3/2"],
        ["predict", "x.jpg", "--run", "x", "--date", "May"],
        ["predict", "x.jpg", "--run", "x", "--accuracy", "0.5"],
    ],
)
def test_wrong_usage_is_exit_code_2(arguments: list[str]) -> None:
    assert main(arguments) == 2
