"""Observation JSON of API v1: pages with `results`, lists, and observations, as many as a file holds.

A document is never held whole: one observation is read at a time.
"""

from collections.abc import Iterable

from exporter.sources.api_rows import ObservationRows, observation_rows
from exporter.sources.batches import Batches
from exporter.sources.fields import BadValueError
from exporter.sources.files import ByteStream, FileReport
from exporter.sources.json_documents import Record, records
from exporter.sources.kinds import is_observation
from exporter.sources.values import JsonObject
from exporter.staging import Staging


def read(stream: ByteStream, staging: Staging, report: FileReport) -> None:
    """Stage the observations of a file with their photos, identifications and taxa."""
    stage_records(records(stream, report), staging, report)


def stage_records(result: Iterable[Record], staging: Staging, report: FileReport) -> None:
    """Stage observations, each given with its place."""
    with Batches(staging, "api", report) as batches:
        for record in result:
            if record.fault is not None:
                report.refuse(record.place, record.fault)
            elif not isinstance(record.value, dict):
                report.refuse(record.place, "not a JSON object")
            else:
                _stage(record.place, record.value, staging, batches, report)


def _stage(place: str, record: JsonObject, staging: Staging, batches: Batches, report: FileReport) -> None:
    try:
        rows = observation_rows(record)
        if not is_observation(record.keys()):
            raise ValueError("not an observation: none of its fields is one of an observation's alone")
    except ValueError as fault:
        report.refuse(place, fault if isinstance(fault, BadValueError) else str(fault))
        return
    for fault_within in rows.refused:
        report.refuse(place, *fault_within)
    for left_out in rows.left_out:
        report.leave_out(place, left_out)
    if record.get("simulated") is True:
        staging.is_simulated = True
    _add(rows, staging.begin_record(), batches)


def _add(rows: ObservationRows, record_number: int, batches: Batches) -> None:
    """Add one observation's rows to the batches."""
    batches.add("observations", rows.observation, record_number)
    for row in rows.photos:
        batches.add("photos", row, record_number)
    for row in rows.identifications:
        batches.add("identifications", row, record_number)
    for row in rows.taxa:
        batches.add_taxon(row)
