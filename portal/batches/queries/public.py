"""What everybody may read of answers: counts without persons, and photos that need somebody's care."""

from dataclasses import dataclass

from exporter.criteria import DEFAULT_CRITERIA
from exporter.shares import Share
from portal.batches.models import PHOTO_FAULTS, Tally, Verdict
from portal.batches.queries.leaving import agreed
from portal.hotspots.models import WorklistEntry
from portal.taxa.models import Taxon

#: Fewer rows than this say nothing, and are not shown.
LEAST_ASKED = 30
#: How many photos the list has at most.
MOST_FAULTS = 1_000


@dataclass(frozen=True)
class Alarm:
    """How often a kind, or a reason, was a false alarm: among the rows of finished batches."""

    tally: Tally

    @property
    def right(self) -> Share:
        """The label was right."""
        return Share(self.tally.right, self.tally.asked)


@dataclass(frozen=True)
class PhotoFault:
    """An observation of which enough people said that its photo is the problem."""

    entry: WorklistEntry
    label: Taxon | None
    verdict: Verdict


def false_alarms() -> list[Alarm]:
    """The kinds and reasons with enough rows, kinds first, those that were wrong most often first."""
    rows = [Alarm(tally) for tally in Tally.objects.filter(asked__gte=LEAST_ASKED)]
    return sorted(rows, key=lambda alarm: (alarm.tally.group, -alarm.right.value, alarm.tally.code))


def photo_faults() -> list[PhotoFault]:
    """Observations on the worklist of which enough accounts named the same fault, the newest ids first."""
    rows = list(agreed(DEFAULT_CRITERIA, PHOTO_FAULTS).order_by("-observation_id", "verdict")[:MOST_FAULTS])
    taxa = Taxon.objects.in_bulk({row["label_taxon_id"] for row in rows})
    return [
        PhotoFault(
            WorklistEntry(
                observation_id=row["observation_id"],
                observation_uuid=row["observation_uuid"],
                label_taxon_id=row["label_taxon_id"],
            ),
            taxa.get(row["label_taxon_id"]),
            Verdict(row["verdict"]),
        )
        for row in rows
    ]
