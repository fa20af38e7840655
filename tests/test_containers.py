"""The image, the compose file and the systemd units: each checked by its own tool, and against the portal."""

import configparser
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy import healthy
from portal.task_names import QUEUES

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
#: What runs the portal's own image.
OURS = {"set-up", "web", "clock", "compute", "pull", "notify"}


@pytest.fixture
def compose() -> dict[str, Any]:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def needs(*programs: str) -> str:
    """The first of these programs that is installed; without one the test is skipped, or fails in CI."""
    for program in programs:
        if path := shutil.which(program, path=f"{Path(sys.executable).parent}:{os.environ['PATH']}"):
            return path
    say = pytest.fail if os.environ.get("LEAFLINE_REQUIRE_SERVICES") == "1" else pytest.skip
    return say(f"{' or '.join(programs)} is not installed")


def test_hadolint_has_nothing_to_say() -> None:
    done = subprocess.run(
        [needs("hadolint"), DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_compose_reads_the_file_with_the_example_filled_in(tmp_path: Path) -> None:
    for name in ("compose.yaml", "Caddyfile", "Dockerfile"):
        shutil.copy(DEPLOY / name, tmp_path)
    example = (DEPLOY / "compose.env.example").read_text()
    (tmp_path / "compose.env").write_text(example.replace("POSTGRES_PASSWORD=", "POSTGRES_PASSWORD=a1b2"))
    command = [
        needs("docker-compose"),
        "--env-file",
        "compose.env",
        "--file",
        "compose.yaml",
        "config",
        "--quiet",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    # And what must be given is asked for in one line.
    (tmp_path / "compose.env").write_text(example)
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "see deploy/compose.env.example" in done.stderr


def test_every_queue_has_a_worker_but_training(compose: dict[str, Any]) -> None:
    """Training needs TensorFlow, which the image leaves out."""
    served = [words[words.index("--queues") + 1] for words in commands(compose) if "--queues" in words]
    assert sorted(served) == sorted(set(QUEUES.values()) - {"train"})


def test_no_service_has_more_rights_than_it_needs(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert services.keys() > OURS
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    for name, service in services.items():
        assert not {"privileged", "network_mode", "pid", "cap_add"} & service.keys(), name
        if name in OURS:
            assert service["read_only"], name
            assert service["cap_drop"] == ["ALL"], name
            assert service["security_opt"] == ["no-new-privileges:true"], name
        elif name != "set-up":
            assert "healthcheck" in service, name
        assert service["restart"] == ("no" if name == "set-up" else "unless-stopped"), name
    [user] = re.findall(r"^USER (.*)$", (DEPLOY / "Dockerfile").read_text(), re.M)
    assert user == "10001:10001"


def test_what_the_image_copies_is_there_and_reaches_the_builder() -> None:
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    copied = re.findall(r"^COPY (?!--from)(\S+) ", (DEPLOY / "Dockerfile").read_text(), re.M)
    assert sorted(kept) == sorted(copied)
    assert all((ROOT / name).exists() for name in copied)


def test_variables_of_the_example_are_described(compose: dict[str, Any]) -> None:
    described = re.findall(r"^\| `([A-Z_]+)`", (ROOT / "docs" / "settings.md").read_text(), re.M)
    example = re.findall(r"^([A-Z_]+)=", (DEPLOY / "compose.env.example").read_text(), re.M)
    own = {"COMPOSE_PROJECT_NAME", "LEAFLINE_HOST", "POSTGRES_PASSWORD"}
    given = {name for name in OURS for name in compose["services"][name]["environment"]}
    assert (set(example) - own) | given <= set(described)
    assert own <= set(example)


def test_systemd_units_start_what_there_is() -> None:
    """The portal's own programs, as a user without rights, and a worker for each queue."""
    paths = sorted((DEPLOY / "systemd").glob("*.service"))
    assert len(paths) == 3
    for path in paths:
        unit = configparser.ConfigParser(interpolation=None)
        unit.optionxform = str  # type: ignore[assignment,method-assign]
        unit.read(path)
        words = shlex.split(unit["Service"]["ExecStart"])
        assert Path(words[0]).name in ("gunicorn", "celery"), path
        assert unit["Service"]["User"] == "leafline"
        assert {"NoNewPrivileges", "PrivateTmp", "ProtectSystem", "ProtectHome"} <= unit["Service"].keys()
    operations = (ROOT / "docs" / "operations.md").read_text()
    for queue in set(QUEUES.values()) - {"train"}:
        assert f"leafline-worker@{queue}" in operations


def commands(compose: dict[str, Any]) -> Iterator[list[str]]:
    for service in compose["services"].values():
        if isinstance(service.get("command"), list):
            yield service["command"]


@pytest.fixture
def site() -> Iterator[ThreadingHTTPServer]:
    """A site that answers as its ``status`` says, to its own host through its proxy alone."""

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_asked_well = (self.headers["Host"], self.headers["X-Forwarded-Proto"]) == (
                "a.example",
                "https",
            )
            self.send_response(self.server.status if is_asked_well else 400)  # type: ignore[attr-defined]
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_site_is_healthy_if_it_answers(
    site: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEAFLINE_ALLOWED_HOSTS", "a.example, b.example")
    for status, wrong in ((200, ""), (503, "the site answers 503")):
        site.status = status  # type: ignore[attr-defined]
        assert healthy.web(site.server_port) == wrong
    site.shutdown()
    site.server_close()
    assert healthy.web(site.server_port).startswith("the site does not answer: ")


def test_the_clock_is_healthy_if_it_wrote_lately(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LEAFLINE_DATA", str(tmp_path))
    assert healthy.main("clock") == 1
    assert capsys.readouterr().err == f"there is no file beat-schedule in {tmp_path}\n"
    path = tmp_path / "beat-schedule.db"
    path.touch()
    assert healthy.main("clock") == 0
    os.utime(path, (0, time.time() - 700))
    assert healthy.main("clock") == 1
    assert "the clock has written nothing for 70" in capsys.readouterr().err
    assert healthy.main("nothing") == 2
    assert capsys.readouterr().err.startswith("usage: ")
