"""Worklists as files."""

from collections.abc import Iterable, Iterator

from exporter.output import csv_cell
from portal.csv_lines import csv_lines
from portal.hotspots.models import WorklistEntry
from portal.inaturalist import observation_address
from portal.messages import english

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


def worklist_lines(entries: Iterable[WorklistEntry], is_simulated: bool) -> Iterator[str]:
    """The lines of a worklist as CSV, the header first."""
    simulated = "true" if is_simulated else "false"
    return csv_lines(COLUMNS, ((*_figures(entry), simulated) for entry in entries))


def _figures(entry: WorklistEntry) -> tuple[object, ...]:
    return (
        entry.number,
        observation_address(entry),
        entry.label_taxon_id,
        f"{entry.suspicion:.4f}",
        entry.suggested_taxon_id,
        csv_cell(english(entry.reasons) or entry.reason),
        f"{entry.priority:.4f}",
        entry.photos,
        entry.kind,
        entry.evidence,
        entry.observed_on,
    )
