"""Curves for those who watch many runs: TensorBoard's files, MLflow, Weights & Biases.

Each is used if it is named (``fit --track tensorboard``) and installed; none is needed. What one of them
cannot take costs the training nothing but its curve: it is said once, and training goes on.
"""

import importlib
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import tensorflow as tf

from trainer.errors import DataError
from trainer.files import read_json, write_json
from trainer.runs import Run

#: By name: the package that it needs, and how to get it.
PACKAGES = {
    "tensorboard": ("tensorboard", "pip install tensorboard"),
    "mlflow": ("mlflow", "pip install mlflow-skinny"),
    "wandb": ("wandb", "pip install wandb"),
}
#: In a run's folder: the ids by which the trackers know it, so that going on adds to the same curves.
IDS_NAME = "trackers.json"


class Tracker(Protocol):
    """One place that curves go to."""

    def log(self, step: int, values: dict[str, float]) -> None:
        """Add a point to each curve."""

    def end(self) -> None:
        """Write out what is waiting."""


class Trackers:
    """All trackers of a run."""

    def __init__(self, names: Sequence[str], run: Run, say: Callable[[str], None]) -> None:
        """DataError if one is not installed: before anything is trained."""
        packages = {name: _package(name) for name in dict.fromkeys(names)}
        self._say = say
        self._trackers = {name: _MAKERS[name](package, run) for name, package in packages.items()}

    def log(self, step: int, values: dict[str, float]) -> None:
        """Add a point to each curve of each tracker."""
        self._each(lambda tracker: tracker.log(step, values))

    def end(self) -> None:
        """Write out what is waiting."""
        self._each(lambda tracker: tracker.end())

    def _each(self, act: Callable[[Tracker], None]) -> None:
        for name, tracker in list(self._trackers.items()):
            try:
                act(tracker)
            except Exception as error:  # another's fault is not the training's
                reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
                self._say(f"fit: {name} takes no more curves of this run ({reason}); training goes on")
                del self._trackers[name]


class _TensorBoard:
    def __init__(self, _package: Any, run: Run) -> None:
        self._writer = tf.summary.create_file_writer(str(run.folder / "tensorboard"))

    def log(self, step: int, values: dict[str, float]) -> None:
        with self._writer.as_default(step=step):
            for name, value in values.items():
                tf.summary.scalar(name, value)
        self._writer.flush()

    def end(self) -> None:
        self._writer.close()


class _MLflow:
    def __init__(self, mlflow: Any, run: Run) -> None:
        self._mlflow = mlflow
        started = mlflow.start_run(run_id=_known_id(run, "mlflow"), run_name=run.folder.name)
        if _keep_id(run, "mlflow", started.info.run_id):
            mlflow.log_params(flat_config(run))

    def log(self, step: int, values: dict[str, float]) -> None:
        self._mlflow.log_metrics(values, step=step)

    def end(self) -> None:
        self._mlflow.end_run()


class _WeightsAndBiases:
    def __init__(self, wandb: Any, run: Run) -> None:
        self._run = wandb.init(
            id=_known_id(run, "wandb"),
            name=run.folder.name,
            dir=str(run.folder),
            config=flat_config(run),
            resume="allow",
        )
        _keep_id(run, "wandb", self._run.id)

    def log(self, step: int, values: dict[str, float]) -> None:
        self._run.log(values, step=step)

    def end(self) -> None:
        self._run.finish()


_MAKERS: dict[str, Callable[[Any, Run], Tracker]] = {
    "tensorboard": _TensorBoard,
    "mlflow": _MLflow,
    "wandb": _WeightsAndBiases,
}


def flat_config(run: Run) -> dict[str, Any]:
    """Return every key of a run's config, as ``section.key``."""
    given = run.config.model_dump(mode="json")
    sections = {name: value for name, value in given.items() if isinstance(value, dict)}
    flat = {f"{name}.{key}": value for name, keys in sections.items() for key, value in keys.items()}
    return {name: value for name, value in given.items() if name not in sections} | flat


def _package(name: str) -> Any:
    package, advice = PACKAGES[name]
    try:
        return importlib.import_module(package)
    except ImportError:
        raise DataError(f"--track {name}: {package} is not installed; {advice}, or leave it out") from None


def _known_id(run: Run, name: str) -> str | None:
    value: str | None = _ids(run).get(name)
    return value


def _keep_id(run: Run, name: str, value: str) -> bool:
    """Note a run's id; return whether it is new."""
    ids = _ids(run)
    if ids.get(name) == value:
        return False
    write_json(run.folder / IDS_NAME, ids | {name: value})
    return True


def _ids(run: Run) -> dict[str, Any]:
    path = run.folder / IDS_NAME
    return read_json(path, "delete it") if path.is_file() else {}
