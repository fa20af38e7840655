import gzip
import zlib
from pathlib import Path

import pytest

from exporter.errors import DataError
from exporter.sources.files import (
    KEPT_REFUSALS,
    READ_ERRORS,
    FileReport,
    Refusal,
    blocks,
    find_files,
    open_input,
)


def test_folders_are_searched_in_order_without_hidden_files_and_no_file_comes_twice(tmp_path: Path) -> None:
    for name in ("b/two.csv", "b/a/one", "b/.git/config", "b/.hidden", "c.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    result = list(find_files([tmp_path / "c.json", tmp_path / "b", tmp_path, tmp_path / "b" / ".hidden"]))
    expected = ("c.json", "b/two.csv", "b/a/one", "b/.hidden")
    assert result == [tmp_path / name for name in expected]


def test_a_missing_path_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nowhere: no such file or folder; check the path"):
        list(find_files([tmp_path / "nowhere"]))


@pytest.mark.parametrize("content", [b"", b"x", b"id,name\n", b"\xef\xbb\xbfid,name\n"])
def test_gzip_is_told_by_content_and_a_byte_order_mark_left_out(tmp_path: Path, content: bytes) -> None:
    plain, packed = tmp_path / "plain.gz", tmp_path / "packed.csv"
    plain.write_bytes(content)
    packed.write_bytes(gzip.compress(content))
    for path in (plain, packed):
        with open_input(path) as stream:
            assert stream.read() == content.removeprefix(b"\xef\xbb\xbf")


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-9], lambda data: data[:20] + b"\0" * 30, lambda data: data[:2]]
)
def test_a_damaged_gzip_raises_a_read_error(tmp_path: Path, damage) -> None:
    path = tmp_path / "damaged"
    path.write_bytes(damage(gzip.compress(bytes(range(256)) * 8)))
    with pytest.raises(READ_ERRORS), open_input(path) as stream:
        stream.read()


@pytest.mark.parametrize("size", [1, 100, 2048, 10_000])
def test_blocks_give_all_that_comes_before_damage(tmp_path: Path, size: int) -> None:
    content = bytes(range(256)) * 8
    whole, damaged = tmp_path / "whole", tmp_path / "damaged"
    whole.write_bytes(gzip.compress(content))
    damaged.write_bytes(gzip.compress(content)[:-8])
    with open_input(whole) as stream:
        assert b"".join(blocks(stream, size)) == content
    given: list[bytes] = []
    with pytest.raises(EOFError), open_input(damaged) as stream:
        given.extend(blocks(stream, size))
    assert b"".join(given) == content


def test_refusals_are_kept_up_to_a_limit_and_counted_beyond(tmp_path: Path) -> None:
    report = FileReport(tmp_path)
    for number in range(KEPT_REFUSALS + 5):
        report.refuse(f"line {number}", "bad")
    assert report.refused == KEPT_REFUSALS + 5
    assert len(report.refusals) == KEPT_REFUSALS
    assert report.refusals[7] == Refusal(tmp_path, "line 7", "bad")


def test_a_refusal_reads_as_file_place_and_reason() -> None:
    assert str(Refusal(Path("a.csv"), "line 12", "id is empty")) == "a.csv, line 12: id is empty"
    assert str(Refusal(Path("a.csv"), "", "an empty file")) == "a.csv: an empty file"


def test_a_file_that_breaks_off_is_told_in_one_line() -> None:
    report = FileReport(Path("a.csv"))
    report.refuse_rest("line 3", zlib.error("Error -3\n  while unpacking"))
    report.refuse_rest("", EOFError())
    assert [str(refusal) for refusal in report.refusals] == [
        "a.csv, line 3: the file breaks off or is damaged here (Error -3 while unpacking); fetch it again",
        "a.csv: the file breaks off or is damaged here (EOFError); fetch it again",
    ]
