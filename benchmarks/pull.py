"""Measure pulling: rows written from API pages, how close to the allowed rate, and a dump from a bucket.

python -m benchmarks.pull [pages|rate|dump] [--folder var/benchmarks] [--observations N] [--minutes M]
"""

import argparse
import gzip
import json
import multiprocessing
import os
import resource
import shutil
import time
from contextlib import suppress
from pathlib import Path

from benchmarks.ingest import dump as generate_dump
from benchmarks.ingest import world
from benchmarks.measure import in_own_process, timed
from exporter.lake import Lake
from exporter.pull import walk
from exporter.pull.client import AllowanceSpentError, Client
from exporter.pull.dump import Dump
from exporter.pull.limiter import Limiter, Window
from exporter.pull.puller import Puller, store_of
from tests.standin.bucket import Bucket
from tests.standin.server import StandIn
from tests.standin.world import World, read_records

LIFE = 48460
#: What iNaturalist takes to answer; a page of 200 observations takes about that long.
LATENCY_S = 0.5
_UNLIMITED = {"requests": (Window(10**9, 1.0),)}
_TAXA = "taxon_id\tancestry\trank_level\trank\tname\tactive\n1\t48460\t70\tkingdom\tAnimalia\ttrue\n"


def main() -> None:
    """Run one measurement."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("pages", "rate", "dump"), nargs="?", default="pages")
    parser.add_argument("--folder", type=Path, default=Path("var/benchmarks"))
    parser.add_argument("--observations", type=int, default=10_000_000, help="of the dump")
    parser.add_argument(
        "--per-page", type=int, default=walk.PER_PAGE, help="observations a page, of the rate"
    )
    parser.add_argument("--minutes", type=float, default=4, help="of the rate")
    parser.add_argument("--pull", nargs=2, metavar=("URL", "LAKE"), help=argparse.SUPPRESS)
    parser.add_argument("--load", nargs=2, metavar=("URL", "LAKE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    walk.PER_PAGE = options.per_page
    options.folder.mkdir(parents=True, exist_ok=True)
    if options.pull:
        print(json.dumps(timed(lambda: pull_pages(options.pull[0], Path(options.pull[1])))))
        return
    if options.load:
        print(json.dumps(timed(lambda: load_dump(options.load[0], Path(options.load[1])))))
        return
    if options.what == "pages":
        pages(options.folder)
    elif options.what == "rate":
        rate(options.folder, options.minutes)
    else:
        dump(options.folder, options.observations)
    print(f"load at the end: {os.getloadavg()[0]:.1f}")


def pages(folder: Path) -> None:
    """Pull a simulated world of 24,000 observations without a limit, in a process of its own."""
    with StandIn(World(read_records(world(folder))), requests=10**9) as standin:
        lake = _empty(folder / "pulled")
        result = in_own_process("benchmarks.pull", "pages", "--pull", standin.url, str(lake))
        requests = len(standin.log)
    print(
        f"pages: {result['rows']:,} rows in {result['seconds']:.1f} s,"
        f" {result['rows'] / result['seconds']:,.0f} rows/s, {requests:,} requests,"
        f" {_processor_s():.0f} s of processor time,"
        f" peak {result['peak_gib']:.2f} GiB"
    )


def pull_pages(url: str, lake: Path) -> int:
    """Pull everything; gives the rows read for the lake's tables."""
    client = Client(Limiter(lake.parent / "unlimited", limits=_UNLIMITED), url=url)
    report = Puller(Lake(lake), client).pull_clade(LIFE)
    return sum(changes.read for changes in report.tables.values())


def rate(folder: Path, minutes: float) -> None:
    """Pull with the real limits, from a stand-in that has iNaturalist's and takes its time; by 1 and 4."""
    for processes in (1, 4):
        with StandIn(World(read_records(world(folder))), latency_s=LATENCY_S) as standin:
            budget = _empty(folder / "rate") / "budget"
            budget.parent.mkdir()
            until = time.time() + minutes * 60
            started = [
                multiprocessing.Process(
                    target=_keep_pulling, args=(standin.url, folder, budget, number, until)
                )
                for number in range(processes)
            ]
            for process in started:
                process.start()
            for process in started:
                process.join()
            at = sorted(each.at for each in standin.log)
            refused = sum(each.status == 429 for each in standin.log)
        a_minute = (len(at) - 1) / (at[-1] - at[0]) * 60
        most = max(sum(start <= each < start + 60 for each in at) for start in at)
        print(
            f"{processes} processes: {a_minute:.1f} a minute ({a_minute / 55:.1%} of 55),"
            f" at most {most} in any 60 s, {refused} refused, {len(at)} requests"
        )


def _keep_pulling(url: str, folder: Path, budget: Path, number: int, until: float) -> None:
    limiter = Limiter(budget)
    while time.time() < until:
        lake = Lake(_empty(folder / "rate" / f"lake-{number}"))
        puller = Puller(lake, Client(limiter, url=url))
        with suppress(AllowanceSpentError), puller.client.allowance(60):
            puller.pull([LIFE])


def dump(folder: Path, observations: int) -> None:
    """Fetch a generated dump from a bucket on this machine and load it, in a process of its own."""
    source = _packed(folder, observations)
    sizes = sum(path.stat().st_size for path in source.iterdir())
    with Bucket(source, part_bytes=8 << 20) as bucket:
        lake = _empty(folder / "from_dump")
        result = in_own_process("benchmarks.pull", "dump", "--load", bucket.url, str(lake))
    held = sum(path.stat().st_size for path in lake.rglob("*") if path.is_file())
    print(
        f"dump of {observations:,} observations: {result['rows']:,} rows, {result['seconds']:.0f} s,"
        f" {_processor_s():.0f} s of processor time, peak"
        f" {result['peak_gib']:.2f} GiB; files {sizes / 1e9:.2f} GB, lake {held / 1e9:.2f} GB"
    )


def load_dump(url: str, lake: Path) -> int:
    """Fetch and load; gives the rows read for the lake's tables."""
    report = Dump(lake.parent / "fetched", url=url).load(Lake(lake), store_of(Lake(lake)))
    assert report is not None
    return sum(changes.read for changes in report.tables.values())


def _packed(folder: Path, observations: int) -> Path:
    """The dump's files as the bucket has them, made once."""
    target = folder / f"bucket_{observations}"
    if not target.exists():
        source = generate_dump(folder, observations)
        partial = folder / f".bucket_{observations}"
        partial.mkdir(exist_ok=True)
        for name in ("observations", "photos"):
            with (
                (source / f"{name}.csv").open("rb") as plain,
                gzip.open(partial / f"{name}.csv.gz", "wb", compresslevel=1) as packed,
            ):
                shutil.copyfileobj(plain, packed, 1 << 20)
        (partial / "taxa.csv.gz").write_bytes(gzip.compress(_TAXA.encode()))
        partial.rename(target)
    return target


def _processor_s() -> float:
    """Processor time of the processes that have ended."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    return folder


if __name__ == "__main__":
    main()
