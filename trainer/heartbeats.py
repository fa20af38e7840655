"""Telling the portal how far a run is, while it goes on.

``POST /api/v1/training-runs/{id}/heartbeat/``, beside the training and never in its way: a portal that is
away costs it nothing but the news.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainer.errors import DataError
from trainer.report import Client, read_token, run_at
from trainer.runs import Run

#: Seconds between two heartbeats, and what one may take to connect and to be answered.
PAUSE_S = 10.0
TIMEOUT_S = (5, 10)
#: How many epochs of the curves are sent at most.
MOST_EPOCHS = 500

_NUMBERS = ("epochs", "step", "steps", "images_per_second", "seconds", "seconds_left", "loss")
_CURVES = ("epoch", "loss", "top1", "val_loss", "val_top1", "learning_rate")


@dataclass(frozen=True)
class Portal:
    """A portal's address, and the file of a trainer's token."""

    url: str
    token_file: Path


class Heartbeats:
    """The heartbeats of one run. DataError if the token's file holds none."""

    def __init__(self, run: Run, portal: Portal, say: Callable[[str], None]) -> None:
        self._run = run
        self._portal = portal.url
        self._client = Client(portal.url, read_token(portal.token_file), tries=1, timeout_s=TIMEOUT_S)
        self._say = say
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="heartbeat")
        self._last: Future[None] | None = None
        self._sent_at = -PAUSE_S
        self._has_failed = False

    def beat(self, progress: dict[str, Any]) -> None:
        """Send how far it is, unless that was done a moment ago or is being done still."""
        now = time.monotonic()
        if now - self._sent_at < PAUSE_S or (self._last is not None and not self._last.done()):
            return
        self._sent_at = now
        self._last = self._thread.submit(self._send, heartbeat(progress))

    def end(self, progress: dict[str, Any]) -> None:
        """Send where it ended, after what is being sent; returns when that is done."""
        self._thread.submit(self._send, heartbeat(progress))
        self._thread.shutdown()

    def _send(self, recorded: dict[str, Any]) -> None:
        try:
            run_id = run_at(self._run.folder, self._portal, self._client, facts(self._run))
            self._client.ask("POST", f"training-runs/{run_id}/heartbeat/", json=recorded)
        except (DataError, OSError) as error:
            if not self._has_failed:
                self._say(f"fit: the portal does not hear of it, training goes on: {error}")
            self._has_failed = True
        else:
            self._has_failed = False


def facts(run: Run) -> dict[str, Any]:
    """What makes a run at the portal."""
    return {
        "snapshot_digest": run.snapshot.digest,
        "config": run.config.model_dump(mode="json"),
        "is_simulated": run.snapshot.is_simulated,
    }


def heartbeat(progress: dict[str, Any]) -> dict[str, Any]:
    """What the portal takes of a run's progress; what is not known yet is left out."""
    recorded = {name: progress[name] for name in _NUMBERS if progress.get(name) is not None}
    recorded |= {name: progress["machine"][name][:100] for name in ("precision", "device")}
    history = progress["history"]
    every = -(-len(history) // MOST_EPOCHS) or 1
    thinned = history[::-1][::every][::-1]
    curves = [{name: entry[name] for name in _CURVES} for entry in thinned]
    return {**recorded, "epoch": int(progress["epoch"]), "history": curves}
