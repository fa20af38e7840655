"""Folders of any name: from files to a checked snapshot, and into SQL."""

import shutil
import tempfile
from pathlib import Path

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from exporter.sql_paths import no_wildcards, read_paths, written_path
from tests.exporter.damaged import FILES, LAST_DAY, files_of, run, write_inputs

#: What a folder may be called on any of our systems, with what trips programs up drawn often.
NAMES = st.text(
    st.one_of(
        st.sampled_from(" '\"%*?[]{}#&;:=,~$!^|<>()+`@-_.aÉ鳥🐦"),
        st.characters(exclude_categories=("C", "Z"), exclude_characters="/\\"),
    ),
    min_size=1,
    max_size=12,
).filter(lambda name: name not in (".", "..") and not name.startswith("."))


def test_literals() -> None:
    assert written_path(Path("/it's/a[b]")) == "'/it''s/a[b]'"
    assert read_paths([Path("/it's/a[b]*"), Path("/c?")]) == "['/it''s/a[[]b][*]', '/c[?]']"
    assert read_paths([]) == "[]"
    assert no_wildcards(Path("/a*b")) == "/a[*]b"


@settings(max_examples=60)
@given(name=NAMES)
@example(name="bucket=3")
@example(name="s3:")
@example(name="**")
@example(name="[!a]")
def test_only_the_file_meant_is_read(name: str) -> None:
    with tempfile.TemporaryDirectory() as temporary, duckdb.connect() as con:
        meant = Path(temporary) / name / "rows.parquet"
        meant.parent.mkdir()
        for other in ("a", "b", "ab", "[", "x*"):
            (Path(temporary) / other).mkdir(exist_ok=True)
            con.execute(f"COPY (SELECT 0 AS x) TO {written_path(Path(temporary) / other / 'rows.parquet')}")
        con.execute(f"COPY (SELECT 1 AS x) TO {written_path(meant)} (FORMAT parquet)")
        result = con.execute(
            f"FROM read_parquet({read_paths([meant])}, hive_partitioning = false)"
        ).fetchall()
        assert result == [(1,)]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inputs")
    write_inputs(folder)
    return folder


@settings(max_examples=12)
@given(name=NAMES)
@example(name='it\'s 100% "mine" [a*b]{c,d}?')
@example(name="taxon_id=7")
def test_the_whole_way_through_folders_of_any_name(inputs: Path, name: str) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / name
        shutil.copytree(inputs, folder)
        lake, criteria = folder / "lake", ("--criteria", folder / "small.toml")
        for file in FILES[:2]:
            assert run(lake, "ingest", "--strict", folder / file).code == 0
        assert run(lake, "readiness", *criteria, "--out", folder / f"{name}.csv").said == []
        cutoff = ("--cutoff", LAST_DAY, "--seed", "a seed of sixteen bytes", "--settle-days", 0)
        made = run(lake, "snapshot", *cutoff, *criteria, "--out", folder / name)
        assert (made.code, made.said) == (0, [])
        assert run(lake, "verify", folder / name, "--derive").said == []
        doctor = run(lake, "doctor", "--out", folder / "doctor.csv")
        assert (doctor.code, doctor.said) == (0, [f"{lake}: every version is whole"])
        assert {path.parent.parent for path in files_of(lake) if path.suffix == ".parquet"} == {
            lake / table for table in ("taxa", "observations", "photos", "identifications")
        }


@pytest.mark.parametrize("name", ["a\\b", "a\nb", "a\x7fb"])
def test_a_folder_that_delta_cannot_name_is_one_line(inputs: Path, tmp_path: Path, name: str) -> None:
    ran = run(tmp_path / name, "ingest", inputs / FILES[0])
    assert ran.code == 1
    [line] = ran.said
    assert "a lake's folder cannot have a backslash, a control character" in line
    assert list(tmp_path.iterdir()) == []
