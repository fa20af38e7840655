"""What a reader's own facets and the next batch take: a part of `benchmarks.portal --readers`.

The reader is the worst for the database: one who has seen the first `SEEN` of the worklist, while others hold
`HELD` of what follows. Measured are `worklist_over_all` with the facets about the reader, and `next_rows`;
alone, and with every other facet.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import islice, pairwise
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.portal_facets import VALUES, Look, facets_of, print_slowest, timed
from benchmarks.portal_pages import subjects

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from portal.hotspots.models import WorklistEntry

#: How many observations the reader has seen, made, and stands alone with.
SEEN, OWN, ALONE = 30_000, 3_000, 300
#: How many others hold, in batches of 30, and how many iNaturalist settled since the count.
HELD, SETTLED = 60_000, 20_000
#: Everybody else who observed, the busiest most.
OBSERVERS = 200_000
READER = "benchmark-reader"
PERSONAL = ("own=1", "maverick=1", "unseen=1", "own=1&unseen=1", "own=1&maverick=1")
_BATCH, _AT_ONCE = 30, 5_000


def measure() -> None:
    """Print what takes longest as tables."""
    known = subjects()
    others = [f"{name}={value.format(**known)}" for name, values in VALUES.items() for value in values]
    queries = [*PERSONAL, *(f"{own}&{other}" for own in PERSONAL for other in others)]
    print_slowest("personal facets, alone and with another", (partial(_shown, query) for query in queries))
    print_slowest("next batches", (partial(_given, query) for query in ["", *others]))


def _shown(query: str) -> Look:
    from portal.hotspots.queries.worklists import worklist_over_all
    from portal.hotspots.seen import Visitor

    facets = facets_of(query, Visitor(_reader()))
    return timed(query, lambda: worklist_over_all(facets))


def _given(query: str) -> Look:
    from django.utils import timezone

    from portal.batches.queries import holder_of
    from portal.batches.queries.leaving import leave_out
    from portal.hotspots.queries.offering import next_rows

    facets, holder = facets_of(query), holder_of(_reader(), "")
    left = leave_out(holder, facets.criteria, timezone.now())
    return timed(query or "any", lambda: next_rows(facets, leave_out=left))


def _reader() -> "User":
    from django.contrib.auth import get_user_model

    return get_user_model().objects.get(username=READER)


def fill() -> None:
    """Put the reader, other holders and whoever observed into the database, unless they are there."""
    from django.contrib.auth import get_user_model
    from django.db import transaction
    from django.utils import timezone

    from portal.accounts.models import Identity

    if get_user_model().objects.filter(username=READER).exists():
        return
    now = timezone.now()
    with transaction.atomic():
        user = get_user_model().objects.create_user(READER)
        Identity.objects.create(user=user, inat_id=1, login=READER, told_at=now)
        _seen_and_held(user, now)
        _involved()
    analyze()


def analyze() -> None:
    """Let the database count what was written, as both do by themselves in time."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def _seen_and_held(user: "User", now: datetime) -> None:
    from portal.batches.models import Holder, SeenObservation, Settled, SettledObservation

    entries = _first_entries()
    holder = Holder.objects.create(user=user, used_at=now, has_finished=True)
    seen = [
        SeenObservation(holder=holder, observation_id=entry.observation_id) for entry in islice(entries, SEEN)
    ]
    SeenObservation.objects.bulk_create(seen, batch_size=_AT_ONCE)
    for number in range(HELD // _BATCH):
        _hold(number, list(islice(entries, _BATCH)), now)
    settled = [
        SettledObservation(observation_id=entry.observation_id, how=Settled.MOVED, at=now)
        for entry in islice(entries, SETTLED)
    ]
    SettledObservation.objects.bulk_create(settled, batch_size=_AT_ONCE)


def _first_entries() -> Iterator["WorklistEntry"]:
    from portal.hotspots.facets import Facets
    from portal.hotspots.queries.worklists import worklist

    return iter(worklist(Facets())[: SEEN + HELD + SETTLED].iterator(chunk_size=_AT_ONCE))


def _hold(number: int, entries: list["WorklistEntry"], now: datetime) -> None:
    from portal.batches.models import COPIED, Batch, BatchRow, Holder

    holder = Holder.objects.create(key_digest=f"{number:064}", used_at=now)
    batch = Batch.objects.create(
        holder=holder,
        criteria=entries[0].criteria,
        taken_at=now,
        held_until=now + timedelta(days=1),
    )
    BatchRow.objects.bulk_create(
        BatchRow(
            batch=batch,
            place=place,
            observation_id=entry.observation_id,
            observation_uuid=entry.observation_uuid,
            **{name: getattr(entry, name) for name in COPIED},
        )
        for place, entry in enumerate(entries)
    )


def _involved() -> None:
    """Somebody observed every entry: the reader `OWN` of them, and alone contradicts `ALONE`."""
    from portal.hotspots.models import Involved, WorklistEntry

    # Rows of the former refresh are still in the table, and are of no rule.
    entries = WorklistEntry.objects.filter(criteria="inat-2022").order_by()
    ids = np.fromiter(entries.values_list("observation_id", flat=True), np.int64)
    rng = np.random.default_rng(11)
    people = 2 + (OBSERVERS * rng.power(0.3, len(ids))).astype(np.int64)
    people[rng.choice(len(ids), OWN, replace=False)] = 1
    alone = rng.choice(ids, ALONE, replace=False)
    make = partial(Involved, criteria="inat-2022")
    for start, end in pairwise((*range(0, len(ids), _AT_ONCE), len(ids))):
        Involved.objects.bulk_create(
            make(inat_id=person, role=Involved.Role.OBSERVER, observation_id=observation)
            for person, observation in zip(people[start:end].tolist(), ids[start:end].tolist(), strict=True)
        )
    Involved.objects.bulk_create(
        make(inat_id=1, role=Involved.Role.MAVERICK, observation_id=observation)
        for observation in alone.tolist()
    )
