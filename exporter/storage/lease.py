"""Turns of writers to a store, which has no locks: a file that says who writes, and that they still live.

Turns spare writers work that another would make void; nothing rests on them. Who was stopped for so long that
another took the turn goes on beside it, and loses where they meet (`LostRaceError`).
"""

import json
import logging
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from exporter.errors import DataError
from exporter.storage.bucket import Bucket
from exporter.storage.interface import LostRaceError

_log = logging.getLogger(__name__)

_KEY = ".turn"
#: How often a writer says that it lives, and after what silence another takes its turn. Each process measures
#: by its own clock, from when it last saw the file change, so clocks need not agree.
BEAT_S, SILENCE_S = 10.0, 60.0
_LOOK_S = 0.5


@contextmanager
def turn(bucket: Bucket) -> Iterator[None]:
    """Wait for one's turn, and have it until the block ends."""
    with _Turn(bucket):
        yield


class _Turn:
    """A turn of one writer. The file has its id and a number that grows; no id between turns."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._id = uuid.uuid4().hex
        self._beats = 0
        self._tag = ""
        self._ended = threading.Event()
        self._beating = threading.Thread(target=self._beat, name="lake-turn", daemon=True)

    def __enter__(self) -> None:
        seen, since, is_told = None, time.monotonic(), False
        while not self._try(seen is not None and time.monotonic() - since > SILENCE_S):
            now = self._bucket.read_tagged(_KEY)
            if now is not None and now[1] != seen:
                seen, since = now[1], time.monotonic()
            if not is_told:
                is_told = True
                _log.warning("%s: another process writes to the lake; waiting for it", self._bucket.address)
            time.sleep(_LOOK_S)
        self._beating.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._beating.join()
        with suppress(LostRaceError, DataError):  # then it is another's, or ends by its silence
            self._bucket.replace(_KEY, self._content(holder=None), self._tag)

    def _try(self, is_silent: bool) -> bool:
        """Take the turn if it is nobody's, or if its holder is silent; gives whether it is taken."""
        now = self._bucket.read_tagged(_KEY)
        try:
            if now is None:
                self._tag = self._bucket.create(_KEY, self._content(self._id))
            elif is_silent or _holder(now[0]) is None:
                self._tag = self._bucket.replace(_KEY, self._content(self._id), now[1])
            else:
                return False
        except LostRaceError:
            return False
        return True

    def _beat(self) -> None:
        while not self._ended.wait(BEAT_S):
            try:
                self._tag = self._bucket.replace(_KEY, self._content(self._id), self._tag)
            except LostRaceError:
                return
            except DataError as fault:
                _log.warning("%s", fault)  # it may answer next time

    def _content(self, holder: str | None) -> bytes:
        self._beats += 1
        return json.dumps({"writer": holder, "by": self._id, "beat": self._beats}).encode()


def _holder(content: bytes) -> str | None:
    try:
        holder: str | None = json.loads(content)["writer"]
    except (ValueError, TypeError, KeyError):
        return None
    return holder
