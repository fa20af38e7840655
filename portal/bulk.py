"""Many rows at once: Arrow batches into a table, and a staging table into a model's.

Tables and columns are named by this project's own code; no name comes from outside. Staging tables are
temporary, seen by this connection alone, and writing them keeps nobody waiting. What goes into a model's
table goes there some thousands of rows at once, each time in a transaction of its own: SQLite has one writer
at a time, and whoever waits for its place waits no longer than for one of these.
"""

import io
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import pyarrow as pa
import pyarrow.csv
from django.db import DatabaseError, connection, models, transaction
from django.db.models import QuerySet

from portal.sqlite_log import shorten_log

#: Rows of one transaction: on SQLite, with eight indexes, a few tenths of a second.
_ROWS_AT_ONCE = 4_000
#: Below every id, and written as a whole number that PostgreSQL takes for one.
_BELOW_ALL = -(2**63) + 1
#: A span with every id in it.
EVERY = (_BELOW_ALL, 2**63 - 1)
_Names = Sequence[str]


def execute(sql: str, *values: Any) -> int:
    """Run one statement; returns how many rows it wrote."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)


def stage(
    table: str, types: Mapping[str, str], batches: Iterable[pa.RecordBatch], key: _Names | None = None
) -> None:
    """Make a temporary table with these columns, unique by the key or the first one, and fill it."""
    columns = ", ".join(f"{name} {kind}" for name, kind in types.items())
    unique = ", ".join(key or list(types)[:1])
    execute(f"DROP TABLE IF EXISTS {table}")
    execute(f"CREATE TEMPORARY TABLE {table} ({columns}, PRIMARY KEY ({unique}))")
    with _aside():
        for batch in batches:
            _insert(table, list(types), batch)
    _plan_anew(table)


def make(table: str, query: str, *values: Any, key: str = "") -> None:
    """Make a temporary table of what a query gives, with an index on the key, if one is named."""
    execute(f"DROP TABLE IF EXISTS {table}")
    execute(f"CREATE TEMPORARY TABLE {table} AS {query}", *values)
    if key:
        execute(f"CREATE INDEX {table}_by_key ON {table} ({key})")
    _plan_anew(table)


def count(table: str) -> int:
    """How many rows a staging table has."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])


def spans(table: str, key: str) -> Iterator[tuple[int, int]]:
    """Cut a staging table's key, of whole numbers, into spans of some thousands: above one, up to another."""
    above = _BELOW_ALL
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT max({key}) FROM (SELECT {key} FROM {table} WHERE {key} > %s"
                f" ORDER BY {key} LIMIT {_ROWS_AT_ONCE}) AS next",
                [above],
            )
            (last,) = cursor.fetchone()
        if last is None:
            return
        yield above, last
        shorten_log(connection)
        above = last


def pour(model: type[models.Model], staged: str, key: str, columns: Mapping[str, str], *values: Any) -> None:
    """Add a staging table's rows to a model's table: each column by its SQL, with these values in it."""
    names, expressions = ", ".join(columns), ", ".join(columns.values())
    for above, last in spans(staged, key):
        with transaction.atomic():
            execute(
                f"INSERT INTO {model._meta.db_table} ({names}) SELECT {expressions} FROM {staged} AS staged"
                f" WHERE staged.{key} > %s AND staged.{key} <= %s ORDER BY staged.{key}",
                *(*values, above, last),
            )


def copy(table: str, columns: _Names, batches: Iterable[pa.RecordBatch]) -> None:
    """Append rows; each batch has these columns in this order, and is a transaction of its own."""
    for batch in batches:
        with transaction.atomic():
            _insert(table, columns, batch)
        shorten_log(connection)


def _insert(table: str, columns: _Names, batch: pa.RecordBatch) -> None:
    """Append a batch: by COPY on PostgreSQL, by INSERT elsewhere."""
    names = ", ".join(map(connection.ops.quote_name, columns))
    with connection.cursor() as cursor, connection.wrap_database_errors:
        if connection.vendor == "postgresql":
            cursor.copy_expert(f"COPY {table} ({names}) FROM STDIN (FORMAT csv)", _as_csv(batch))
        else:
            places = ", ".join(["%s"] * len(columns))
            rows = list(zip(*(column.to_pylist() for column in batch.columns), strict=True))
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", rows)


@contextmanager
def _aside() -> Iterator[None]:
    """Write many rows of a temporary table at once on SQLite, without taking the writer's place."""
    if connection.vendor == "postgresql" or connection.in_atomic_block:
        yield
        return
    execute("BEGIN DEFERRED")
    try:
        yield
    except BaseException:
        with suppress(DatabaseError):  # what went wrong may have ended it already
            execute("ROLLBACK")
        raise
    execute("COMMIT")


def columns(model: type[models.Model], but: Collection[str]) -> list[str]:
    """The columns of a model's table, but for some."""
    return [str(field.column) for field in model._meta.concrete_fields if field.column not in but]


def append(model: type[models.Model], rows: pa.Table, **same: str | int) -> None:
    """Append rows to a model's table, each with these further values."""
    for name, value in same.items():
        rows = rows.append_column(name, pa.repeat(value, rows.num_rows))
    copy(model._meta.db_table, rows.column_names, rows.to_batches(max_chunksize=_ROWS_AT_ONCE))


def remove(rows: QuerySet) -> None:
    """Remove rows on which nothing hangs, without reading them first."""
    rows._raw_delete(using=rows.db)


def clear(model: type[models.Model], condition: str, *values: Any) -> None:
    """Remove the rows that fulfil a condition in SQL and on which nothing hangs, some thousands at once."""
    table = model._meta.db_table
    some = f"SELECT id FROM {table} WHERE {condition} LIMIT {_ROWS_AT_ONCE}"
    while execute(f"DELETE FROM {table} WHERE id IN ({some})", *values):
        shorten_log(connection)


def drop(model: type[models.Model], keys: pa.Table, **same: str) -> None:
    """Remove the rows of a model's table that have these keys and these values: some thousands at once.

    Nothing hangs on them. ``keys`` are whole numbers or texts, and an index begins with them and the values.
    """
    table, primary = model._meta.db_table, model._meta.pk.column
    alike = _stage_keys(keys, keys.column_names, same)
    for above, last in spans(_KEYS, "row_number"):
        # SQLite takes the tables of a CROSS JOIN in their order: the few rows first.
        execute(
            f"DELETE FROM {table} WHERE {primary} IN (SELECT former.{primary} FROM {_KEYS} AS staged"
            f" CROSS JOIN {table} AS former WHERE {alike}"
            " AND staged.row_number > %s AND staged.row_number <= %s)",
            *(*same.values(), above, last),
        )


def alter(model: type[models.Model], rows: pa.Table, column: str, **same: str) -> None:
    """Give a column its new value in the rows that have these keys and values: some thousands at once.

    ``rows``: the keys, as for `drop`, and the column.
    """
    alike = _stage_keys(rows, [name for name in rows.column_names if name != column], same)
    for above, last in spans(_KEYS, "row_number"):
        execute(
            f"UPDATE {model._meta.db_table} AS former SET {column} = staged.{column} FROM {_KEYS} AS staged"
            f" WHERE {alike} AND staged.row_number > %s AND staged.row_number <= %s",
            *(*same.values(), above, last),
        )


#: The table of the rows that `drop` and `alter` are about.
_KEYS = "staged_keys"


def _stage_keys(rows: pa.Table, keys: _Names, same: Iterable[str]) -> str:
    """Stage rows by their number; returns the SQL by which their keys and values find those of a table."""
    kinds = {name: "bigint" if pa.types.is_integer(kind) else "text" for name, kind in _types(rows)}
    rows = rows.append_column("row_number", pa.array(range(rows.num_rows), pa.int64()))
    stage(_KEYS, kinds | {"row_number": "bigint"}, rows.to_batches(_ROWS_AT_ONCE), key=["row_number"])
    alike = [f"former.{name} = staged.{name}" for name in keys]
    return " AND ".join([*alike, *(f"former.{name} = %s" for name in same)])


def _types(rows: pa.Table) -> list[tuple[str, pa.DataType]]:
    return [(field.name, field.type) for field in rows.schema]


def analyse(model: type[models.Model]) -> None:
    """Let the database look at a table of which much has changed, so that it plans well."""
    _plan_anew(model._meta.db_table)


def _plan_anew(table: str) -> None:
    if connection.vendor == "postgresql":
        execute(f"ANALYZE {table}")


def differs(columns: _Names, one: str, other: str) -> str:
    """SQL that is true where two rows differ in any of the columns; empty equals empty."""
    operator = "IS DISTINCT FROM" if connection.vendor == "postgresql" else "IS NOT"
    return "(" + " OR ".join(f"{one}.{name} {operator} {other}.{name}" for name in columns) + ")"


def _as_csv(batch: pa.RecordBatch) -> io.BytesIO:
    """The batch as PostgreSQL reads it: text in quotes, so that empty text is not taken for nothing."""
    file = io.BytesIO()
    pyarrow.csv.write_csv(batch, file, pyarrow.csv.WriteOptions(include_header=False))
    file.seek(0)
    return file
