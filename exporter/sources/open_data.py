"""Reading the tables of iNaturalist's open-data dump: tab-separated, a header, no quoting.

A file is read in blocks of whole lines, so its size does not matter. Each block is split into columns by
Arrow, then checked and typed by one DuckDB query; lines are numbered here, as both number only what they
accept. (DuckDB's own reader was not used: it ends a line at a stray carriage return.)
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from exporter.sources.dump_tables import DUMP_TABLES, DumpColumn, DumpTable
from exporter.sources.files import READ_ERRORS, ByteStream, FileReport, blocks
from exporter.sources.kinds import Kind
from exporter.staging import Staging

_BLOCK_BYTES = 32 << 20
_TEXT_IN_REFUSAL = 60
#: The columns of the checking query that say what is wrong with a row.
_FINDINGS = ["line", "fault", "text"]


@dataclass(frozen=True)
class _Block:
    """Whole lines, and the number of the first."""

    first_line: int
    lines: bytes


def read(stream: ByteStream, kind: Kind, staging: Staging, report: FileReport) -> None:
    """Stage the rows of a table of the dump. Observers are checked and counted only."""
    table = DUMP_TABLES[kind]
    try:
        header = _header(stream.readline(), table)
    except READ_ERRORS as error:
        report.refuse_rest("line 1", error)
        return
    query = _query(table, header)
    for block in _whole_lines(stream, report):
        rows = _split(_clean(block, report), header, report)
        staging.con.register("block", rows)
        checked = staging.con.sql(query).to_arrow_table()
        staging.con.unregister("block")
        _take(checked, table, staging, report)


def _header(line: bytes, table: DumpTable) -> list[str]:
    """The names of the columns; those that are not read are named by their place."""
    known = [column.name for column in table.columns]
    names = line.decode().rstrip("\r\n").split("\t")
    return [name if name in known else f"unread_{place}" for place, name in enumerate(names)]


def _whole_lines(stream: ByteStream, report: FileReport) -> Iterator[_Block]:
    """The lines after the header. Where the file breaks off is noted, and the line cut in two left out."""
    line, rest = 2, b""
    try:
        for piece in blocks(stream, _BLOCK_BYTES):
            end = piece.rfind(b"\n") + 1
            lines, rest = (rest + piece[:end], piece[end:]) if end else (b"", rest + piece)
            if lines:
                yield _Block(line, lines)
                line += lines.count(b"\n")
    except READ_ERRORS as error:
        report.refuse_rest(f"line {line}", error)
        return
    if rest:
        yield _Block(line, rest)


def _clean(block: _Block, report: FileReport) -> _Block:
    """The block without carriage returns, and with lines that are not UTF-8 refused and made blank."""
    lines = block.lines
    if b"\r" in lines:
        lines = lines.replace(b"\r\n", b"\n").replace(b"\r", b" ")
    if not _is_utf8(lines):
        kept = lines.split(b"\n")
        for place, line in enumerate(kept):
            if not _is_utf8(line):
                report.read += 1
                report.refuse(f"line {block.first_line + place}", "not text in UTF-8")
                kept[place] = b""
        lines = b"\n".join(kept)
    return _Block(block.first_line, lines)


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
            f"{row.actual_columns} columns where the header has {row.expected_columns}",
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


def _query(table: DumpTable, header: list[str]) -> str:
    """A SELECT over ``block``, blank lines left out: `_FINDINGS`, then the lake's columns.

    ``fault`` is the place of the first column at fault among the table's, ``text`` what stands there.
    """
    given = [f'"{name}"' for name in header]
    typed = ", ".join(
        _typed_sql(place, column, column.name in header) for place, column in enumerate(table.columns)
    )
    faults = " ".join(
        f"WHEN {_fault_sql(place, column)} THEN {place}" for place, column in enumerate(table.columns)
    )
    fault_texts = ", ".join(f"text_{place}" for place in range(len(table.columns)))
    values = ", ".join(f"{value} AS {name}" for name, value in table.values.items())
    return (
        f"WITH typed AS (SELECT line, {typed} FROM block WHERE coalesce({', '.join(given)}) IS NOT NULL),"
        f" faulted AS (SELECT *, CASE {faults} END AS fault FROM typed)"
        f" SELECT line, fault, CASE WHEN fault IS NOT NULL THEN [{fault_texts}][fault + 1] END AS text"
        f"{', ' + values if values else ''} FROM faulted"
    )


def _typed_sql(place: int, column: DumpColumn, is_given: bool) -> str:
    text = f'"{column.name}"' if is_given else "NULL::VARCHAR"
    return f'{text} AS text_{place}, TRY_CAST({text} AS {column.type.sql_type}) AS "{column.name}"'


def _fault_sql(place: int, column: DumpColumn) -> str:
    text = f"text_{place}"
    holds = column.type.condition.format(value=f'"{column.name}"', text=text)
    if column.is_required:
        return f"{text} IS NULL OR ({holds}) IS NOT TRUE"
    return f"{text} IS NOT NULL AND ({holds}) IS NOT TRUE"


def _take(checked: pa.Table, table: DumpTable, staging: Staging, report: FileReport) -> None:
    report.read += len(checked)
    is_good = checked["fault"].is_null()
    good = checked.drop_columns(_FINDINGS)
    if checked["fault"].null_count < len(checked):
        good = good.filter(is_good)
        for row in checked.select(_FINDINGS).filter(pc.invert(is_good)).sort_by("line").to_pylist():
            report.refuse(f"line {row['line']}", _reason(table.columns[row["fault"]], row["text"]))
    if table.table and len(good):
        staging.add(table.table, "dump", good)
        report.count_rows(table.table, len(good))


def _reason(column: DumpColumn, text: str | None) -> str:
    if text is None:
        return f"{column.name} is empty"
    return f"{column.name} {text[:_TEXT_IN_REFUSAL]!r} is not {column.type.name}"
