"""Results of draws, each in a file: an experiment that was stopped goes on where it stopped."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from trainer.config import Config
from trainer.files import read_json, write_json
from trainer.predictions import digest


def run_draws(
    folder: Path,
    draws: Sequence[int],
    made_from: dict[str, Any],
    run_draw: Callable[[int], dict[str, Any]],
    say: Callable[[str], None],
) -> list[dict[str, Any]]:
    """Return the result of each draw, running those that ``folder`` does not have of the same making."""
    folder.mkdir(parents=True, exist_ok=True)
    key = digest(made_from)
    results = []
    for number in draws:
        path = folder / f"{number:05}.json"
        kept = read_json(path, "delete it") if path.is_file() else {}
        if kept.get("made_from") != key:
            kept = {"made_from": key, "result": run_draw(number)}
            write_json(path, kept)
        results.append(kept["result"])
        say(f"{folder.name}: draw {len(results)} of {len(draws)}")
    return results


def recipe(config: Config) -> dict[str, Any]:
    """What of a config decides how a last layer is trained."""
    return {
        "seed": config.seed,
        "dropout": config.network.dropout,
        "training": config.training.model_dump(mode="json"),
    }
