"""Photo faults as a file."""

from collections.abc import Iterable, Iterator

from portal.batches.queries.public import PhotoFault
from portal.csv_lines import csv_lines
from portal.inaturalist import observation_address

COLUMNS = ("observation_id", "url", "label_taxon_id", "fault", "simulated")


def photo_fault_lines(faults: Iterable[PhotoFault], is_simulated: bool) -> Iterator[str]:
    """The lines of the list as CSV, the header first."""
    simulated = "true" if is_simulated else "false"
    rows = (
        (
            fault.entry.number,
            observation_address(fault.entry),
            fault.entry.label_taxon_id,
            fault.verdict.value,
            simulated,
        )
        for fault in faults
    )
    return csv_lines(COLUMNS, rows)
