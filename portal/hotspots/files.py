"""Worklists as files."""

import csv
from collections.abc import Iterable, Iterator

from exporter.output import csv_cell
from portal.hotspots.links import observation_address
from portal.hotspots.models import WorklistEntry

#: The contract's columns, then what the portal knows besides.
COLUMNS = (
    "observation_id",
    "url",
    "label_taxon_id",
    "suspicion",
    "suggested_taxon_id",
    "reason",
    "priority",
    "photos",
    "kind",
    "evidence",
    "observed_on",
    "simulated",
)


class _Echo:
    """A file that gives back what is written into it."""

    def write(self, text: str) -> str:
        return text


def worklist_lines(entries: Iterable[WorklistEntry], is_simulated: bool) -> Iterator[str]:
    """The lines of a worklist as CSV (RFC 4180), the header first."""
    writer = csv.writer(_Echo())
    yield writer.writerow(COLUMNS)
    for entry in entries:
        yield writer.writerow(
            (
                entry.number,
                observation_address(entry),
                entry.label_taxon_id,
                f"{entry.suspicion:.4f}",
                entry.suggested_taxon_id,
                csv_cell(entry.reason),
                f"{entry.priority:.4f}",
                entry.photos,
                entry.kind,
                entry.evidence,
                entry.observed_on,
                "true" if is_simulated else "false",
            )
        )
