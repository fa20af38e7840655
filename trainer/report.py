"""A run's results on their way to the portal.

``POST /api/v1/training-runs/`` with ``{"key", "snapshot_digest", "config", "is_simulated"}`` makes the run
and answers with its ``id``; the key is the run's own, so that asking twice makes one run.
``PUT /api/v1/training-runs/{id}/results/`` takes the results document (`trainer.results`) in gzip; sending it
again changes nothing. `trainer.heartbeats` asks in the same way. All carry ``Authorization: Token ...``.
"""

import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from trainer.errors import DataError
from trainer.files import read_json, write_json
from trainer.images import pause_before_retry
from trainer.results import packed, read_results

TRIES = 6

_NAME = "portal.json"
_TIMEOUT_S = (10, 120)


def report(
    run_folder: Path, portal: str, token_file: Path, *, wait: Callable[[float], None] = time.sleep
) -> int:
    """Send a run's results to the portal at that address; gives the run's id there.

    Tried TRIES times while the portal is away or busy. DataError if it stays so or refuses; then calling
    again goes on where this stopped, and what has arrived is not doubled.
    """
    document = read_results(run_folder / "results.json")
    client = Client(portal, read_token(token_file), wait=wait)
    facts = {name: document["run"][name] for name in ("snapshot_digest", "config", "is_simulated")}
    run_id = run_at(run_folder, portal, client, facts)
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    client.ask("PUT", f"training-runs/{run_id}/results/", data=packed(document), headers=headers)
    return run_id


def run_at(run_folder: Path, portal: str, client: "Client", facts: dict[str, Any]) -> int:
    """The run's id at the portal; it is made there if it is not there yet.

    ``facts``: snapshot_digest, config, is_simulated.
    """
    recorded = _remember(run_folder / _NAME, portal)
    if recorded["id"] is None:
        recorded["id"] = _create(client, recorded["key"], facts)
        write_json(run_folder / _NAME, recorded)
    return int(recorded["id"])


def _create(client: "Client", key: str, facts: dict[str, Any]) -> int:
    answer = client.ask("POST", "training-runs/", json={"key": key, **facts})
    try:
        return int(answer.json()["id"])
    except (ValueError, KeyError, TypeError):
        raise DataError(f"{answer.url}: answered without an id; is it a Leafline portal?") from None


def _remember(path: Path, portal: str) -> dict[str, Any]:
    """This run's key, and its id at that portal if it has one; the key is written before it is used."""
    recorded = read_json(path, "delete it") if path.is_file() else {"key": str(uuid.uuid4()), "id": None}
    if recorded.get("portal", portal) != portal:
        recorded["id"] = None
    recorded["portal"] = portal
    write_json(path, recorded)
    return recorded


def read_token(path: Path) -> str:
    """The token in a file. DataError if there is none."""
    try:
        token = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not plain text"
        raise DataError(f"{path}: {reason}; give the file of a trainer's token") from None
    if not token or any(character.isspace() for character in token):
        raise DataError(f"{path}: does not hold a token; give the file of a trainer's token")
    return token


class Client:
    """Asks the portal, so many times while it is away or busy. timeout_s: to connect, to be answered."""

    def __init__(
        self,
        portal: str,
        token: str,
        *,
        wait: Callable[[float], None] = time.sleep,
        tries: int = TRIES,
        timeout_s: tuple[float, float] = _TIMEOUT_S,
    ) -> None:
        self._base = f"{portal.rstrip('/')}/api/v1/"
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Token {token}"
        self._wait = wait
        self._tries = tries
        self._timeout_s = timeout_s

    def ask(self, method: str, path: str, **content: Any) -> requests.Response:
        """The answer, if it is a good one; DataError otherwise."""
        url = self._base + path
        problem = ""
        for attempt in range(self._tries):
            pause = ""
            try:
                answer = self._session.request(
                    method, url, timeout=self._timeout_s, allow_redirects=False, **content
                )
                if answer.ok and not answer.is_redirect:
                    return answer
                problem, pause = _describe(answer), answer.headers.get("Retry-After", "")
                if answer.status_code != 429 and answer.status_code < 500:
                    raise DataError(f"{url}: {problem}; check --portal and the token")
            except (requests.ConnectionError, requests.Timeout) as error:
                problem = type(error).__name__
            except requests.RequestException as error:
                raise DataError(f"{url}: {error}; check --portal") from None
            if attempt < self._tries - 1:
                self._wait(pause_before_retry(attempt, pause))
        raise DataError(f"{url}: {problem}, {self._tries} times; nothing is lost: run report again later")


def _describe(answer: requests.Response) -> str:
    """The status, and what a problem document says of it (RFC 9457)."""
    detail = ""
    if "json" in answer.headers.get("Content-Type", ""):
        try:
            problem = answer.json()
            detail = str(problem.get("detail") or problem.get("title") or "")
        except (ValueError, AttributeError):
            detail = ""
    return f"HTTP {answer.status_code}{f' ({detail[:200]})' if detail else ''}"
