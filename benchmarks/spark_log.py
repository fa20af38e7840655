"""What Spark's event log says of an application: jobs, stages and tasks, and when they ran."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Stage:
    """A stage that ran: seconds since the epoch, and how long each of its tasks took, in seconds."""

    name: str
    begin: float
    end: float
    tasks: tuple[float, ...]


@dataclass(frozen=True)
class Log:
    """An application. Times are in seconds; ``processor`` is processor time in tasks."""

    jobs: int
    stages: tuple[Stage, ...]
    processor: float

    def summary(self) -> "Summary":
        """Add it up."""
        tasks = [seconds for stage in self.stages for seconds in stage.tasks]
        return Summary(
            self.jobs, len(self.stages), len(tasks), sum(tasks), self._in_stages(), round(self.processor, 3)
        )

    def _in_stages(self) -> float:
        total, until = 0.0, 0.0
        for stage in sorted(self.stages, key=lambda stage: stage.begin):
            total += max(stage.end - max(stage.begin, until), 0.0)
            until = max(until, stage.end)
        return total


@dataclass(frozen=True)
class Summary:
    """An application in numbers, times in seconds.

    work: how long all tasks took together; ``processor``: of that, processor time.
    in_stages: how long some stage ran.
    """

    jobs: int
    stages: int
    tasks: int
    work: float
    in_stages: float
    processor: float


def read_log(folder: Path) -> Log:
    """Read the only event log in a folder, written without compression."""
    jobs, processor = 0, 0.0
    stages: list[dict[str, Any]] = []
    tasks: dict[tuple[int, int], list[float]] = {}
    for event in _events(sorted(folder.rglob("events*"))):
        match event["Event"]:
            case "SparkListenerJobStart":
                jobs += 1
            case "SparkListenerStageCompleted":
                stages.append(event["Stage Info"])
            case "SparkListenerTaskEnd":
                info = event["Task Info"]
                of_stage = tasks.setdefault((event["Stage ID"], event["Stage Attempt ID"]), [])
                of_stage.append((info["Finish Time"] - info["Launch Time"]) / 1e3)
                processor += _processor_seconds(event.get("Task Metrics") or {})
    return Log(jobs, tuple(_stage(info, tasks) for info in stages), processor)


def _events(paths: Iterable[Path]) -> Iterator[dict[str, Any]]:
    for path in paths:
        with path.open() as lines:
            for line in lines:
                event = json.loads(line)
                if "Event" in event:
                    yield event


def _processor_seconds(metrics: dict[str, Any]) -> float:
    return (metrics.get("Executor CPU Time", 0) + metrics.get("Executor Deserialize CPU Time", 0)) / 1e9


def _stage(info: dict[str, Any], tasks: dict[tuple[int, int], list[float]]) -> Stage:
    return Stage(
        info["Stage Name"],
        info["Submission Time"] / 1e3,
        info["Completion Time"] / 1e3,
        tuple(tasks.get((info["Stage ID"], info["Stage Attempt ID"]), ())),
    )
