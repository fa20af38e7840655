"""The demonstration, as `make run` starts it, on a lake that is small and filled already."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pytest
from django.conf import settings
from django.core.management import call_command

from demo import filling, serving
from exporter.errors import DataError
from exporter.lake import Lake

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60
pytestmark = pytest.mark.skipif(
    settings.DATABASES["default"]["ENGINE"].endswith("postgresql"),
    reason="starts processes of its own, which use SQLite: the run on SQLite has it",
)


@pytest.fixture
def data(tmp_path):
    """A folder for LEAFLINE_DATA with a simulated lake of one observation."""
    lake = Lake(tmp_path / "lake")
    with lake.staging() as staging:
        staging.begin_file()
        staging.is_simulated = True
        staging.add("taxa", "api", pa.table({"taxon_id": [1], "ancestry": [""], "name": ["Animalia"]}))
        staging.add(
            "observations",
            "api",
            pa.table(
                {"observation_id": [1], "taxon_id": [1], "updated_at": [datetime(2026, 10, 1, tzinfo=UTC)]}
            ),
        )
        staging.add("photos", "api", pa.table({"observation_id": [1], "photo_id": [1]}))
        lake.upsert(staging)
    return tmp_path


@pytest.fixture
def start(data):
    """Starts the demonstration at a port."""
    started = []

    def start(port, *through):
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("LEAFLINE_", "DJANGO_", "DATABASE_", "CELERY_"))
        }
        process = subprocess.Popen(
            [*through, sys.executable, "manage.py", "demo"],
            cwd=ROOT,
            env=environment | {"LEAFLINE_DATA": str(data), "PORT": str(port)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def processes_of(data):
    """Command lines of the processes that were started with this folder of data."""
    marker = f"LEAFLINE_DATA={data}".encode()
    result = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if marker in (folder / "environ").read_bytes().split(b"\0"):
                result.append((folder / "cmdline").read_bytes())
        except OSError:
            continue
    return [line for line in result if line]


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks for processes in /proc")
def test_it_serves_a_filled_portal_and_leaves_no_process_behind(data, start):
    port = free_port()
    process = start(port)
    said = ""
    for line in process.stdout:
        said += line
        if "Ctrl-C stops everything" in line:
            break
    assert f"Leafline shows a simulated world at  http://127.0.0.1:{port}\n" in said
    assert re.search(r"user staff  password \S{16}\n", said), said
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/taxa/1/") as page:
        assert "Animalia" in page.read().decode()
    rest = iter(process.stdout.readline, "")
    assert next(rest).startswith("5/5 Computing what came before")
    assert any(re.fullmatch(r" +\d+ s\n", line) for line in rest)
    assert len(processes_of(data)) > 3
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, rest.splitlines()[-1]) == (0, "Stopped.")
    assert processes_of(data) == []


def test_it_can_be_stopped_while_it_prepares(data, start):
    process = start(free_port())
    assert process.stdout.readline().startswith("1/5 Preparing")
    process.send_signal(signal.SIGTERM)
    rest, _ = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, rest.splitlines()[-1]) == (0, "Stopped.")


def test_a_port_that_is_taken_is_one_line(data, start):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        process = start(port)
        said, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    assert said == f"CommandError: Port {port} is taken: choose another with PORT={port + 1}.\n"


def test_a_second_start_on_the_same_data_is_one_line(data, start):
    first, second = free_port(), free_port()
    process = start(first)
    assert process.stdout.readline().startswith("1/5 Preparing")
    said, _ = start(second).communicate(timeout=PATIENCE_S)
    assert said == (
        f"CommandError: {data} is served already, at http://127.0.0.1:{first} (process {process.pid}): stop"
        " that one, or give another folder with LEAFLINE_DATA=DIR.\n"
    )


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks for processes in /proc")
@pytest.mark.parametrize("killed", ["itself", "parent"])
def test_nothing_is_left_when_it_or_its_parent_is_killed(data, start, killed):
    """The parent is a shell, as `make` is one that runs it."""
    process = start(free_port(), *(["sh", "-c", '"$@" --parent $$; :', "sh"] if killed == "parent" else []))
    for line in process.stdout:
        if "Ctrl-C stops everything" in line:
            break
    process.kill()
    deadline = time.monotonic() + PATIENCE_S
    while processes_of(data) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert processes_of(data) == []


def test_who_is_stopped_while_it_starts_a_process_knows_of_that_process(monkeypatch):
    former = signal.signal(signal.SIGTERM, signal.default_int_handler)
    start = subprocess.Popen

    def interrupted(*arguments, **options):
        process = start(*arguments, **options)
        signal.raise_signal(signal.SIGTERM)
        return process

    try:
        with serving.running() as processes:
            monkeypatch.setattr(subprocess, "Popen", interrupted)
            with pytest.raises(KeyboardInterrupt):
                processes.start(["http.server", str(free_port())])
    finally:
        signal.signal(signal.SIGTERM, former)
    (process,) = processes.started
    assert process.returncode is not None


def test_a_process_that_ends_by_itself_is_named():
    ended = subprocess.Popen([sys.executable, "-m", "this", "gone"], stdout=subprocess.DEVNULL)
    ended.wait()
    with pytest.raises(DataError, match=r"^this ended by itself \(exit code 0\)"):
        serving.check_alive([ended])


def test_a_lake_with_data_is_left_alone(settings, data):
    settings.DATA_DIR, settings.LAKE_DIR = data, data / "lake"
    filling.fill_lake()
    assert Lake(settings.LAKE_DIR).latest().number == 1


def test_the_staff_user_gets_a_new_password_each_time(db, django_user_model):
    first, second = filling.renew_staff(), filling.renew_staff()
    staff = django_user_model.objects.get()
    assert first != second
    assert staff.check_password(second)
    assert not staff.check_password(first)
    assert (staff.is_staff, staff.is_superuser) == (True, True)


def test_an_empty_demonstration_simulates_nothing(monkeypatch, capsys, db, settings, tmp_path):
    settings.LAKE_DIR = tmp_path / "lake"
    monkeypatch.setattr("demo.management.commands.demo.call_command", lambda *_, **__: None)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(filling, "fill_lake", lambda: pytest.fail("a world was simulated"))
    for name in ("check_port", "wait_until_served", "wait_for_end"):
        monkeypatch.setattr(serving, name, lambda *_: None)
    started = []
    monkeypatch.setattr(serving, "running", lambda: nullcontext(SimpleNamespace(start=started.append)))
    call_command("demo", "--empty")
    assert started == [serving.web_server(8000), serving.worker()]
    assert "Leafline shows how to load data at  http://127.0.0.1:8000" in capsys.readouterr().out
    assert not settings.LAKE_DIR.exists()
