"""Reading tab-separated tables without quoting: the open-data dump, and what iNaturalist's database gives.

A table is read in blocks of whole lines, so its size does not matter. Each block is split into columns by
Arrow, then checked and typed by one DuckDB query; lines are numbered here, as both number only what they
accept. (DuckDB's own reader was not used: it ends a line at a stray carriage return.) Rows in which the query
finds anything odd are read once more by the readers of `exporter.sources.values`, as rows of a CSV are.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from exporter.schema import TABLES
from exporter.sources.dump_tables import DUMP_TABLES
from exporter.sources.fields import BadValueError
from exporter.sources.files import (
    MOST_BYTES,
    READ_ERRORS,
    ByteStream,
    FileReport,
    blocks,
    too_long,
    wrong_width,
)
from exporter.sources.kinds import HEAD_BYTES, Kind
from exporter.sources.taxon_facts import ancestry_of
from exporter.sources.text_tables import TextColumn, TextTable
from exporter.sources.values import identifiers, is_missing, latest
from exporter.staging import Staging

_BLOCK_BYTES = 32 << 20
#: The columns of the checking query that say what is odd about a row.
_FINDINGS = ["line", "is_odd", "texts"]
_PLACE = ("latitude", "longitude")

#: Bytes that make no text but are UTF-8: control characters, and what is none in XML.
_CONTROLS = bytes(byte for byte in (*range(0x20), 0x7F) if byte not in b"\t\n")
_BLANKED = bytes.maketrans(_CONTROLS, b" " * len(_CONTROLS))
_RARE_CONTROLS = re.compile(rb"\xc2[\x80-\x9f]|\xe2\x80[\xa8\xa9]|\xef\xbf[\xbe\xbf]")


@dataclass(frozen=True)
class _Block:
    """Whole lines, and the number of the first."""

    first_line: int
    lines: bytes
    #: Lines that are not UTF-8, by number; they are blank in ``lines``.
    undecodable: dict[int, bytes] = field(default_factory=dict)


def read(stream: ByteStream, kind: Kind, staging: Staging, report: FileReport) -> None:
    """Stage the rows of a table of the dump. Observers are checked and counted only."""
    try:
        header = stream.readline(HEAD_BYTES).decode().rstrip("\r\n").split("\t")
    except READ_ERRORS as error:
        report.refuse_rest("line 1", error)
        return
    read_rows(stream, header, DUMP_TABLES[kind], "dump", staging, report)


def read_rows(
    stream: ByteStream,
    header: list[str],
    table: TextTable,
    source: str,
    staging: Staging,
    report: FileReport,
) -> None:
    """Stage the rows of a table from what follows its header: ``source`` is theirs in the lake."""
    reading = _Reading(table, header, source, staging, report)
    for block in _whole_lines(stream, report):
        reading.take(_clean(block))


class _Reading:
    """The reading of one table."""

    def __init__(
        self, table: TextTable, header: list[str], source: str, staging: Staging, report: FileReport
    ) -> None:
        known = [column.name for column in table.columns]
        #: The columns of the file; those that are not read are named by their place.
        self._header = [name if name in known else f"unread_{place}" for place, name in enumerate(header)]
        self._table = table
        self._source = source
        self._staging = staging
        self._report = report
        self._query = _query(table, self._header)

    def take(self, block: _Block) -> None:
        """Stage the rows of a block."""
        rows = _split(block, self._header, self._report)
        checked = self._check(rows.append_column("left_out", pa.nulls(len(rows), pa.int64())))
        self._report.read += len(checked)
        odd = checked.filter(checked["is_odd"]).select(_FINDINGS).sort_by("line").to_pylist()
        self._stage(checked.filter(pc.invert(checked["is_odd"])))
        odd += self._undecodable(block)
        mended = [row for each in odd if (row := self._mend(each["line"], each["texts"])) is not None]
        if mended:
            numbers = [("line", pa.int64()), ("left_out", pa.int64())]
            schema = pa.schema([*((name, pa.string()) for name in self._header), *numbers])
            self._stage(self._check(pa.Table.from_pylist(mended, schema)))

    def _check(self, rows: pa.Table) -> pa.Table:
        self._staging.con.register("block", rows)
        checked = self._staging.con.sql(self._query).to_arrow_table()
        self._staging.con.unregister("block")
        return checked

    def _stage(self, checked: pa.Table) -> None:
        if self._table.table and len(checked):
            self._staging.add(self._table.table, self._source, checked.drop_columns(_FINDINGS))
            self._report.count_rows(self._table.table, len(checked))

    def _undecodable(self, block: _Block) -> list[dict[str, Any]]:
        """The rows of lines that are not UTF-8, as the query would give them."""
        result = []
        for line, content in block.undecodable.items():
            self._report.read += 1
            texts = content.decode("utf-8", "surrogateescape").split("\t")
            if len(texts) != len(self._header):
                self._refuse_width(line, len(texts))
                continue
            given = dict(zip(self._header, texts, strict=True))
            result.append(
                {"line": line, "texts": [given.get(column.name) or None for column in self._table.columns]}
            )
        return result

    def _place(self, line: int, texts: list[str | None]) -> str:
        """What a report calls a row."""
        if self._table.named_by is None:
            return f"line {line}"
        names = [column.name for column in self._table.columns]
        return f"{self._table.named_by} {texts[names.index(self._table.named_by)]}"

    def _refuse_width(self, line: int, columns: int) -> None:
        self._report.refuse(f"line {line}", *wrong_width(columns, len(self._header)))

    def _mend(self, line: int, texts: list[str | None]) -> dict[str, Any] | None:
        """A row's values as the query reads them right, without those that nobody can; None if refused."""
        place = self._place(line, texts)
        row: dict[str, Any] = {"line": line, "left_out": 0}
        faults = []
        for number, (column, text) in enumerate(zip(self._table.columns, texts, strict=True)):
            try:
                row[column.name] = _mended(column, text, row)
            except BadValueError as fault:
                if column.is_required:
                    self._report.refuse(place, fault)
                    return None
                faults.append(fault)
            if row.get(column.name) is None:
                if column.is_required:
                    self._report.refuse(place, f"{column.name} is empty")
                    return None
                # Only what is empty in the file is empty on iNaturalist.
                row["left_out"] |= (text is not None) << number
        for left_out in faults:
            self._report.leave_out(place, left_out)
        if any(left_out.column in _PLACE for left_out in faults):
            row.update(dict.fromkeys(_PLACE))
        return row


def _mended(column: TextColumn, text: str | None, row: dict[str, Any]) -> str | None:
    """A value as text that the query reads right; None where there is none. BadValueError for a bad one."""
    if is_missing(text):
        return None
    read_value: Callable[[object], object] = column.type.read
    if column.name == "ancestry":
        read_value = lambda value: ancestry_of(int(row["taxon_id"]), identifiers(value))  # noqa: E731
    try:
        value = read_value(text)
    except ValueError as fault:
        raise BadValueError(column.name, text, str(fault)) from None
    return str(value)


def _whole_lines(stream: ByteStream, report: FileReport) -> Iterator[_Block]:
    """The lines after the header. Where the file breaks off is noted, and the line cut in two left out."""
    line, rest, is_too_long = 2, b"", False
    try:
        for piece in blocks(stream, _BLOCK_BYTES):
            end = piece.rfind(b"\n") + 1
            lines, rest = (rest + piece[:end], piece[end:]) if end else (b"", rest + piece)
            if lines:
                # The first of them is what is left of a line that was too long, and refused: blank.
                yield _Block(line, lines[lines.find(b"\n") :] if is_too_long else lines)
                is_too_long = False
                line += lines.count(b"\n")
            if len(rest) > MOST_BYTES:
                if not is_too_long:
                    report.read += 1
                    report.refuse(f"line {line}", too_long("a line"))
                is_too_long, rest = True, b""
    except READ_ERRORS as error:
        report.refuse_rest(f"line {line}", error)
        return
    if rest and not is_too_long:
        yield _Block(line, rest)


def _clean(block: _Block) -> _Block:
    """The block without control characters, and with lines that are not UTF-8 taken out."""
    lines = block.lines.replace(b"\r\n", b"\n").translate(_BLANKED)
    if lines.isascii():
        return _Block(block.first_line, lines)
    lines = _RARE_CONTROLS.sub(b" ", lines)
    undecodable = {}
    if not _is_utf8(lines):
        kept = lines.split(b"\n")
        for place, line in enumerate(kept):
            if not _is_utf8(line):
                undecodable[block.first_line + place] = line
                kept[place] = b""
        lines = b"\n".join(kept)
    return _Block(block.first_line, lines, undecodable)


def _is_utf8(text: bytes) -> bool:
    try:
        return text.isascii() or bool(text.decode())
    except UnicodeDecodeError:
        return False


def _split(block: _Block, header: list[str], report: FileReport) -> pa.Table:
    """The block's lines as text columns, with ``line``: their numbers. Lines of other width are refused."""
    misfits = []

    def refuse(row: arrow_csv.InvalidRow) -> str:
        misfits.append(row.number - 1)
        report.read += 1
        report.refuse(
            f"line {block.first_line + row.number - 1}",
            *wrong_width(row.actual_columns, row.expected_columns),
        )
        return "skip"

    # Arrow calls a text empty, and fails, if it accepts no row of it; a blank line at the end is always one.
    lines = block.lines + b"\n\n"
    rows = arrow_csv.read_csv(
        pa.BufferReader(lines),
        # Rows are numbered only when read by one thread and in one piece.
        read_options=arrow_csv.ReadOptions(use_threads=False, column_names=header, block_size=len(lines)),
        parse_options=arrow_csv.ParseOptions(
            delimiter="\t", quote_char=False, ignore_empty_lines=False, invalid_row_handler=refuse
        ),
        convert_options=arrow_csv.ConvertOptions(
            check_utf8=False,
            column_types=dict.fromkeys(header, pa.string()),
            strings_can_be_null=True,
            null_values=[""],
        ),
    )
    numbers = np.delete(np.arange(len(rows) + len(misfits)), misfits)
    return rows.append_column("line", pa.array(numbers + block.first_line))


def _query(table: TextTable, header: list[str]) -> str:
    """A SELECT over ``block``, blank lines left out: `_FINDINGS`, then the lake's columns.

    ``is_odd`` says that a value is not as it should be, or a required one missing; ``texts`` are then all
    the table's values as written. ``left_out`` of the block has bits for values that are not known.
    """
    given = ", ".join(f'"{name}"' for name in header)
    typed = ", ".join(
        _typed_sql(place, column, column.name in header) for place, column in enumerate(table.columns)
    )
    odd = " OR ".join(_odd_sql(place, column) for place, column in enumerate(table.columns))
    texts = ", ".join(f"text_{place}" for place in range(len(table.columns)))
    values = ", ".join(f"{value} AS {name}" for name, value in table.values.items())
    return (
        f"WITH typed AS (SELECT line, coalesce(left_out, 0) AS left_out, {typed} FROM block"
        f" WHERE coalesce({given}) IS NOT NULL),"
        f" judged AS (SELECT *, {odd} AS is_odd FROM typed)"
        f" SELECT line, is_odd, CASE WHEN is_odd THEN [{texts}] END AS texts"
        f"{', ' + values if values else ''}{_known_empty_sql(table, header)} FROM judged"
    )


def _known_empty_sql(table: TextTable, header: list[str]) -> str:
    """The lake's ``known_empty``: the columns that the file has, and leaves empty."""
    bits = TABLES[table.table].bits if table.table else {}
    parts = [
        f"CASE WHEN text_{place} IS NULL AND left_out & {1 << place} = 0 THEN {bits[column.name]} ELSE 0 END"
        for place, column in enumerate(table.columns)
        if column.name in bits and column.name in header
    ]
    return f", CAST({' | '.join(parts)} AS BIGINT) AS known_empty" if parts else ""


def _typed_sql(place: int, column: TextColumn, is_given: bool) -> str:
    text = f'"{column.name}"' if is_given else "NULL::VARCHAR"
    return f'{text} AS text_{place}, TRY_CAST({text} AS {column.type.sql_type}) AS "{column.name}"'


def _odd_sql(place: int, column: TextColumn) -> str:
    text = f"text_{place}"
    holds = column.type.condition.format(
        value=f'"{column.name}"', text=text, latest=f"DATE '{latest().isoformat()}'"
    )
    if column.is_required:
        return f"({text} IS NULL OR ({holds}) IS NOT TRUE)"
    return f"({text} IS NOT NULL AND ({holds}) IS NOT TRUE)"
