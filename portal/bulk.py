"""Many rows at once: Arrow batches into a table, and a staging table into a model's.

Tables and columns are named by this project's own code; no name comes from outside. All of it belongs
inside a transaction, whose end takes the staging tables away.
"""

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.csv
from django.db import connection, models
from django.db.models import QuerySet

_ROWS_AT_ONCE = 100_000


@dataclass(frozen=True)
class Merged:
    """How many rows a merge added, and how many it altered."""

    new: int
    changed: int


def execute(sql: str, *values: Any) -> int:
    """Run one statement; returns how many rows it wrote."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)


def stage(table: str, types: Mapping[str, str], batches: Iterable[pa.RecordBatch]) -> None:
    """Make a temporary table with these columns, unique by the first one, and fill it."""
    key, *others = types
    columns = [f"{key} {types[key]} PRIMARY KEY", *(f"{name} {types[name]}" for name in others)]
    execute(f"DROP TABLE IF EXISTS {table}")
    execute(f"CREATE TEMPORARY TABLE {table} ({', '.join(columns)})")
    copy(table, list(types), batches)
    if connection.vendor == "postgresql":
        execute(f"ANALYZE {table}")


def make(table: str, query: str, *values: Any) -> None:
    """Make a temporary table of what a query gives."""
    execute(f"DROP TABLE IF EXISTS {table}")
    execute(f"CREATE TEMPORARY TABLE {table} AS {query}", *values)
    if connection.vendor == "postgresql":
        execute(f"ANALYZE {table}")


def copy(table: str, columns: Sequence[str], batches: Iterable[pa.RecordBatch]) -> None:
    """Append rows: by COPY on PostgreSQL, by INSERT elsewhere. A batch has these columns in this order."""
    names = ", ".join(map(connection.ops.quote_name, columns))
    with connection.cursor() as cursor, connection.wrap_database_errors:
        for batch in batches:
            if connection.vendor == "postgresql":
                cursor.copy_expert(f"COPY {table} ({names}) FROM STDIN (FORMAT csv)", _as_csv(batch))
            else:
                places = ", ".join(["%s"] * len(columns))
                rows = list(zip(*(column.to_pylist() for column in batch.columns), strict=True))
                cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", rows)


def append(model: type[models.Model], rows: pa.Table, **same: str | int) -> None:
    """Append rows to a model's table, each with these further values."""
    for name, value in same.items():
        rows = rows.append_column(name, pa.repeat(value, rows.num_rows))
    copy(model._meta.db_table, rows.column_names, rows.to_batches(max_chunksize=_ROWS_AT_ONCE))


def remove(rows: QuerySet) -> None:
    """Remove rows on which nothing hangs, without reading them first."""
    rows._raw_delete(using=rows.db)


def analyse(model: type[models.Model]) -> None:
    """Let the database look at a table of which much has changed, so that it plans well."""
    if connection.vendor == "postgresql":
        execute(f"ANALYZE {model._meta.db_table}")


def merge(model: type[models.Model], staged: str, key: Sequence[str], columns: Sequence[str]) -> Merged:
    """Bring the rows of a staging table into the model's table: new keys are added, others altered.

    Rows that are the same already are left alone, so that merging twice writes nothing.
    """
    target = model._meta.db_table
    names = [*key, *columns]
    same_key = " AND ".join(f"{target}.{name} = staged.{name}" for name in key)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM {staged} AS staged"
            f" WHERE NOT EXISTS (SELECT 1 FROM {target} WHERE {same_key})"
        )
        (new,) = cursor.fetchone()
    written = execute(
        f"INSERT INTO {target} ({', '.join(names)}) SELECT {', '.join(names)} FROM {staged} AS staged"
        f" WHERE true ON CONFLICT ({', '.join(key)}) DO UPDATE"
        f" SET {', '.join(f'{name} = excluded.{name}' for name in columns)}"
        f" WHERE {differs(columns, target, 'excluded')}"
    )
    return Merged(new=new, changed=written - new)


def differs(columns: Sequence[str], one: str, other: str) -> str:
    """SQL that is true where two rows differ in any of the columns; empty equals empty."""
    operator = "IS DISTINCT FROM" if connection.vendor == "postgresql" else "IS NOT"
    return "(" + " OR ".join(f"{one}.{name} {operator} {other}.{name}" for name in columns) + ")"


def _as_csv(batch: pa.RecordBatch) -> io.BytesIO:
    """The batch as PostgreSQL reads it: text in quotes, so that empty text is not taken for nothing."""
    file = io.BytesIO()
    pyarrow.csv.write_csv(batch, file, pyarrow.csv.WriteOptions(include_header=False))
    file.seek(0)
    return file
