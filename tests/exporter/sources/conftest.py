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
    """What one file came to: its report in plain values, and the rows staged, empty columns left out."""

    kind: str | None
    read: int
    refusals: list[tuple[str, str]]
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

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
        return Loaded(report.kind, report.read, refusals, rows)

    return load


def staged_rows(staging: Staging, table: str) -> list[dict[str, Any]]:
    keys = ", ".join(TABLES[table].key)
    staged = staging.con.sql(f"SELECT * EXCLUDE file_number FROM ({staging.read_sql(table)}) ORDER BY {keys}")
    return [
        {column: value for column, value in zip(staged.columns, row, strict=True) if value is not None}
        for row in staged.fetchall()
    ]
