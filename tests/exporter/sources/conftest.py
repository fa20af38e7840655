"""Loading small hand-written files into a staging area, to see what rows they make."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from exporter.ingest import stage_file
from exporter.lake import Lake
from exporter.schema import TABLES
from exporter.staging import Staging


@dataclass
class Loaded:
    """What one file came to: its report in plain values, and the rows staged.

    Empty columns are left out, and what says which of them are known to be empty.
    """

    kind: str | None
    read: int
    refusals: list[tuple[str, str]]
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    #: Values left out of records that were loaded.
    notes: list[tuple[str, str]] = field(default_factory=list)

    def __getattr__(self, table: str) -> list[dict[str, Any]]:
        if table not in TABLES:
            raise AttributeError(table)
        return self.rows.get(table, [])


@pytest.fixture
def load(lake: Lake, tmp_path: Path) -> Callable[[bytes | str], Loaded]:
    """Loads one file with the given content. The file's name tells nothing."""

    def load(content: bytes | str) -> Loaded:
        path = tmp_path / "input"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        with lake.staging() as staging:
            report = stage_file(path, staging)
            rows = {table: staged_rows(staging, table) for table in report.rows}
            assert staging.is_simulated is ("simulated" in str(content))
        assert {table: len(each) for table, each in rows.items()} == report.rows
        assert report.refused == len(report.refusals)
        refusals = [(refusal.place, refusal.why) for refusal in report.refusals]
        notes = [(note.place, note.why) for note in report.notes]
        assert report.left_out == len(notes) == report.left_out_of.total()
        assert report.refused == report.refused_for.total()
        return Loaded(report.kind, report.read, refusals, rows, notes)

    return load


def staged_rows(staging: Staging, table: str) -> list[dict[str, Any]]:
    keys = ", ".join(TABLES[table].key)
    hidden = {"file_number", "known_empty"} if TABLES[table].bits else {"file_number"}
    staged = staging.con.sql(
        f"SELECT * EXCLUDE ({', '.join(hidden)}) FROM ({staging.read_sql(table)}) ORDER BY {keys}"
    )
    return [
        {column: value for column, value in zip(staged.columns, row, strict=True) if value is not None}
        for row in staged.fetchall()
    ]
