"""Rows on their way into the lake: Parquet files in a folder that only one ingest sees."""

import shutil
from itertools import count
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from exporter.query_engine import one_thread
from exporter.schema import TABLES, bucket_sql, read_sql
from exporter.sql_paths import written_path

_PARQUET = "(FORMAT parquet, COMPRESSION zstd)"
#: Rows divided at once, about: all of them lie in memory, or are spilled to the disk, before any is written.
_ROWS_AT_ONCE = 4_000_000


class Staging:
    """Takes rows in any number of pieces, of any table and source; `Lake.upsert` merges them.

    Rows keep a number that grows with each input file, and within a file with each record that may replace
    an earlier one: of two equally new rows of one source the one with the larger number wins.
    """

    def __init__(self, folder: Path, connection: duckdb.DuckDBPyConnection) -> None:
        self.folder = folder
        self.con = connection
        #: Set by a source that reads a simulated world.
        self.is_simulated = False
        self._file_number = 0
        self._pieces = count()

    def begin_file(self) -> None:
        """Say that the rows from now on come from the next input file."""
        self._file_number += 1

    def begin_record(self) -> int:
        """Say that the next record begins; gives the ``file_number`` of its rows."""
        self._file_number += 1
        return self._file_number

    def add(self, table: str, source: str, rows: pa.Table | pa.RecordBatch) -> None:
        """Stage rows with any of the table's columns; those missing are null."""
        if rows.num_rows == 0:
            return
        given = {
            "source": pa.array([source] * rows.num_rows, pa.string()),
            "file_number": pa.array([self._file_number] * rows.num_rows, pa.int32()),
            **{name: rows.column(name) for name in rows.schema.names},
        }
        schema = TABLES[table].arrow.append(pa.field("file_number", pa.int32()))
        columns = [
            given[field.name].cast(field.type) if field.name in given else pa.nulls(rows.num_rows, field.type)
            for field in schema
        ]
        pq.write_table(pa.table(columns, schema=schema), self._piece(table, source))

    def copy(self, table: str, source: str, select: str) -> int:
        """Stage what a SELECT on ``con`` gives, by column name; gives the number of rows."""
        given = {row[0] for row in self.con.execute(f"DESCRIBE {select}").fetchall()}
        columns = ", ".join(
            f"CAST({column.name if column.name in given else 'NULL'} AS {column.sql_type}) AS {column.name}"
            for column in TABLES[table].columns
            if column.name != "source"
        )
        [(rows,)] = self.con.execute(
            f"COPY (SELECT {columns}, '{source}' AS source, {self._file_number}::INTEGER AS file_number"
            f" FROM ({select})) TO {written_path(self._piece(table, source))} {_PARQUET}"
        ).fetchall()
        return int(rows)

    def sources(self, table: str) -> list[str]:
        """The sources of which rows of a table are staged."""
        return sorted(path.name for path in (self.folder / table).glob("*"))

    def all_sources(self) -> list[str]:
        """The sources of which rows of any table are staged."""
        return sorted({source for table in TABLES for source in self.sources(table)})

    def read_sql(self, table: str, source: str | None = None) -> str:
        """A SELECT of the staged rows, of one source or of all: the table's columns and ``file_number``."""
        paths = [str(path) for path in (self.folder / table).glob(f"{source or '*'}/*.parquet")]
        return read_sql(TABLES[table], paths, file_number=True)

    def replace(self, table: str, source: str, select: str) -> None:
        """Put what a SELECT gives in place of the staged rows, which are ``{staged}`` in it, part by part.

        It has their columns, and makes of each row one.
        """
        for paths in self._in_parts(table, source):
            rows = select.format(staged=read_sql(TABLES[table], list(map(str, paths)), file_number=True))
            self.con.execute(f"COPY ({rows}) TO {written_path(self._piece(table, source))} {_PARQUET}")
            for path in paths:
                path.unlink()

    def distribute(self, table: str, *, keep: bool) -> set[int]:
        """Divide the staged rows of a table into the lake's buckets; gives the buckets that have any.

        keep: the undivided rows, for a merge that may begin again. Else they go as soon as they are divided:
              a large dump would lie on the disk twice.
        """
        bucket = bucket_sql(TABLES[table].bucket_by)
        shutil.rmtree(self.folder / "buckets" / table, ignore_errors=True)
        for source in self.sources(table):
            folder = self.folder / "buckets" / table / source
            folder.parent.mkdir(parents=True, exist_ok=True)
            for number, paths in enumerate(self._in_parts(table, source)):
                rows = read_sql(TABLES[table], list(map(str, paths)), file_number=True)
                with one_thread(self.con):
                    self.con.execute(
                        f"COPY (SELECT *, {bucket} AS bucket FROM ({rows})) TO {written_path(folder)}"
                        " (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (bucket), OVERWRITE_OR_IGNORE,"
                        f" FILENAME_PATTERN 'part_{number}_{{i}}')"
                    )
                for path in () if keep else paths:
                    path.unlink()
        result = (self.folder / "buckets" / table).glob("*/bucket=*")
        return {int(path.name.removeprefix("bucket=")) for path in result}

    def bucket_sql(self, table: str, source: str, bucket: int) -> str | None:
        """A SELECT of the distributed rows of one bucket and source; None where there are none."""
        folder = self.folder / "buckets" / table / source / f"bucket={bucket}"
        paths = [str(path) for path in folder.glob("*.parquet")]
        return read_sql(TABLES[table], paths, file_number=True) if paths else None

    def _in_parts(self, table: str, source: str) -> list[list[Path]]:
        """The staged pieces, as many together as have about `_ROWS_AT_ONCE` rows."""
        pieces = sorted((self.folder / table / source).glob("*.parquet"))
        parts: dict[int, list[Path]] = {}
        rows = 0
        for piece in pieces:
            parts.setdefault(rows // _ROWS_AT_ONCE, []).append(piece)
            rows += pq.read_metadata(piece).num_rows
        return list(parts.values())

    def _piece(self, table: str, source: str) -> Path:
        folder = self.folder / table / source
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{next(self._pieces):06d}.parquet"
