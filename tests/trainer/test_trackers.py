"""Where curves go besides: MLflow and Weights & Biases stand in for themselves, TensorBoard is real."""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import tensorflow as tf

from tests.trainer.test_fit import quiet
from tests.trainer.world import World, small_config
from trainer.errors import DataError
from trainer.fit import fit
from trainer.runs import Run, begin_run
from trainer.trackers import Trackers

VALUES = {"loss": 0.5, "val_top1": 0.25}


@pytest.fixture
def run(world: World, tmp_path: Path) -> Run:
    return begin_run(small_config(), world.snapshot_folder, tmp_path / "run", None, accept_changes=False)


class Recorder(ModuleType):
    """Stands in for a package: it remembers calls."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.calls: list[tuple[Any, ...]] = []

    def start_run(self, run_id: str | None, run_name: str) -> SimpleNamespace:
        self.calls.append(("start_run", run_id, run_name))
        return SimpleNamespace(info=SimpleNamespace(run_id=run_id or "m1"))

    def log_params(self, params: dict[str, Any]) -> None:
        self.calls.append(("log_params", params["training.epochs"], params["seed"]))

    def log_metrics(self, values: dict[str, float], step: int) -> None:
        self.calls.append(("log_metrics", values, step))

    def end_run(self) -> None:
        self.calls.append(("end_run",))

    def init(self, **options: Any) -> SimpleNamespace:
        self.calls.append(("init", options["id"], options["name"], options["resume"]))
        return SimpleNamespace(
            id=options["id"] or "w1",
            log=lambda values, step: self.calls.append(("log", values, step)),
            finish=lambda: self.calls.append(("finish",)),
        )


def record(name: str, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    package = Recorder(name)
    monkeypatch.setitem(sys.modules, name, package)
    return package


def track(name: str, run: Run) -> None:
    trackers = Trackers([name], run, quiet)
    trackers.log(6, VALUES)
    trackers.end()


def test_mlflow_gets_config_and_curves_and_the_same_run_goes_on(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    mlflow = record("mlflow", monkeypatch)
    track("mlflow", run)
    track("mlflow", run)
    curves = [("log_metrics", VALUES, 6), ("end_run",)]
    assert mlflow.calls == [
        ("start_run", None, "run"),
        ("log_params", 2, 1),
        *curves,
        ("start_run", "m1", "run"),
        *curves,
    ]


def test_weights_and_biases_get_curves_and_the_same_run_goes_on(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    wandb = record("wandb", monkeypatch)
    track("wandb", run)
    track("wandb", run)
    curves = [("log", VALUES, 6), ("finish",)]
    assert wandb.calls == [("init", None, "run", "allow"), *curves, ("init", "w1", "run", "allow"), *curves]


@pytest.mark.parametrize("name", ["mlflow", "wandb", "tensorboard"])
def test_what_is_not_installed_is_one_line(run: Run, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(DataError, match=f"--track {name}: {name} is not installed; pip install"):
        Trackers([name], run, quiet)


def test_a_tracker_that_fails_is_left_out_and_said_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    package = record("mlflow", monkeypatch)
    lines: list[str] = []
    trackers = Trackers(["mlflow"], run, lines.append)

    def fail(values: dict[str, float], step: int) -> None:
        raise ConnectionError("the server is away\nfor long")

    monkeypatch.setattr(package, "log_metrics", fail)
    for step in range(3):
        trackers.log(step, VALUES)
    trackers.end()
    assert lines == ["fit: mlflow takes no more curves of this run (the server is away); training goes on"]


def test_fit_writes_tensorboards_files(world: World, tmp_path: Path) -> None:
    fit(
        small_config(),
        world.snapshot_folder,
        world.images,
        tmp_path / "run",
        track=["tensorboard"],
        say=quiet,
    )
    [path] = (tmp_path / "run" / "tensorboard").glob("events.out.tfevents.*")
    points = [
        (event.step, value.tag)
        for event in tf.compat.v1.train.summary_iterator(str(path))
        for value in event.summary.value
    ]
    tags = {tag for _, tag in points}
    assert {"loss", "top1", "val_loss", "val_top1", "learning_rate", "images_per_second"} <= tags
    assert sorted({step for step, _ in points}) == [6, 12]
