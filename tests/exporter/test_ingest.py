"""Files of several kinds into a lake at once."""

import errno
import gzip
import json
import zlib
from pathlib import Path
from typing import Any

import pytest

from exporter.errors import DataError
from exporter.ingest import ingest
from exporter.lake import Lake
from exporter.sources.files import Refusal
from exporter.staging import Staging

UUID = "f717b9dc-659e-4b10-a9ca-4d78ee447d71"

DUMP = f"observation_uuid\ttaxon_id\tquality_grade\n{UUID}\t5\tresearch\nx\t5\tresearch\n"
TAXONOMY = "taxon_id,parent_id,name\n48460,,Life\n5,48460,Iris\n"
PAGE = json.dumps(
    {
        "results": [
            {
                "id": 1,
                "quality_grade": "casual",
                "updated_at": "2026-01-01T00:00:00Z",
                "taxon": {"id": 5, "name": "Iris", "rank": "genus", "ancestor_ids": [48460, 5]},
                "photos": [{"id": 7}],
                "identifications": [{"id": 9, "taxon_id": 5}, {"id": None}],
            }
        ]
    }
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three good files, two of them with a bad row, a picture and a hidden file."""
    folder = tmp_path / "input"
    (folder / "deeper").mkdir(parents=True)
    (folder / "deeper" / "a.bin").write_bytes(gzip.compress(DUMP.encode()))
    (folder / "b.txt").write_text(TAXONOMY)
    (folder / "c").write_text(PAGE)
    (folder / "d.csv").write_bytes(b"\x89PNG\r\n\x1a\n")
    (folder / ".e.csv").write_text(TAXONOMY)
    return folder


def rows(lake: Lake, query: str) -> list[tuple[Any, ...]]:
    with lake.connect() as con:
        return con.execute(query).fetchall()


def test_files_of_every_kind_are_loaded_and_what_is_refused_is_told(lake: Lake, folder: Path) -> None:
    report = ingest(lake, [folder])
    assert [(file.path.name, file.kind, file.read, file.rows, file.refused) for file in report.files] == [
        ("b.txt", "taxonomy", 2, {"taxa": 2}, 0),
        (
            "c",
            "API observations (page)",
            1,
            {"taxa": 1, "observations": 1, "photos": 1, "identifications": 1},
            1,
        ),
        ("d.csv", None, 0, {}, 1),
        ("a.bin", "open-data observations", 2, {"observations": 1}, 1),
    ]
    assert report.refused == 3
    picture = report.refusals[1]
    assert (picture.path, picture.place) == (folder / "d.csv", "")
    assert picture.why.startswith("not a kind I know: not text in UTF-8; known kinds are ")
    assert [report.refusals[0], report.refusals[2]] == [
        Refusal(folder / "c", "results[0]", "identification 2 has no whole number in its 'id'"),
        Refusal(folder / "deeper" / "a.bin", "line 3", "observation_uuid 'x': not a UUID"),
    ]
    assert {table: changes.new for table, changes in report.tables.items()} == {
        "taxa": 2,
        "observations": 2,
        "photos": 1,
        "identifications": 1,
    }
    assert rows(lake, "SELECT taxon_id, ancestry, name, rank, source FROM taxa ORDER BY ALL") == [
        (5, "48460", "Iris", "genus", "api"),
        (48460, "", "Life", None, "taxonomy"),
    ]


def test_loading_the_same_files_again_changes_nothing(lake: Lake, folder: Path) -> None:
    ingest(lake, [folder])
    version = lake.latest()
    again = ingest(lake, [folder])
    assert lake.latest() == version
    assert {
        table: (changes.new, changes.changed) for table, changes in again.tables.items()
    } == dict.fromkeys(again.tables, (0, 0))


def test_with_strict_any_refusal_leaves_the_lake_as_it_was(lake: Lake, folder: Path) -> None:
    ingest(lake, [folder / "b.txt"], strict=True)
    version = lake.latest()
    message = (
        r"^2 refused, the first: .*/c, results\[0\]: identification 2 has no whole number in its 'id'; "
        "nothing was loaded; mend the files, or load them without --strict$"
    )
    with pytest.raises(DataError, match=message):
        ingest(lake, [folder / "c", folder / "deeper"], strict=True)
    assert lake.latest() == version


def test_a_missing_path_is_told_before_anything_is_loaded(lake: Lake, folder: Path) -> None:
    with pytest.raises(DataError, match="nowhere: no such file or folder; check the path"):
        ingest(lake, [folder, folder / "nowhere"])
    assert lake.latest() is None


def test_a_file_that_cannot_be_read_is_refused(lake: Lake, folder: Path) -> None:
    damaged = folder / "damaged.gz"
    damaged.write_bytes(b"\x1f\x8bnot gzip")
    report = ingest(lake, [damaged, folder / "b.txt"])
    assert [(file.kind, file.refused) for file in report.files] == [(None, 1), ("taxonomy", 0)]
    assert str(report.refusals[0]).endswith(
        "damaged.gz: the file breaks off or is damaged here (Unknown compression method); fetch it again"
    )


@pytest.mark.parametrize("header", [DUMP, "id,observed_on,taxon_id,quality_grade\n"])
def test_a_file_cut_off_in_its_header_is_refused(lake: Lake, folder: Path, header: str) -> None:
    cut = folder / "cut"
    compressor = zlib.compressobj(wbits=31)
    cut.write_bytes(compressor.compress(header.split("\n")[0].encode()) + compressor.flush(zlib.Z_SYNC_FLUSH))
    [file] = ingest(lake, [cut]).files
    assert (file.read, file.rows, file.refused) == (0, {}, 1)
    assert file.refusals[0].place == "line 1"
    assert file.refusals[0].why.startswith("the file breaks off or is damaged here")


def test_a_full_disk_is_no_fault_of_the_file(
    lake: Lake, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Staging, "add", fail)
    with pytest.raises(OSError, match="No space left on device"):
        ingest(lake, [folder])
    assert lake.latest() is None


def test_a_simulated_record_marks_the_lake(lake: Lake, folder: Path) -> None:
    (folder / "c").write_text(json.dumps([{"id": 1, "quality_grade": "casual", "simulated": True}]))
    ingest(lake, [folder / "b.txt"])
    version = lake.latest()
    assert version is not None
    assert not version.is_simulated
    ingest(lake, [folder / "c"])
    version = lake.latest()
    assert version is not None
    assert version.is_simulated
