"""Results on their way to a portal that is there, away, busy or unwilling."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.trainer.portal import Answer, Request, answer_json, serve
from trainer.errors import DataError
from trainer.report import TRIES, report

DOCUMENT = {
    "run": {"snapshot_digest": "d", "config": {"seed": 1}, "is_simulated": True, "name": "Ünïcode"},
    "overall": {},
    "taxa": [],
    "confusions": [],
    "label_issues": [],
}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    (tmp_path / "results.json").write_text(json.dumps(DOCUMENT))
    (tmp_path / "token").write_text("secret-token\n")
    return tmp_path


def accept(request: Request) -> Answer:
    return answer_json(201, {"id": 7}) if request.method == "POST" else answer_json(200, {})


def in_turn(*statuses: int, **headers: str) -> Callable[[Request], Answer]:
    """Answers with these statuses, then as a portal that accepts."""
    rest = list(statuses)

    def answer(request: Request) -> Answer:
        return answer_json(rest.pop(0), {"detail": "not now"}, **headers) if rest else accept(request)

    return answer


def send(run: Path, url: str) -> tuple[int, list[float]]:
    waits: list[float] = []
    return report(run, url, run / "token", wait=waits.append), waits


def test_creates_the_run_and_puts_the_document_in_gzip(run: Path) -> None:
    with serve(accept) as portal:
        assert send(run, f"{portal.url}/") == (7, [])
    create, put = portal.requests
    assert (create.method, create.path) == ("POST", "/api/v1/training-runs/")
    facts = create.json()
    assert len(facts.pop("key")) == 36
    assert facts == {"snapshot_digest": "d", "config": {"seed": 1}, "is_simulated": True}
    assert (put.method, put.path) == ("PUT", "/api/v1/training-runs/7/results/")
    assert put.headers["Content-Encoding"] == "gzip"
    assert put.json() == DOCUMENT
    assert {one.headers["Authorization"] for one in portal.requests} == {"Token secret-token"}


def test_reporting_again_sends_the_same_bytes_to_the_same_run(run: Path) -> None:
    with serve(accept) as portal:
        send(run, portal.url)
        send(run, portal.url)
    assert [one.method for one in portal.requests] == ["POST", "PUT", "PUT"]
    assert portal.requests[1].body == portal.requests[2].body


def test_stopped_before_the_answer_came_it_asks_again_under_the_same_key(run: Path) -> None:
    with serve(in_turn(*[503] * TRIES)) as portal:
        with pytest.raises(DataError, match=r"HTTP 503 \(not now\), 6 times; nothing is lost"):
            send(run, portal.url)
        send(run, portal.url)
    keys = {one.json()["key"] for one in portal.requests if one.method == "POST"}
    assert len(keys) == 1


def test_a_busy_portal_is_asked_again_when_it_says(run: Path) -> None:
    with serve(in_turn(429, 503, **{"Retry-After": "3"})) as portal:
        assert send(run, portal.url) == (7, [3.0, 3.0])


def test_pauses_double_with_jitter_when_it_does_not_say(run: Path) -> None:
    with serve(in_turn(500, 502, 500)) as portal:
        _, waits = send(run, portal.url)
    assert [0.5 * 2**n <= pause <= 2**n for n, pause in enumerate(waits)] == [True] * 3


def test_a_portal_that_is_away_leaves_the_results_where_they_are(run: Path) -> None:
    with serve(accept) as portal:
        pass
    with pytest.raises(DataError, match="ConnectionError, 6 times; nothing is lost: run report again later"):
        send(run, portal.url)
    assert json.loads((run / "results.json").read_text()) == DOCUMENT


def test_another_portal_gets_a_run_of_its_own(run: Path) -> None:
    with serve(accept) as one, serve(accept) as other:
        send(run, one.url)
        send(run, other.url)
    assert [request.method for request in other.requests] == ["POST", "PUT"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413])
def test_a_refusal_is_told_at_once(run: Path, status: int) -> None:
    with serve(in_turn(status)) as portal, pytest.raises(DataError, match=rf"HTTP {status} \(not now\)"):
        send(run, portal.url)
    assert len(portal.requests) == 1


def test_the_token_goes_nowhere_else(run: Path) -> None:
    with serve(accept) as elsewhere:
        away = answer_json(307, {}, Location=f"{elsewhere.url}/api/v1/training-runs/")
        with serve(lambda request: away) as portal, pytest.raises(DataError, match="HTTP 307"):
            send(run, portal.url)
    assert elsewhere.requests == []


def test_something_that_is_no_portal(run: Path) -> None:
    page = (200, {"Content-Type": "text/html"}, b"<html>")
    with serve(lambda request: page) as portal, pytest.raises(DataError, match="answered without an id"):
        send(run, portal.url)


def test_a_token_file_that_is_none(run: Path) -> None:
    (run / "token").write_text("two words")
    with pytest.raises(DataError, match="does not hold a token"):
        send(run, "http://127.0.0.1:1")
    (run / "token").unlink()
    with pytest.raises(DataError, match="No such file or directory; give the file of a trainer's token"):
        send(run, "http://127.0.0.1:1")


def test_without_results_it_says_what_to_run(run: Path) -> None:
    (run / "results.json").unlink()
    with pytest.raises(DataError, match=r"results.json: No such file or directory; run evaluate first"):
        send(run, "http://127.0.0.1:1")
