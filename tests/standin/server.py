"""The stand-in's web server: limits, faults, and answers as JSON."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson

from tests.standin.answers import RefusedError, answer, with_nulls
from tests.standin.faults import Faults
from tests.standin.world import World

_HTML = b"<!DOCTYPE html><html><body>We'll be right back.</body></html>"


@dataclass(frozen=True)
class Asked:
    """One request: when it came (seconds since 1970), for what, and the status it got."""

    at: float
    path: str
    parameters: dict[str, str]
    user_agent: str
    status: int


class StandIn:
    """Serves a world until the block ends; ``url`` is the API's address.

    Args:
        world: what to answer from.
        port: 0 for any that is free.
        requests: how many are answered in ``window_s`` seconds before 429.
        clock: its time, in seconds since 1970.
        wait_s: what it tells in Retry-After.
        hang_s: how long a timeout takes.
        latency_s: how long any answer takes at least.
    """

    def __init__(
        self,
        world: World,
        *,
        port: int = 0,
        requests: int = 60,
        window_s: float = 60.0,
        clock: Callable[[], float] = time.time,
        wait_s: int = 1,
        hang_s: float = 2.0,
        latency_s: float = 0.0,
    ) -> None:
        self.world = world
        self.faults = Faults()
        self.now, self.wait_s, self.hang_s = clock, wait_s, hang_s
        self.latency_s = latency_s
        self._limit, self._window_s = requests, window_s
        self._recent: deque[float] = deque()
        self._lock = threading.Lock()
        self.log: list[Asked] = []
        self.last_body = orjson.dumps({"total_results": 0, "results": []})
        handler = type("Handler", (_Handler,), {"standin": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._http.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def __enter__(self) -> "StandIn":
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def serve(self) -> None:
        """Serve until interrupted."""
        self._http.serve_forever()

    def admits(self, at: float) -> bool:
        """Whether a request at this time is within the limit; it counts from now on."""
        with self._lock:
            while self._recent and self._recent[0] <= at - self._window_s:
                self._recent.popleft()
            self._recent.append(at)
            return len(self._recent) <= self._limit


class _Handler(BaseHTTPRequestHandler):
    standin: StandIn
    protocol_version = "HTTP/1.1"
    # Headers and body leave in one piece: two would wait for each other for 40 ms.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        standin, at = self.standin, time.time()
        split = urlsplit(self.path)
        parameters = dict(parse_qsl(split.query))
        fault = standin.faults.of_this_request()
        if not standin.admits(at):
            fault = "429"
        self._asked = Asked(at, split.path, parameters, self.headers.get("User-Agent", ""), 0)
        self._respond(split.path, parameters, fault)

    def _respond(self, path: str, parameters: dict[str, str], fault: str | None) -> None:
        standin = self.standin
        time.sleep(standin.latency_s)
        if fault in ("429", "429-wait"):
            self._send(429, _error(429, "Too Many Requests"), wait=fault == "429-wait")
        elif fault in ("500", "503-wait"):
            self._send(int(fault[:3]), _error(int(fault[:3]), "Error"), wait=fault == "503-wait")
        elif fault == "html":
            self._send(200, _HTML, kind="text/html")
        else:
            self._send_answer(path, parameters, fault)

    def _send_answer(self, path: str, parameters: dict[str, str], fault: str | None) -> None:
        if fault == "timeout":
            time.sleep(self.standin.hang_s)
        try:
            body = self._answer(path, parameters, fault)
        except RefusedError as refusal:
            self._send(refusal.status, _error(refusal.status, str(refusal)))
            return
        self._send(200, body[: len(body) * 2 // 3] if fault == "truncated" else body, cut=fault == "cut")

    def _answer(self, path: str, parameters: dict[str, str], fault: str | None) -> bytes:
        standin = self.standin
        if fault == "repeat":
            return standin.last_body
        with standin.world.lock:
            result = answer(standin.world, path, parameters)
            if fault == "vanish":
                self._delete_after(result)
        standin.last_body = orjson.dumps(result)
        return orjson.dumps(with_nulls(result)) if fault == "nulls" else standin.last_body

    def _delete_after(self, found: dict[str, Any]) -> None:
        last = max((record["id"] for record in found["results"]), default=0)
        for number in [each for each in self.standin.world.ids() if each > last][:1]:
            self.standin.world.remove(number)

    def _send(
        self,
        status: int,
        body: bytes,
        *,
        kind: str = "application/json",
        wait: bool = False,
        cut: bool = False,
    ) -> None:
        # Noted before it is sent: whoever has the answer finds it in the log.
        self.standin.log.append(replace(self._asked, status=status))
        self.send_response_only(status)
        self.send_header("Date", formatdate(self.standin.now(), usegmt=True))
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        if wait:
            self.send_header("Retry-After", str(self.standin.wait_s))
        self.end_headers()
        try:
            self.wfile.write(body[: len(body) // 2] if cut else body)
        except OSError:  # whoever asked has gone
            self.close_connection = True
        if cut:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _error(status: int, words: str) -> bytes:
    return orjson.dumps({"error": words, "status": status})
