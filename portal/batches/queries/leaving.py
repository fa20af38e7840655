"""What is left out of a batch: what somebody else has, what was seen, and what needs no look."""

from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from portal.batches.models import Answer, BatchRow, Holder, SettledObservation, Verdict
from portal.batches.queries import seen_by
from portal.hotspots import queries as hotspots
from portal.hotspots.models import WorklistEntry

#: So many accounts that answer the same, each on its own, rest a row for everybody. A browser without an
#: account does not count: whoever empties its cookies would be somebody new.
AGREEING = 2
#: Answers after which another look gains nothing. Where the reason is wrong, the label may be too.
RESTING = (Verdict.RIGHT, Verdict.UNCLEAR, Verdict.SEVERAL, Verdict.SIGN, Verdict.DUPLICATE)

#: What answers are counted by.
GROUPED = ("observation_id", "observation_uuid", "label_taxon_id", "verdict")


def leave_out(holder: Holder | None, criteria: str, now: datetime) -> QuerySet:
    """The ids of what this holder is given in no batch: None for somebody who took nothing yet.

    What anybody holds; what was finished, or settled on iNaturalist, since the data of the newest count; what
    the holder has seen; and what rests for everybody.
    """
    counted = hotspots.counted_last(criteria)
    taken = Q(batch__done_at=None, batch__held_until__gt=now)
    settled = SettledObservation.objects.all()
    if counted is not None:
        taken |= Q(batch__done_at__gt=counted.data_as_of)
        settled = settled.filter(at__gt=counted.data_as_of)
    return (
        BatchRow.objects.filter(taken)
        .order_by()
        .values_list("observation_id", flat=True)
        .union(
            settled.values_list("observation_id", flat=True),
            seen_by(holder),
            agreed(criteria, RESTING).values_list("observation_id", flat=True),
        )
    )


def agreed(criteria: str, verdicts: tuple[Verdict, ...]) -> QuerySet[Answer, dict[str, Any]]:
    """Observations about which enough accounts answered the same while they had the label that they have now.

    One row for each: `GROUPED`.
    """
    listed = WorklistEntry.objects.filter(
        criteria=criteria,
        observation_id=OuterRef("observation_id"),
        label_taxon_id=OuterRef("label_taxon_id"),
    )
    answers = Answer.objects.filter(Exists(listed), verdict__in=verdicts, holder__user__isnull=False)
    counted = answers.order_by().values(*GROUPED).annotate(accounts=Count("id"))
    rows: QuerySet[Answer, dict[str, Any]] = counted.filter(accounts__gte=AGREEING)
    return rows
