"""Running the trainer's commands, each a process of its own: the portal never imports TensorFlow."""

import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from exporter.messages import Message, plain
from portal.messages import data_error, message

#: How long a command may take, when it should end, to reach a safe point.
PATIENCE_S = 120
_LOOK_EVERY_S = 1.0
_LONGEST_REASON = 1_000
_FIND = "import importlib.util, sys; sys.exit(importlib.util.find_spec('tensorflow') is None)"


class StoppedError(Exception):
    """The command ended on request; the same command goes on."""


def check_trainer() -> None:
    """DataError unless the Python that is to train is there and has TensorFlow."""
    try:
        result = subprocess.run([settings.TRAINER, "-c", _FIND], cwd=settings.BASE_DIR, check=False)
    except OSError as error:
        why = message("trainer_unusable", path=str(settings.TRAINER), reason=error.strerror or "")
        raise data_error(why) from None
    if result.returncode:
        raise data_error(message("trainer_without_tensorflow", path=str(settings.TRAINER)))


def run(arguments: Sequence[str], log: Path, held: int, is_stopping: Callable[[], bool]) -> None:
    """Run ``python -m trainer`` with these arguments to its end; what it says goes into the log.

    ``held``: the descriptor of a lock's file, which the process holds as long as it lives.
    DataError with its last line if it fails; StoppedError if ``is_stopping`` says so before its end.
    """
    with log.open("ab") as file:
        said_from = file.tell()
        process = subprocess.Popen(
            [settings.TRAINER, "-m", "trainer", *arguments],
            cwd=settings.BASE_DIR,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            pass_fds=[held],
            start_new_session=True,  # Ctrl-C is for us: we ask it to end at a safe point
        )
    try:
        code = _wait(process, is_stopping)
    finally:
        _end(process)
    if code:
        raise data_error(*_reasons(log, said_from, code))


def _wait(process: subprocess.Popen[bytes], is_stopping: Callable[[], bool]) -> int:
    while True:
        with suppress(subprocess.TimeoutExpired):
            return process.wait(_LOOK_EVERY_S)
        if is_stopping():
            raise StoppedError


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask it to end, unless it has; end it and what it started if it does not."""
    if process.poll() is None:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE_S)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _reasons(log: Path, said_from: int, code: int) -> list[Message]:
    """Return why it failed: the last line that it wrote."""
    with log.open("rb") as file:
        file.seek(said_from)
        said = file.read().decode(errors="replace")
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    last = plain(lines[-1].removeprefix("trainer: ")[:_LONGEST_REASON]) if lines else [message("no_output")]
    return [message("signal", signal=-code), *last] if code < 0 else last
