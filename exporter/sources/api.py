"""Observation JSON of API v1: a page with `results`, a list, or one observation a line (NDJSON).

A document is never held whole: one observation is read at a time.
"""

from collections.abc import Iterable, Iterator

import ijson
import orjson

from exporter.sources.api_rows import ObservationRows, observation_rows
from exporter.sources.batches import Batches
from exporter.sources.files import READ_ERRORS, ByteStream, FileReport, blocks
from exporter.sources.kinds import Kind
from exporter.staging import Staging

_BLOCK_BYTES = 1 << 16


def read(stream: ByteStream, kind: Kind, staging: Staging, report: FileReport) -> None:
    """Stage the observations of a file with their photos, identifications and taxa."""
    stage_records(
        _lines(stream, report) if kind is Kind.API_LINES else _items(stream, kind, report), staging, report
    )


def stage_records(records: Iterable[tuple[str, object]], staging: Staging, report: FileReport) -> None:
    """Stage observations, each given with its place."""
    with Batches(staging, "api", report) as batches:
        for place, record in records:
            if not isinstance(record, dict):
                report.refuse(place, "not a JSON object")
                continue
            try:
                rows = observation_rows(record)
            except ValueError as fault:
                report.refuse(place, str(fault))
                continue
            for fault_within in rows.faults:
                report.refuse(place, fault_within)
            if record.get("simulated") is True:
                staging.is_simulated = True
            _stage(rows, batches)


def _stage(rows: ObservationRows, batches: Batches) -> None:
    """Add one observation's rows to the batches."""
    batches.add("observations", rows.observation)
    for row in rows.photos:
        batches.add("photos", row)
    for row in rows.identifications:
        batches.add("identifications", row)
    for row in rows.taxa:
        batches.add_taxon(row)


def _items(stream: ByteStream, kind: Kind, report: FileReport) -> Iterator[tuple[str, object]]:
    """The records of one JSON document, with their places; where it breaks off is noted."""
    prefix, list_name = ("results.item", "results") if kind is Kind.API_PAGE else ("item", "")
    place = 0
    try:
        for record in ijson.items(ijson.from_iter(blocks(stream, _BLOCK_BYTES)), prefix, use_float=True):
            report.read += 1
            yield f"{list_name}[{place}]", record
            place += 1
    except (ijson.JSONError, *READ_ERRORS) as error:
        report.refuse_rest(f"{list_name}[{place}]", error)


def _lines(stream: ByteStream, report: FileReport) -> Iterator[tuple[str, object]]:
    """The records of NDJSON, with their places; a line that is not JSON is refused, a blank one left out."""
    number = 0
    try:
        for number, line in enumerate(stream, start=1):
            if line.isspace():
                continue
            report.read += 1
            try:
                record = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                report.refuse(f"line {number}", f"not valid JSON ({error})")
                continue
            yield f"line {number}", record
    except READ_ERRORS as error:
        report.refuse_rest(f"line {number + 1}", error)
