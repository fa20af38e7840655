"""Rows on their way from answers into the lake, merged while the next pages are fetched."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from types import TracebackType

from exporter.errors import DataError
from exporter.lake import Lake
from exporter.merge import Changes
from exporter.schema import LATER_TABLES, TABLES
from exporter.sources.api import stage_records
from exporter.sources.api_taxa import taxon_row
from exporter.sources.batches import Batches
from exporter.sources.fields import BadValueError, Row
from exporter.sources.files import FileReport, Refusal
from exporter.sources.json_documents import Record
from exporter.sources.values import JsonObject
from exporter.staging import Staging

#: An upsert rewrites every bucket that it touches, so rows wait for company: this many, or this long.
BATCH_RECORDS = 20_000
BATCH_S = 300.0


class LakeWriter:
    """Collects records and merges them into the lake in batches, one at a time and in order.

    A block that ends well, or at a `DataError`, has merged all that came before; one that ends otherwise
    drops what was not merged yet.
    """

    def __init__(self, lake: Lake, *, batch_records: int = BATCH_RECORDS, batch_s: float = BATCH_S) -> None:
        self._lake = lake
        self._batch_records = batch_records
        self._batch_s = batch_s
        self._batch: _Batch | None = None
        self._merging: Future[None] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1)
        #: Rows read, new and changed so far, by table of the lake.
        self.tables = {name: Changes(0, 0, 0) for name in TABLES if name not in LATER_TABLES}
        #: What could not be stored, in words; the first of each batch.
        self.refusals: list[Refusal] = []

    def __enter__(self) -> "LakeWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None or isinstance(error, DataError):
                self.flush()
        finally:
            self._thread.shutdown()
            if self._batch is not None:
                self._batch.close()

    def add_observations(self, records: Iterable[JsonObject], place: str) -> None:
        """Take observations as API v1 gives them; ``place`` says in refusals where they come from."""
        self._current().add_observations(records, place)

    def add_taxa(self, records: Iterable[JsonObject], told_at: datetime | None) -> None:
        """Take taxa as API v1 gives them, valid at a time."""
        self._current().add_taxa(records, told_at)

    def add_emptied(self, observations: list[Row]) -> None:
        """Take observations that are gone on iNaturalist: rows as `emptied_row` gives them."""
        self._current().add_emptied(observations)

    def then(self, act: Callable[[], None]) -> None:
        """Have something done once the lake has all that was taken so far; merges if it is time to."""
        batch = self._current()
        batch.afterwards.append(act)
        if batch.records >= self._batch_records or time.monotonic() - batch.since >= self._batch_s:
            self._merge()

    def flush(self) -> None:
        """Merge what was taken and wait for it."""
        self._merge()
        self._wait()

    def _current(self) -> "_Batch":
        if self._batch is None:
            self._batch = _Batch(self._lake)
        return self._batch

    def _merge(self) -> None:
        self._wait()
        if self._batch is not None:
            batch, self._batch = self._batch, None
            self._merging = self._thread.submit(self._merge_batch, batch)

    def _wait(self) -> None:
        if self._merging is not None:
            merging, self._merging = self._merging, None
            merging.result()

    def _merge_batch(self, batch: "_Batch") -> None:
        try:
            changes = self._lake.upsert(batch.staging) if batch.records else {}
        finally:
            batch.close()
        self.refusals += batch.report.refusals
        for name, each in changes.items():
            total = self.tables[name]
            self.tables[name] = Changes(
                total.read + each.read, total.new + each.new, total.changed + each.changed
            )
        for act in batch.afterwards:
            act()


class _Batch:
    """Records that are merged together, and what is to be done when they are."""

    def __init__(self, lake: Lake) -> None:
        self._opened = ExitStack()
        self.staging: Staging = self._opened.enter_context(lake.staging())
        self.report = FileReport(Path())
        self.since = time.monotonic()
        self.records = 0
        self.afterwards: list[Callable[[], None]] = []

    def close(self) -> None:
        self._opened.close()

    def add_observations(self, records: Iterable[JsonObject], place: str) -> None:
        self.staging.begin_file()
        self.report.path = Path(place)
        numbered = [Record(f"results[{number}]", record) for number, record in enumerate(records)]
        stage_records(numbered, self.staging, self.report)
        self.records += len(numbered)

    def add_taxa(self, records: Iterable[JsonObject], told_at: datetime | None) -> None:
        self.staging.begin_file()
        with Batches(self.staging, "api", self.report) as batches:
            for record in records:
                left_out: list[BadValueError] = []
                row = taxon_row(record, told_at, left_out)
                for fault in left_out:
                    self.report.leave_out("taxa", fault)
                if row is not None:
                    batches.add_taxon(row)
                    self.records += 1

    def add_emptied(self, observations: list[Row]) -> None:
        self.staging.begin_file()
        with Batches(self.staging, "api", self.report) as batches:
            for row in observations:
                batches.add("observations", row, self.staging.begin_record())
        self.records += len(observations)
