"""Loading files into the lake: each recognised by what is in it, all of them merged as one lake version."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from exporter.errors import DataError
from exporter.lake import Lake
from exporter.merge import Changes
from exporter.sources import api, observation_csv, open_data, taxonomy
from exporter.sources.dump_tables import DUMP_TABLES
from exporter.sources.files import READ_ERRORS, FileReport, Refusal, blocks, find_files, open_input
from exporter.sources.kinds import HEAD_BYTES, Kind, recognise
from exporter.staging import Staging


@dataclass(frozen=True)
class IngestReport:
    """What became of the files, and of the lake's tables."""

    files: list[FileReport]
    #: Rows read, new and changed, by table of the lake.
    tables: dict[str, Changes]

    @property
    def refused(self) -> int:
        """The number of refusals in all files."""
        return sum(file.refused for file in self.files)

    @property
    def refusals(self) -> list[Refusal]:
        """The refusals that were kept word for word, file by file."""
        return [refusal for file in self.files for refusal in file.refusals]


def ingest(lake: Lake, paths: Iterable[Path], *, strict: bool = False) -> IngestReport:
    """Load files, and the files in folders and below, into the lake as one new version.

    What cannot be loaded is refused row by row and the rest is loaded; with ``strict`` any refusal is a
    DataError and the lake stays as it was. DataError also for a path that does not exist.
    """
    with lake.staging() as staging:
        files = [stage_file(path, staging) for path in find_files(paths)]
        if strict:
            _insist(files)
        return IngestReport(files, lake.upsert(staging))


def stage_file(path: Path, staging: Staging) -> FileReport:
    """Stage what is in one file, and tell what became of it."""
    report = FileReport(path)
    staging.begin_file()
    try:
        with open_input(path) as stream:
            report.kind = recognise(next(blocks(stream, HEAD_BYTES)))
    except READ_ERRORS as error:
        report.refuse_rest("", error)
    except ValueError as unknown:
        report.refuse("", str(unknown))
    else:
        _stage(path, report.kind, staging, report)
    return report


def _stage(path: Path, kind: Kind, staging: Staging, report: FileReport) -> None:
    if kind is Kind.TAXONOMY:
        taxonomy.read(path, staging, report)
        return
    with open_input(path) as stream:
        if kind in DUMP_TABLES:
            open_data.read(stream, kind, staging, report)
        elif kind is Kind.OBSERVATION_CSV:
            observation_csv.read(stream, staging, report)
        else:
            api.read(stream, kind, staging, report)


def _insist(files: list[FileReport]) -> None:
    refused = [file for file in files if file.refused]
    if refused:
        number = sum(file.refused for file in refused)
        raise DataError(
            f"{number} refused, the first: {refused[0].refusals[0]}; "
            "nothing was loaded; mend the files, or load them without --strict"
        )
