"""Counting answers without persons: by kind and by reason, for every row of a finished batch."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from django.db.models import F

from portal.batches.models import PHOTO_FAULTS, BatchRow, Tally, Verdict

#: The column that counts each answer.
_COLUMNS = {
    Verdict.RIGHT.value: "right",
    Verdict.UNCLEAR.value: "unclear",
    Verdict.REASON.value: "reason",
    **dict.fromkeys((verdict.value for verdict in PHOTO_FAULTS), "photo"),
}


def tally(rows: Iterable[BatchRow], answers: Mapping[int, str], now: datetime) -> None:
    """Add the rows of a finished batch, each under its kind and under each of its reasons."""
    counted: dict[tuple[str, str], Counter[str]] = {}
    for row in rows:
        for key in _groups(row):
            counts = counted.setdefault(key, Counter())
            counts["asked"] += 1
            if verdict := answers.get(row.observation_id):
                counts[_COLUMNS[verdict]] += 1
    # In one order, so that two processes do not wait for each other.
    for (group, code), counts in sorted(counted.items()):
        Tally.objects.get_or_create(group=group, code=code, defaults={"since": now, "until": now})
        added = {name: F(name) + number for name, number in counts.items()}
        Tally.objects.filter(group=group, code=code).update(until=now, **added)


def _groups(row: BatchRow) -> Iterator[tuple[str, str]]:
    yield Tally.Group.KIND, row.kind
    for code in dict.fromkeys(str(reason["code"]) for reason in row.reasons):
        yield Tally.Group.REASON, code
