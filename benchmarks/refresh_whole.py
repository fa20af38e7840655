"""What a whole refresh of the portal costs after a small pull, beside the first, which does all in full.

python -m benchmarks.refresh_whole [--folder var/benchmarks] [--observations 2000000] [--profile]

A made-up lake of 200,000 taxa (`benchmarks.generate`) is loaded and refreshed under both rules into an empty
scratch database: on SQLite, or with `DATABASE_URL=postgresql://...` beside the one named there. Then, time
after time, 0.1 % of the observations change all over the lake, and it is refreshed again, as the portal does
it. Pages show one of two generations of rows, which are written in turns: the second is written whole the
first time, and the first once more, for what was learned moves every estimate a little. Seconds are of the
processor: of this process, and of PostgreSQL's for it.
"""

import argparse
import cProfile
import pstats
import time
from pathlib import Path

from benchmarks import refresh_waits  # before Django reads its settings
from benchmarks.generate import generate
from benchmarks.refresh_changes import load, pull

#: Functions that a profile lists.
_LISTED = 60


def main() -> None:
    """Refresh in full, change some observations, refresh, and print what each cost."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=Path("var/benchmarks"))
    parser.add_argument("--observations", type=int, default=2_000_000)
    parser.add_argument(
        "--profile", action="store_true", help="list what the refresh after the small pull spends time on"
    )
    options = parser.parse_args()
    tables = generate(options.folder, options.observations)

    import django

    django.setup()
    from django.conf import settings

    from exporter.lake import Lake

    settings.DEBUG = False
    lake = Lake(settings.LAKE_DIR)
    with refresh_waits.scratch_database():
        load(lake, tables)
        whole = _refresh("in full")
        for seed, what in enumerate(("writes the other generation", "writes what was learned")):
            pull(lake, options.observations, seed)
            _refresh(f"0.1 % changed, {what}")
        pull(lake, options.observations)
        profile = cProfile.Profile(time.process_time) if options.profile else None
        seconds = _refresh("0.1 % changed", profile)
        print(f"  {seconds / whole:.1%} of the first")
        if profile is not None:
            pstats.Stats(profile).sort_stats("cumtime").print_stats(_LISTED)
        _refresh("nothing changed since; the other generation had not this pull")


def _refresh(what: str, profile: cProfile.Profile | None = None) -> float:
    """Refresh as the portal does; print and return the processor seconds."""
    from portal.refresh.services import refresh

    start = time.process_time(), refresh_waits.database_seconds()
    if profile is not None:
        profile.enable()
    current = refresh()
    if profile is not None:
        profile.disable()
    end = time.process_time(), refresh_waits.database_seconds()
    ours, theirs = (after - before for before, after in zip(start, end, strict=True))
    current.refresh_from_db()
    if "undone" in current.counts:
        raise SystemExit(f"not all was done: {current.counts['undone']}")
    print(f"{what}: {ours + theirs:.1f} s, of which the database's {theirs:.1f} s", flush=True)
    return ours + theirs


if __name__ == "__main__":
    main()
