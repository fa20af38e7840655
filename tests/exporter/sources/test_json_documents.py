"""JSON texts of any number and mix of documents, whole and broken."""

import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.sources import files, json_documents
from exporter.sources.files import FileReport
from exporter.sources.json_documents import records
from exporter.sources.json_shape import MOST_LEVELS, Shape, shape_of
from tests.exporter.sources.conftest import Loaded

Load = Callable[[bytes | str], Loaded]

VALUE = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
#: A record that is told from a page by its keys.
RECORD = st.dictionaries(st.text(max_size=8).filter(lambda key: key != "results"), VALUE, max_size=4)
DOCUMENT = st.one_of(
    RECORD,
    st.lists(RECORD, max_size=4),
    st.builds(
        lambda found, before, after: {**before, "results": found, **after},
        st.lists(RECORD, max_size=4),
        st.just({"page": 1, "more": {"a": [1]}}) | st.just({}),
        st.just({"per_page": [2, {"b": "}"}]}) | st.just({}),
    ),
)


def read(text: bytes, block_bytes: int = 1 << 18) -> tuple[list[tuple[str, Any]], FileReport]:
    """Read a text in blocks of about this size."""
    report = FileReport(Path("x"))
    stream = io.BufferedReader(_Trickle(text, block_bytes))
    result = [
        (each.place, each.value if each.fault is None else each.fault) for each in records(stream, report)
    ]
    return result, report


class _Trickle(io.RawIOBase):
    """A file that gives a few bytes at a time."""

    def __init__(self, text: bytes, size: int) -> None:
        self._rest, self._size = text, size

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        piece = self._rest[: min(self._size, len(target))]
        target[: len(piece)] = piece
        self._rest = self._rest[len(piece) :]
        return len(piece)


def records_of(document: Any) -> list[Any]:
    """The records of a document, by definition."""
    if isinstance(document, list):
        return document
    return list(document.get("results", [document]))


@given(
    st.lists(DOCUMENT, min_size=1, max_size=5),
    st.sampled_from([None, 0, 2]),
    st.sampled_from(["", "\n", " \r\n\n", ", "]),
    st.sampled_from([1, 7, 64, 1 << 18]),
)
def test_every_record_of_every_document_is_read(
    documents: list[Any], indent: int | None, between: str, block_bytes: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_documents, "_BLOCK_BYTES", block_bytes)
        text = between.join(json.dumps(each, indent=indent) for each in documents)
        result, report = read(text.encode(), block_bytes)
    expected = [record for document in documents for record in records_of(document)]
    assert [value for _, value in result] == expected
    assert (report.read, report.refusals) == (len(expected), [])
    assert len({place for place, _ in result}) == len(result) or "\n" not in between


def test_places_name_the_line_or_the_page_and_record() -> None:
    page = json.dumps({"results": [{"a": 1}, {"a": 2}]})
    result, _ = read(f'{page}\n{page}{page}\n[{{"a": 3}}]\n\n{{"a": 4}}\n{{\n"a": 5}}'.encode())
    assert [place for place, _ in result] == [
        "results[0]",
        "results[1]",
        "page 2, results[0]",
        "page 2, results[1]",
        "page 3, results[0]",
        "page 3, results[1]",
        "page 4, [0]",
        "line 5",
        "line 6",
    ]


@given(st.lists(RECORD, min_size=1, max_size=6), st.data())
def test_a_line_cut_off_costs_itself_alone(lines: list[Any], data: st.DataObject) -> None:
    texts = [json.dumps(line) for line in lines]
    broken = data.draw(st.integers(0, len(lines) - 1))
    kept = data.draw(st.integers(1, max(len(texts[broken]) - 1, 1)))
    texts[broken] = texts[broken][:kept]
    result, report = read("\n".join(texts).encode())
    expected = [
        (f"line {number}", line) for number, line in enumerate(lines, start=1) if number != broken + 1
    ]
    assert [each for each in result if each[0] != f"line {broken + 1}"] == expected
    assert [refusal.place for refusal in report.refusals] == [f"line {broken + 1}"]


def test_a_bad_record_in_a_page_costs_itself_alone() -> None:
    result, report = read(b'{"results": [{"a": 1}, {"a": tru}, 7, {"a": NaN}], "page": 1}')
    assert [place for place, _ in result] == [f"results[{number}]" for number in range(4)]
    assert (result[0][1], result[2][1], result[3][1]) == ({"a": 1}, 7, {"a": None})
    assert result[1][1].startswith("not valid JSON (")
    assert report.refusals == []


@pytest.mark.parametrize("text", [b"[" * 100_000, b'{"results":[' + b'{"a":' * 100_000, b"[\n" * 50_000])
def test_what_is_nested_too_deep_is_refused(text: bytes) -> None:
    result, report = read(text)
    assert result == []
    assert report.refusals[0].why.startswith(f"nested deeper than {MOST_LEVELS} levels")


def test_after_what_is_nested_too_deep_the_next_line_is_read() -> None:
    result, report = read(b"[" * 1000 + b'\n{"a": 1}\n')
    assert result == [("line 2", {"a": 1})]
    assert report.refused == 1


def test_a_record_too_large_to_hold_is_refused_and_the_next_line_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in (files, json_documents):
        monkeypatch.setattr(module, "MOST_BYTES", 1 << 20)
    large = b'{"a": "' + b"x" * (5 << 20) + b'"}'
    result, report = read(large + b'\n{"a": 1}\n')
    assert result == [("line 2", {"a": 1})]
    assert [(each.place, each.why) for each in report.refusals] == [("line 1", "a record of more than 1 MiB")]


def test_text_between_documents_is_refused() -> None:
    result, report = read(b'{"a": 1}\nhello\n{"a": 2}\n')
    assert result == [("line 1", {"a": 1}), ("line 3", {"a": 2})]
    assert [(each.place, each.why) for each in report.refusals] == [
        ("line 2", "not valid JSON (text that is no document)")
    ]


def test_a_large_gzip_of_little_is_read_without_much_memory(load: Load) -> None:
    """Half a gigabyte of blanks after a record."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1) as stream:
        stream.write(b'{"id": 1, "quality_grade": "casual"}\n')
        for _ in range(64):
            stream.write(b" " * (1 << 20))
        stream.write(b'\n{"id": 2, "quality_grade": "casual"}\n')
    loaded = load(packed.getvalue())
    assert [row["observation_id"] for row in loaded.observations] == [1, 2]


@pytest.mark.parametrize(
    ("head", "shape"),
    [
        (
            b'{"id": 1, "taxon": {"id": 2}, "photos": [{"url": 3}]}',
            Shape("record", {"id", "taxon", "photos"}),
        ),
        (b'{"total": 1, "results": [{"id": 1, "a": {"b": 1}}, {"c": 1}]}', Shape("page", {"id", "a"})),
        (b'[{"id": 1, "a": [{"b": 1}]}, {"c": 1}]', Shape("list", {"id", "a"})),
        (b'{"id": 1, "note": "brok', Shape("record", {"id", "note"})),
        (b'{"id": 1, "a": "20\n{"b": 1}', Shape("record", {"b"})),
        (b"[]", Shape("list", set(), is_empty=True)),
        (b'{"page": 1, "results": []}', Shape("page", set(), is_empty=True)),
        (b"{broken", Shape("record", set())),
    ],
)
def test_how_a_text_begins(head: bytes, shape: Shape) -> None:
    assert shape_of(head) == shape


@given(st.binary(max_size=60) | st.text('[]{}",:1a\n\\ ', max_size=60).map(str.encode))
def test_no_text_stops_the_reader(text: bytes) -> None:
    for size in (1, 1 << 18):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(json_documents, "_BLOCK_BYTES", size)
            result, report = read(text, size)
        assert report.read >= len(result)
    shape_of(text)
