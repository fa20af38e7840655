"""What every pair of facets of a worklist takes: a part of `benchmarks.portal --pairs`.

Measured is `portal.hotspots.queries.worklists.worklist_over_all`: the ids that a page goes through. Most of a
second goes into the database, whose processor time on PostgreSQL is known to 10 ms.
"""

import os
import time
from itertools import combinations

from benchmarks.portal_pages import database_ms, subjects

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


def measure() -> None:
    """Print the pairs that take longest as a table, and how many are over `SLOW_MS`."""
    known = subjects()
    chosen = [(name, value.format(**known)) for name, values in VALUES.items() for value in values]
    queries = [f"{name}={value}" for name, value in chosen]
    queries += [
        f"{one[0]}={one[1]}&{other[0]}={other[1]}"
        for one, other in combinations(chosen, 2)
        if one[0] != other[0]
    ]
    taken = sorted((_taken(query) for query in queries), reverse=True)
    slow = sum(ms > SLOW_MS for ms, *_ in taken)
    print(f"{len(queries)} facets and pairs, {slow} over {SLOW_MS} ms; load average {os.getloadavg()[0]:.1f}")
    print("| facets | ids | processor: web and database | wall |\n| --- | ---: | ---: | ---: |")
    for ms, wall, ids, query in taken[:WORST]:
        print(f"| `{query}` | {ids:,} | {ms:.0f} ms | {wall:.0f} ms |")


def _taken(query: str) -> tuple[float, float, int, str]:
    """The lesser processor time and wall time of two looks, where the first is slow; and how many ids."""
    first = _look(query)
    return min(first, _look(query)) if first[0] > SLOW_MS else first


def _look(query: str) -> tuple[float, float, int, str]:
    from django.db import connection
    from django.http import QueryDict

    from portal.hotspots.forms import FacetsForm
    from portal.hotspots.queries.worklists import worklist_over_all

    facets, notices = FacetsForm(QueryDict(query)).facets()
    if notices:
        raise SystemExit(f"{query}: {notices[0]}")
    start, web, before = time.perf_counter(), time.process_time(), database_ms(connection)
    ids = worklist_over_all(facets)
    ms = (time.process_time() - web) * 1000 + database_ms(connection) - before
    return ms, (time.perf_counter() - start) * 1000, len(ids), query
