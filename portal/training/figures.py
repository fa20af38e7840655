"""What a run's trainer reported, as pages show it.

A heartbeat's progress and a document's `run` and `overall` are JSON from outside: what is not as expected
is left out, never an error.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.training.models import Run

#: How many points of a curve, and how many settings, a page shows at most.
MOST_POINTS = 1_000
MOST_SETTINGS = 200
_LARGEST = 1e12
_CURVES = ("loss", "val_loss", "top1", "val_top1")


@dataclass(frozen=True)
class Point:
    """Where the curves are at the end of an epoch; None where it was not reported."""

    epoch: int
    loss: float | None
    val_loss: float | None
    top1: float | None
    val_top1: float | None


@dataclass(frozen=True)
class Pace:
    """How far a run is, and how fast. epoch: those that have ended, in parts too; times in seconds."""

    epoch: float | None
    epochs: float | None
    images_per_second: float | None
    seconds: float | None
    seconds_left: float | None
    precision: str
    device: str

    @property
    def percent(self) -> int | None:
        """How much of it is done."""
        if self.epoch is None or not self.epochs:
            return None
        return min(round(100 * self.epoch / self.epochs), 100)


def number(recorded: Mapping[str, Any], name: str, high: float = _LARGEST) -> float | None:
    """A number from 0 to ``high``, if that was reported under the name."""
    value = recorded.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value) if math.isfinite(value) and 0 <= value <= high else None


def share(recorded: Mapping[str, Any], name: str) -> float | None:
    """A share of 1."""
    return number(recorded, name, 1)


def pace(run: Run) -> Pace:
    """How far and how fast, by the results where they have come, else by the last heartbeat."""
    recorded = run.run if run.run is not None else run.progress
    epochs, step, steps = (number(recorded, name) for name in ("epochs", "step", "steps"))
    in_parts = None
    if epochs is not None and step is not None and steps:
        in_parts = epochs * step / steps
    return Pace(
        epoch=epochs
        if run.run is not None
        else in_parts
        if in_parts is not None
        else number(recorded, "epoch"),
        epochs=epochs,
        images_per_second=number(recorded, "images_per_second"),
        seconds=number(recorded, "wall_seconds") if run.run is not None else number(recorded, "seconds"),
        seconds_left=number(recorded, "seconds_left"),
        precision=_words(recorded, "precision"),
        device=_words(recorded, "device"),
    )


def curves(run: Run) -> list[Point]:
    """A point for each epoch that has ended, in the order reported."""
    recorded = (run.run if run.run is not None else run.progress).get("history")
    entries = [entry for entry in recorded if isinstance(entry, dict)] if isinstance(recorded, list) else []
    points = []
    for entry in entries[:MOST_POINTS]:
        epoch = number(entry, "epoch")
        values = {name: (share if "top1" in name else number)(entry, name) for name in _CURVES}
        if epoch is not None and any(value is not None for value in values.values()):
            points.append(Point(round(epoch), **values))
    return points


def settings(run: Run) -> list[tuple[str, str]]:
    """Every setting of the run by its full name, sorted. Of a path only its last part is shown."""
    result: list[tuple[str, str]] = []

    def walk(name: str, value: Any) -> None:
        if len(result) >= MOST_SETTINGS:
            return
        if isinstance(value, dict):
            for key, inner in sorted(value.items()):
                walk(f"{name}.{key}" if name else key, inner)
        elif isinstance(value, list):
            result.append((name, ", ".join(_plain(inner) for inner in value)))
        else:
            result.append((name, _plain(value)))

    walk("", run.config)
    return result


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value.replace("\\", "/").rstrip("/").rpartition("/")[2][:200]
    return str(value)[:200]


def _words(recorded: Mapping[str, Any], name: str) -> str:
    value = recorded.get(name)
    return value[:100] if isinstance(value, str) else ""
