"""Loading files into the lake: each recognised by what is in it, all of them merged as one lake version."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from exporter.errors import DataError
from exporter.lake import Lake
from exporter.merge import Changes
from exporter.output import counted
from exporter.sources import api, common_names, darwin_core, observation_csv, open_data, taxonomy
from exporter.sources.archives import TAXON, parts_of, read_archive
from exporter.sources.csv_lines import csv_rows
from exporter.sources.dump_tables import DUMP_TABLES
from exporter.sources.files import READ_ERRORS, FileReport, Refusal, blocks, find_files, open_input
from exporter.sources.kinds import HEAD_BYTES, META, UNKNOWN_KIND, Kind, is_meta, recognise
from exporter.staging import Staging
from terminal.progress import Bar, bar


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

    @property
    def left_out(self) -> int:
        """The number of values that were left out of records that were loaded."""
        return sum(file.left_out for file in self.files)

    @property
    def notes(self) -> list[Refusal]:
        """The values left out that were kept word for word, file by file."""
        return [note for file in self.files for note in file.notes]

    @property
    def refused_for(self) -> Counter[str]:
        """How much was refused for each reason."""
        return sum((file.refused_for for file in self.files), Counter())

    @property
    def left_out_of(self) -> Counter[str]:
        """How many values were left out, by column and reason."""
        return sum((file.left_out_of for file in self.files), Counter())


def ingest(lake: Lake, paths: Iterable[Path], *, strict: bool = False) -> IngestReport:
    """Load files, and the files in folders and below, into the lake as one new version.

    What cannot be loaded is refused row by row and the rest is loaded; a single value that cannot be read is
    left out. With ``strict`` either is a DataError and the lake stays as it was. DataError also for a path
    that does not exist.
    """
    result = _whole(find_files(paths))
    size = sum(path.stat().st_size for path in result)
    with lake.staging() as staging, bar("ingest", size, unit="B") as shown:
        files = [_stage_shown(path, staging, shown) for path in result]
        if strict:
            insist(files)
        shown.stage("ingest: merging into the lake")
        return IngestReport(files, lake.upsert(staging))


def _stage_shown(path: Path, staging: Staging, shown: Bar) -> FileReport:
    """Stage a file, and let the bar go on by its size."""
    seen = _Seen(shown)
    shown.stage(f"ingest {path.name}")
    report = stage_file(path, staging, seen.add)
    shown.advance(path.stat().st_size - seen.bytes)
    return report


@dataclass
class _Seen:
    """How much of a file the bar has seen."""

    shown: Bar
    bytes: int = 0

    def add(self, number: int) -> None:
        """Go on by so many bytes."""
        self.bytes += number
        self.shown.advance(number)


def _whole(paths: Iterable[Path]) -> list[Path]:
    """The files without the parts of unpacked archives, which are loaded with the archive."""
    result = list(paths)
    parts = set().union(*(parts_of(path) for path in result if path.name == META and _begins_archive(path)))
    return [path for path in result if path not in parts]


def _begins_archive(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return is_meta(stream.read(HEAD_BYTES))
    except OSError:
        return False  # said when it is loaded


def stage_file(path: Path, staging: Staging, watch: Callable[[int], object] = int) -> FileReport:
    """Stage what is in one file, and report what became of it; ``watch``: as `open_input` calls it."""
    report = FileReport(path)
    staging.begin_file()
    try:
        with open_input(path) as stream:
            report.kind = recognise(next(blocks(stream, HEAD_BYTES)))
    except PermissionError as error:
        report.refuse("", f"cannot be opened ({error.strerror}); check who may read it")
    except READ_ERRORS as error:
        report.refuse_rest("", error)
    except ValueError as unknown:
        words = str(unknown)
        report.refuse("", words, UNKNOWN_KIND if words.startswith(UNKNOWN_KIND) else words)
    else:
        _stage(path, report.kind, staging, report, watch)
    return report


def _stage(
    path: Path, kind: Kind, staging: Staging, report: FileReport, watch: Callable[[int], object]
) -> None:
    if kind is Kind.TAXONOMY:
        taxonomy.read(path, staging, report)
        return
    if kind is Kind.ARCHIVE:
        try:
            archive = read_archive(path)
            of_taxa = archive.core.row_type == TAXON
            (common_names.read_archive if of_taxa else darwin_core.read)(archive, staging, report)
        except ValueError as fault:
            report.refuse("", str(fault))
        return
    with open_input(path, watch) as stream:
        if kind in DUMP_TABLES:
            open_data.read(stream, kind, staging, report)
        elif kind is Kind.OBSERVATION_CSV:
            observation_csv.read(stream, staging, report)
        elif kind is Kind.COMMON_NAMES:
            common_names.read(csv_rows(stream, report), staging, report)
        else:
            api.read(stream, staging, report)


def insist(files: list[FileReport]) -> None:
    """DataError if anything was refused or left out."""
    refused, left_out = sum(file.refused for file in files), sum(file.left_out for file in files)
    counts = [f"{refused:,} refused"] * bool(refused) + [f"{counted(left_out, 'value')} left out"] * bool(
        left_out
    )
    if counts:
        first = next(fault for file in files for fault in (*file.refusals, *file.notes))
        raise DataError(
            f"{' and '.join(counts)}, the first: {first}; "
            "nothing was loaded; mend the files, or load them without --strict"
        )
