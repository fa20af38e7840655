"""Output formats, and files that are whole or not there."""

import io
from pathlib import Path

import pyarrow as pa
import pytest

from exporter.output import whole_file, write_rows

ROWS = pa.table({"taxon_id": [1, 20], "name": ["Life, all", None], "score": [0.5, 2.0]})


@pytest.mark.parametrize(
    ("format_name", "expected"),
    [
        (None, 'taxon_id,name,score\r\n1,"Life, all",0.5\r\n20,,2.0\r\n'),
        ("csv", 'taxon_id,name,score\r\n1,"Life, all",0.5\r\n20,,2.0\r\n'),
        (
            "json",
            '[\n{"taxon_id": 1, "name": "Life, all", "score": 0.5},\n'
            '{"taxon_id": 20, "name": null, "score": 2.0}\n]\n',
        ),
        ("table", "taxon_id  name       score\n       1  Life, all    0.5\n      20               2.0\n"),
    ],
)
def test_formats(tmp_path: Path, format_name: str | None, expected: str) -> None:
    write_rows(ROWS, format_name, tmp_path / "rows")
    assert (tmp_path / "rows").read_bytes().decode() == expected


def test_standard_output(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr("sys.stdout", stream)
    write_rows(ROWS.slice(0, 0), "json", None)
    assert stream.getvalue() == "[]\n"


def test_a_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("before")

    def write_half() -> None:
        with whole_file(path) as stream:
            stream.write("half")
            raise RuntimeError("disk on fire")

    with pytest.raises(RuntimeError, match="disk on fire"):
        write_half()
    assert [file.name for file in tmp_path.iterdir()] == ["rows.csv"]
    assert path.read_text() == "before"


def test_text_that_a_spreadsheet_would_run_is_text_in_csv_and_as_it_is_elsewhere(tmp_path: Path) -> None:
    link = '=HYPERLINK("https://example.org")'
    rows = pa.table({"name": [link, "-1", "a=b", None], "margin": [-6, 0, 1, None]})
    expected = {
        "csv": 'name,margin\r\n"\'=HYPERLINK(""https://example.org"")",-6\r\n\'-1,0\r\na=b,1\r\n,\r\n',
        "json": '[\n{"name": "=HYPERLINK(\\"https://example.org\\")", "margin": -6},\n'
        '{"name": "-1", "margin": 0},\n{"name": "a=b", "margin": 1},\n{"name": null, "margin": null}\n]\n',
    }
    for format_name, text in expected.items():
        write_rows(rows, format_name, tmp_path / "rows")
        assert (tmp_path / "rows").read_bytes().decode() == text
