"""The monthly open data: resumed, checked, loaded once."""

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from exporter.__main__ import main
from exporter.commands import pull as command
from exporter.errors import DataError
from exporter.lake import Lake
from exporter.pull import dump
from exporter.pull.dump import Dump
from exporter.pull.puller import store_of
from tests.standin.bucket import Bucket

UUID = "0000000{}-0000-4000-a000-000000000000"
TABLES = {
    "taxa.csv.gz": [
        "taxon_id\tancestry\trank_level\trank\tname\tactive",
        "3\t48460/1/2/355675\t50\tclass\tAves\ttrue",
    ],
    "observations.csv.gz": [
        "observation_uuid\tobserver_id\tlatitude\tlongitude\tpositional_accuracy\ttaxon_id\tquality_grade"
        "\tobserved_on\tanomaly_score",
        *(f"{UUID.format(n)}\t5\t50.{n}\t8.5\t10\t3\tresearch\t2026-01-0{n}\t" for n in range(1, 6)),
    ],
    "photos.csv.gz": [
        "photo_uuid\tphoto_id\tobservation_uuid\tobserver_id\textension\tlicense\twidth\theight\tposition",
        *(f"{UUID.format(n)}\t{n}\t{UUID.format(n)}\t5\tjpg\tCC0\t2048\t1536\t0" for n in range(1, 6)),
    ],
}


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[Bucket]:
    """The open data of five observations, with an observers' file that nobody is to ask for."""
    folder = tmp_path / "bucket"
    folder.mkdir()
    for name, lines in TABLES.items():
        (folder / name).write_bytes(gzip.compress("\n".join([*lines, ""]).encode(), mtime=0))
    (folder / "observers.csv.gz").write_bytes(b"")
    with Bucket(folder) as serving:
        yield serving


@pytest.fixture
def make_dump(bucket: Bucket, tmp_path: Path) -> Callable[[], Dump]:
    return lambda: Dump(tmp_path / "dump", url=bucket.url, attempts=2, backoff_s=0.001)


def size(bucket: Bucket, name: str) -> int:
    return (bucket.folder / name).stat().st_size


def test_the_files_are_fetched_loaded_and_put_away(
    bucket: Bucket, make_dump: Callable[[], Dump], tmp_path: Path
) -> None:
    lake = Lake(tmp_path / "lake")
    report = make_dump().load(lake, store_of(lake))
    assert report is not None
    assert {name: changes.new for name, changes in report.tables.items()} == {
        "taxa": 1,
        "observations": 5,
        "photos": 5,
        "identifications": 0,
    }
    assert list((tmp_path / "dump").iterdir()) == []
    assert {name for _, name, _ in bucket.log} == set(TABLES)


def test_what_was_loaded_is_not_fetched_again(
    bucket: Bucket, make_dump: Callable[[], Dump], tmp_path: Path
) -> None:
    lake = Lake(tmp_path / "lake")
    make_dump().load(lake, store_of(lake))
    bucket.log.clear()
    assert make_dump().load(lake, store_of(lake)) is None
    assert {method for method, _, _ in bucket.log} == {"HEAD"}


def test_a_connection_that_breaks_off_is_gone_on_with(bucket: Bucket, make_dump: Callable[[], Dump]) -> None:
    bucket.breaks = [30, 0, 20, None]
    path = make_dump().fetch("photos.csv.gz")
    assert path.read_bytes() == (bucket.folder / "photos.csv.gz").read_bytes()
    requested = [where for method, _, where in bucket.log if method == "GET"]
    assert requested == ["bytes=0-", "bytes=30-", "bytes=30-", "bytes=50-"]


def test_the_next_run_goes_on_where_one_gave_up(bucket: Bucket, make_dump: Callable[[], Dump]) -> None:
    bucket.breaks = [40, 0, 0]
    with pytest.raises(DataError, match=r"2 times in a row at 40 of \d+ bytes; run the same again later"):
        make_dump().fetch("photos.csv.gz")
    path = make_dump().fetch("photos.csv.gz")
    assert path.read_bytes() == (bucket.folder / "photos.csv.gz").read_bytes()
    assert bucket.log[-1] == ("GET", "photos.csv.gz", "bytes=40-")


def test_a_newer_file_is_begun_anew(bucket: Bucket, make_dump: Callable[[], Dump]) -> None:
    bucket.breaks = [40, 0, 0]
    with pytest.raises(DataError):
        make_dump().fetch("photos.csv.gz")
    (bucket.folder / "photos.csv.gz").write_bytes(b"of the next month")
    assert make_dump().fetch("photos.csv.gz").read_bytes() == b"of the next month"


def test_damage_on_the_way_is_found(bucket: Bucket, make_dump: Callable[[], Dump], tmp_path: Path) -> None:
    bucket.breaks = [40, 0, 0]
    with pytest.raises(DataError):
        make_dump().fetch("photos.csv.gz")
    part = tmp_path / "dump" / "photos.csv.gz.part"
    part.write_bytes(b"x" * 40)
    with pytest.raises(DataError, match=r"photos\.csv\.gz: what was fetched is not what the bucket has"):
        make_dump().fetch("photos.csv.gz")
    assert make_dump().fetch("photos.csv.gz").exists()


def test_a_file_uploaded_in_parts_is_checked_too(
    bucket: Bucket, make_dump: Callable[[], Dump], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dump, "_PART_SIZES", (50, 64, 100))
    bucket.part_bytes = 64
    bucket.breaks = [64]
    path = make_dump().fetch("photos.csv.gz")
    assert path.read_bytes() == (bucket.folder / "photos.csv.gz").read_bytes()
    damaged = bytearray(path.read_bytes())
    damaged[5] ^= 1
    path.rename(tmp_path / "dump" / "photos.csv.gz.part").write_bytes(bytes(damaged))
    with pytest.raises(DataError, match="is not what the bucket has"):
        make_dump().fetch("photos.csv.gz")


def test_the_command_says_what_was_loaded(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LEAFLINE_DATA", str(tmp_path))
    assert command.budget_path() == tmp_path / "budget.sqlite3"
    assert main(["pull", "--dump", "--bucket-url", bucket.url]) == 0
    assert "observations: 5 rows read, 5 new, 0 changed" in capsys.readouterr().out
    assert main(["pull", "--dump", "--bucket-url", bucket.url]) == 0
    assert capsys.readouterr().out == "The lake has this month's open data already.\n"
    assert main(["pull", "--dump", "--bucket-url", f"{bucket.url}/nowhere"]) == 1
    assert "taxa.csv.gz: cannot be had (HTTPError); check the address" in capsys.readouterr().err
