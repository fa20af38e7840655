"""Serve a stand-in: ``python -m tests.standin [--records PATH] [--port N] [--fault KIND --every N]``."""

import argparse
import tempfile
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

from exporter.simulation import simulate
from tests.standin.faults import FAULTS
from tests.standin.server import StandIn
from tests.standin.world import World, read_records


def main() -> None:
    kinds = "\n".join(f"  {name:10} {what}" for name, what in FAULTS.items())
    parser = argparse.ArgumentParser(
        prog="python -m tests.standin",
        description="A stand-in for iNaturalist's API v1 on this machine.",
        epilog=f"faults:\n{kinds}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--records", type=Path, metavar="PATH", help="NDJSON or an answer; default: simulated"
    )
    parser.add_argument("--observations", type=int, default=2_000, metavar="N", help="how many to simulate")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--per-minute", type=int, default=60, metavar="N", help="requests before 429")
    parser.add_argument("--fault", choices=FAULTS, action="append", default=[], metavar="KIND")
    parser.add_argument("--every", type=int, default=10, metavar="N", help="requests from fault to fault")
    options = parser.parse_args()
    world = World(read_records(options.records) if options.records else simulated(options.observations))
    standin = StandIn(world, port=options.port, requests=options.per_minute)
    standin.faults.every(options.every, options.fault)
    print(f"{len(world):,} observations at {standin.url}; Ctrl-C stops", flush=True)
    with suppress(KeyboardInterrupt):
        standin.serve()


def simulated(observations: int, end: date | None = None) -> list[dict[str, object]]:
    """A simulated world's observations; its last day is today unless one is given."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "world"
        simulate(out, seed=1, observations=observations, end=end or datetime.now(UTC).date())
        return read_records(out)


if __name__ == "__main__":
    main()
