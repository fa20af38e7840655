"""What every pair of facets of a worklist takes: a part of `benchmarks.portal --pairs`.

Measured is `portal.hotspots.queries.worklists.worklist_over_all`: the ids that a page goes through. Most of a
second goes into the database, whose processor time on PostgreSQL is known to 10 ms.
"""

import os
import time
from collections.abc import Callable, Iterable, Sized
from itertools import combinations
from typing import TYPE_CHECKING

from benchmarks.portal_pages import database_ms, subjects

if TYPE_CHECKING:
    from portal.hotspots.facets import Facets
    from portal.hotspots.seen import Visitor

#: A pair that takes longer than this is read once more, so that chance alone makes none look slow.
SLOW_MS = 100
WORST = 10
#: Values of each facet; in braces what `subjects` finds. Of taxa a large one and a small one.
VALUES = {
    "place": ["europe", "oceania", "antarctica", "ES", "US-CA"],
    "kind": ["lookalike", "out_of_range", "model"],
    "rather": ["{fullest}", "0"],
    "chance": ["likely", "possible", "unlikely"],
    "grade": ["research", "casual"],
    "evidence": ["identifications", "records"],
    "since": ["count", "2026-11-01"],
    "suggested": ["1"],
    "disputed": ["1"],
    "clade": ["{kingdom}", "{family}", "{genus}", "{fullest}"],
    "label": ["{fullest}"],
}


#: Processor time and wall time in ms, how many ids were found, and with which query.
Look = tuple[float, float, int, str]


def measure() -> None:
    """Print the facets and pairs of them that take longest."""
    known = subjects()
    chosen = [(name, value.format(**known)) for name, values in VALUES.items() for value in values]
    queries = [f"{name}={value}" for name, value in chosen]
    queries += [
        f"{one[0]}={one[1]}&{other[0]}={other[1]}"
        for one, other in combinations(chosen, 2)
        if one[0] != other[0]
    ]
    print_slowest("facets and pairs", map(_look_of, queries))


def print_slowest(what: str, looks: Iterable[Callable[[], Look]]) -> None:
    """Print those of these that take longest as a table, and how many take more than `SLOW_MS`."""
    taken = sorted(map(_lesser, looks), reverse=True)
    slow = sum(ms > SLOW_MS for ms, *_ in taken)
    print(f"{len(taken)} {what}, {slow} over {SLOW_MS} ms; load average {os.getloadavg()[0]:.1f}")
    print("| facets | ids | processor: web and database | wall |\n| --- | ---: | ---: | ---: |")
    for ms, wall, ids, query in taken[:WORST]:
        print(f"| `{query}` | {ids:,} | {ms:.0f} ms | {wall:.0f} ms |", flush=True)


def _lesser(look: Callable[[], Look]) -> Look:
    """The lesser processor time and wall time of two looks, where the first is slow."""
    first = look()
    return min(first, look()) if first[0] > SLOW_MS else first


def timed(query: str, found: Callable[[], Sized]) -> Look:
    """What it takes to find these."""
    from django.db import connection

    start, web, before = time.perf_counter(), time.process_time(), database_ms(connection)
    count = len(found())
    ms = (time.process_time() - web) * 1000 + database_ms(connection) - before
    return ms, (time.perf_counter() - start) * 1000, count, query


def facets_of(query: str, visitor: "Visitor | None" = None) -> "Facets":
    """What an address asks for, of a stranger or of this visitor. SystemExit where it is left out."""
    from django.http import QueryDict

    from portal.hotspots.forms import FacetsForm
    from portal.hotspots.personal import NOBODY

    facets, notices = FacetsForm(QueryDict(query)).facets(visitor=visitor or NOBODY)
    if notices:
        raise SystemExit(f"{query}: {notices[0]}")
    return facets


def _look_of(query: str) -> Callable[[], Look]:
    from portal.hotspots.queries.worklists import worklist_over_all

    return lambda: timed(query, lambda: worklist_over_all(facets_of(query)))
