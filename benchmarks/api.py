"""The API under load: 1.5 million taxa on PostgreSQL, gunicorn as in production, wrk beside it.

`DATABASE_URL=postgresql://... python -m benchmarks.api` makes a scratch database and drops it afterwards;
with `--keep` it stays, and the next run begins with it. Needs wrk (Debian's package of that name).
The taxa are made up, as in `benchmarks/portal_taxa.py`; 500,000 of them have readiness.
"""

import argparse
import gzip
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
os.environ.setdefault("LEAFLINE_DEBUG", "1")

PORT = 8765
ADDRESS = f"http://127.0.0.1:{PORT}"
ONE = f"{ADDRESS}/api/v1/inclusion/?taxon_id="
WORKERS = ("--config", "python:portal.gunicorn", "--workers", "4")
_RANDOM = """
math.randomseed(os.time())
request = function()
  return wrk.format("GET", "/api/v1/inclusion/?taxon_id=" .. math.random(1, {taxa}))
end
"""
_RANDOM_500 = """
math.randomseed(os.time())
request = function()
  local ids, first = {{}}, math.random(1, {taxa} - 1000)
  for number = 1, 500 do ids[number] = first + 2 * number end
  return wrk.format("GET", "/api/v1/inclusion/?taxon_id=" .. table.concat(ids, ","))
end
"""
_DELAY = "delay = function() return {delay} end\n"
_LATENCY = re.compile(r"^\s+(50|99)%\s+([\d.]+)(us|ms|s|m)$", re.MULTILINE)
_TO_MS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Load:
    """What wrk saw: requests a second, latencies in ms, answers that were no success.

    ``cpu_ms`` is the processor time of gunicorn's workers for each request; other work on the machine hardly
    changes it. PostgreSQL's own is not in it.
    """

    per_second: float
    median_ms: float
    p99_ms: float
    errors: int
    cpu_ms: float


def fill(taxa: int, observed: int) -> None:
    """Put the made-up taxa and their readiness into an empty database."""
    from django.db import connection

    from benchmarks import portal_taxa
    from portal.lake.models import Refresh

    now = datetime(2026, 11, 1, tzinfo=UTC)
    result = portal_taxa.readiness(observed, taxa, seed=1)
    refresh = Refresh.objects.create(
        state="done",
        started_at=now,
        finished_at=now,
        data_as_of=now,
        lake_version=1,
        counts={"taxa": {}, "criteria": {"inat-2022": {}}},
    )
    refresh.refresh_from_db()
    portal_taxa.take_over(refresh, portal_taxa.taxa(taxa), {"inat-2022": result})
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


@contextmanager
def served(database: str) -> Iterator[int]:
    """Gunicorn on that database; gives its process id."""
    environment = os.environ | {
        "DATABASE_URL": database,
        "LEAFLINE_DEBUG": "0",
        "LEAFLINE_HTTPS": "0",
        "LEAFLINE_SECRET_KEY": "only-for-the-benchmark-" * 3,
        "LEAFLINE_API_PER_MINUTE": "10000000",
        "LEAFLINE_LOG_LEVEL": "ERROR",
    }
    manage = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
    subprocess.run(manage, env=environment, check=True)
    command = [sys.executable, "-m", "gunicorn", "portal.wsgi", "--bind", f"127.0.0.1:{PORT}", *WORKERS]
    with subprocess.Popen([*command, "--log-level", "error"], env=environment) as server:
        try:
            for _ in range(100):
                try:
                    urllib.request.urlopen(f"{ONE}1").close()
                    break
                except OSError:
                    time.sleep(0.2)
            yield server.pid
        finally:
            server.terminate()


@dataclass(frozen=True)
class Bench:
    """Gunicorn's process, and how long each figure is measured."""

    parent: int
    seconds: int

    def load(
        self, script: str, connections: int = 8, *headers: str, address: str = ADDRESS, seconds: int = 0
    ) -> Load:
        """Run wrk with that script."""
        before = cpu_s(self.parent)
        text = wrk(script, connections, seconds or self.seconds, headers, address)
        used = cpu_s(self.parent) - before
        latency = {percent: float(value) * _TO_MS[unit] for percent, value, unit in _LATENCY.findall(text)}
        wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
        broken = re.search(r"Socket errors: (.*)", text)
        errors = (int(wrong[1]) if wrong else 0) + sum(
            map(int, re.findall(r"\d+", broken[1] if broken else ""))
        )
        requests = int(re.search(r"(\d+) requests in", text)[1])
        per_second = float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])
        return Load(per_second, latency["50"], latency["99"], errors, 1000 * used / requests)


def wrk(script: str, connections: int, seconds: int, headers: tuple[str, ...], address: str) -> str:
    """What wrk prints."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        command = ["wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s"]
        command += [
            "--latency",
            "--script",
            file.name,
            *(f"--header={header}" for header in headers),
            address,
        ]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def workers(parent: int) -> list[Path]:
    """Where the system lists gunicorn's workers."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [Path(f"/proc/{pid}") for pid in children]


def cpu_s(parent: int) -> float:
    """The processor time that gunicorn's workers have used."""
    stats = (each.joinpath("stat").read_text().rpartition(")")[2].split() for each in workers(parent))
    return sum(int(fields[11]) + int(fields[12]) for fields in stats) / _TICKS


def memory_mib(parent: int) -> float:
    """What gunicorn's workers keep for themselves, summed."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    result = (
        re.search(r"Private_Dirty:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text())
        for pid in children
    )
    return sum(int(each[1]) for each in result if each) / 1024


def say(what: str, result: Load) -> None:
    """Print one line of figures."""
    print(
        f"{what}: {result.per_second:,.0f} requests/s, median {result.median_ms:.1f} ms,"
        f" p99 {result.p99_ms:.1f} ms, {result.cpu_ms:.2f} ms of processor each, {result.errors} errors;"
        f" load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


def measure(bench: Bench, taxa: int, soak_s: int) -> None:
    """Print every figure."""
    one, many = _RANDOM.format(taxa=taxa), _RANDOM_500.format(taxa=taxa)
    bench.load(one, seconds=3)
    say("one taxon", bench.load(one))
    say("one taxon, at most 400/s", bench.load(one + _DELAY.format(delay=14)))
    with urllib.request.urlopen(f"{ONE}4711") as answer:
        header = f"If-None-Match: {answer.headers['ETag']}"
    say("not modified", bench.load("", 8, header, address=f"{ONE}4711"))
    slowed = bench.load(_DELAY.format(delay=4), 8, header, address=f"{ONE}4711")
    say("not modified, at most 1,600/s", slowed)
    say("500 taxa, one request at a time", bench.load(many, 1))
    print(f"memory: {memory_mib(bench.parent):.0f} MiB", flush=True)
    say("one taxon, 32 connections", bench.load(one, 32))
    for minute in range(soak_s // 60):
        say(f"minute {minute + 1}", bench.load(one, 32, seconds=60))
        print(f"memory: {memory_mib(bench.parent):.0f} MiB", flush=True)


def results(classes: int) -> bytes:
    """A results document of so many classes, packed: three confusions and half a label issue for each."""
    rng = random.Random(1)
    taxa = [
        {
            "taxon_id": taxon_id,
            "images": rng.randint(25, 100),
            "top1": rng.random(),
            "top5": rng.random(),
            "mean_true_probability": rng.random(),
        }
        for taxon_id in range(1, classes + 1)
    ]
    confusions = [
        {"true_taxon_id": taxon_id, "predicted_taxon_id": classes + other, "count": rng.randint(1, 20)}
        for taxon_id in range(1, classes + 1)
        for other in range(1, 4)
    ]
    issues = [
        {
            "photo_id": number,
            "observation_id": number,
            "label_taxon_id": number,
            "suggested_taxon_id": number + 1,
            "score": rng.random(),
        }
        for number in range(1, classes, 2)
    ]
    document = {"run": {}, "overall": {"top1": 0.8}, "taxa": taxa}
    document |= {"confusions": confusions, "label_issues": issues}
    return gzip.compress(json.dumps(document).encode())


def hand_in(token: str, classes: int) -> None:
    """Print how long a run's results take, the first time and again."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def send(method: str, path: str, body: bytes, **more: str) -> dict[str, int]:
        request = urllib.request.Request(
            f"{ADDRESS}/api/v1/training-runs/{path}", body, headers | more, method=method
        )
        with urllib.request.urlopen(request) as answer:
            result: dict[str, int] = json.load(answer)
        return result

    new = {"key": str(time.time()), "snapshot_digest": "none", "config": {}, "is_simulated": True}
    run = send("POST", "", json.dumps(new).encode())["id"]
    packed = results(classes)
    for what in ("first", "again"):
        start = time.perf_counter()
        send("PUT", f"{run}/results/", packed, **{"Content-Encoding": "gzip"})
        print(
            f"results of {classes:,} classes, {len(packed) / 2**20:.1f} MiB packed, {what}:"
            f" {time.perf_counter() - start:.1f} s; load {os.getloadavg()[0]:.1f}",
            flush=True,
        )


def main() -> None:
    """Make the database, serve it, measure, and drop it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--taxa", type=int, default=1_500_000)
    parser.add_argument("--observed", type=int, default=500_000)
    parser.add_argument("--seconds", type=int, default=20, help="for each figure")
    parser.add_argument("--soak", type=int, default=300, help="seconds, in which memory must stay flat")
    parser.add_argument("--keep", action="store_true", help="keep the database for the next run")
    options = parser.parse_args()

    if shutil.which("wrk") is None or not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        print("skipped: needs wrk, and DATABASE_URL of a PostgreSQL server")
        return

    import django

    django.setup()
    from django.db import connection

    from portal.accounts.models import Scope
    from portal.accounts.services import make_token
    from portal.taxa.models import Taxon

    name = connection.creation.create_test_db(
        verbosity=0, autoclobber=True, serialize=False, keepdb=options.keep
    )
    try:
        if not Taxon.objects.exists():
            fill(options.taxa, options.observed)
        _, token = make_token("benchmark", Scope.TRAINER)
        connection.close()
        database = os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{name}"
        with served(database) as parent:
            hand_in(token, classes=100_000)
            measure(Bench(parent, options.seconds), options.taxa, options.soak)
    finally:
        connection.creation.destroy_test_db(name, verbosity=0, keepdb=options.keep)


if __name__ == "__main__":
    main()
