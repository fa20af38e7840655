"""Reading results documents: right ones, wrong ones, hostile ones."""

import gzip
import hashlib
import json
import zlib

import pytest

from exporter.errors import DataError
from portal.training import document as reading
from tests.portal.training.documents import DOCUMENT, document, packed, stream


def read(value):
    return reading.read(stream(value), is_gzip=False)


def test_a_document_is_read_into_tables():
    result = read(DOCUMENT)
    assert result.run == DOCUMENT["run"]
    assert result.overall == DOCUMENT["overall"]
    assert result.tables["taxa"].to_pydict() == {
        "taxon_id": [57516, 118970, 120489],
        "images": [25, 25, 25],
        "top1": [0.88, 0.92, 0.6],
        "top5": [1.0, 1.0, 0.85],
        "mean_true_probability": [0.7, 0.8, 0.5],
    }
    assert result.tables["confusions"].to_pylist() == [
        {"true_taxon_id": 57516, "predicted_taxon_id": 118970, "count": 3}
    ]
    assert result.tables["label_issues"].to_pylist() == DOCUMENT["label_issues"]
    assert result.digest == hashlib.sha256(json.dumps(DOCUMENT).encode()).hexdigest()


def test_gzip_changes_nothing():
    plain, unpacked = read(DOCUMENT), reading.read(stream(packed(DOCUMENT)), is_gzip=True)
    assert unpacked == plain


def test_lists_may_be_empty_but_that_of_taxa():
    result = read(document(confusions=[], label_issues=[]))
    assert [table.num_rows for table in result.tables.values()] == [3, 0, 0]
    with pytest.raises(DataError, match=r"^taxa: is empty\.$"):
        read(document(taxa=[]))


def changed(part, **values):
    result = document()
    result[part][0] |= values
    return result


BAD = [
    (b"", "no JSON document"),
    (b"{", "no JSON document"),
    (b"nonsense", "no JSON document"),
    (b"[]", "must be an object"),
    (b"7", "must be an object"),
    (b'{"a": "\xff"}', "no JSON document"),
    ({}, "run: is missing"),
    (document(run=[]), "run: must be an object"),
    (document(run={"a": "\0"}), "run: holds a character that is none"),
    (document(overall=None), "overall: must be an object"),
    (document(taxa={}), "taxa: must be a list"),
    (document(taxa=None), "taxa: must be a list"),
    (document(taxa=[7]), r"taxa\[0\]: must be an object"),
    (document(taxa=[[]]), r"taxa\[0\]: must be an object"),
    (document(taxa=[{}]), r"taxa\[0\].taxon_id: must be an id"),
    (changed("taxa", taxon_id=0), r"taxa\[0\].taxon_id: must be an id"),
    (changed("taxa", taxon_id=True), r"taxa\[0\].taxon_id: must be an id"),
    (changed("taxa", taxon_id="1"), r"taxa\[0\].taxon_id: must be an id"),
    (changed("taxa", taxon_id=1.5), r"taxa\[0\].taxon_id: must be an id"),
    (changed("taxa", taxon_id=[1]), r"taxa\[0\].taxon_id: must be an id"),
    (changed("taxa", taxon_id=10**30), "no JSON document|must be an id"),
    (changed("taxa", images=-1), r"taxa\[0\].images: must be a whole number from 0"),
    (changed("taxa", images=2**31), r"taxa\[0\].images: must be a whole number from 0"),
    (changed("taxa", top1=1.01), r"taxa\[0\].top1: must be a number from 0 to 1"),
    (changed("taxa", top1=None), r"taxa\[0\].top1: must be a number from 0 to 1"),
    (changed("taxa", top1=float("nan")), "no JSON document"),
    (changed("taxa", taxon_id=118970), "taxa: taxon_id must not come twice"),
    (changed("confusions", predicted_taxon_id=57516), "must differ"),
    (changed("label_issues", score=-0.1), r"label_issues\[0\].score: must be a number from 0 to 1"),
    (b'{"taxa": [], "taxa": []}', "taxa: comes twice"),
    (
        json.dumps(DOCUMENT).replace("0.8,", "1e999,", 1).encode(),
        "no JSON document",
    ),
]


@pytest.mark.parametrize(("value", "words"), BAD, ids=range(len(BAD)))
def test_a_wrong_document_is_refused_in_words(value, words):
    with pytest.raises(DataError, match=words):
        read(value)


@pytest.mark.parametrize(
    "value",
    [
        b"[" * 1_000_000,
        b'{"run":' * 100_000,
        b'{"taxa": [' + b"[" * 1_000_000,
        b'{"other": ' + b'{"a":' * 100_000,
    ],
)
def test_a_document_nested_without_end_is_refused(value):
    with pytest.raises(DataError):
        read(value)


@pytest.mark.parametrize("cut", [0, 1, 10, 50, -1])
def test_gzip_that_breaks_off_is_refused(cut):
    with pytest.raises(DataError):
        reading.read(stream(packed(DOCUMENT)[:cut]), is_gzip=True)


def test_what_is_no_gzip_is_refused():
    for value in (b"no gzip", json.dumps(DOCUMENT).encode(), packed(DOCUMENT)[:-8] + b"\0" * 8):
        with pytest.raises(DataError, match="not whole gzip"):
            reading.read(stream(value), is_gzip=True)


@pytest.mark.parametrize("filling", [b" ", b'{"taxon_id":1,"images":1},', b"[],"])
def test_a_gzip_bomb_is_refused_before_it_unpacks(filling):
    """100 MiB, unpacked, of what a parser would gladly read."""
    packer = zlib.compressobj(9, wbits=31)
    start = b'{"other": [' + filling
    bomb = packer.compress(start)
    many = filling * (2**20 // len(filling))
    bomb += b"".join(packer.compress(many) for _ in range(100)) + packer.flush()
    assert len(bomb) < 2**20
    with pytest.raises(reading.TooLargeError):
        reading.read(stream(bomb), is_gzip=True)


def test_too_much_is_refused(monkeypatch):
    monkeypatch.setattr(reading, "LARGEST_SENT", 100)
    with pytest.raises(reading.TooLargeError, match="The body is larger"):
        read(DOCUMENT)
    monkeypatch.undo()
    monkeypatch.setattr(reading, "LARGEST", 100)
    with pytest.raises(reading.TooLargeError, match="unpacks to more"):
        reading.read(stream(packed(DOCUMENT)), is_gzip=True)
    monkeypatch.undo()
    monkeypatch.setattr(reading, "_MOST_VALUES", 3)
    with pytest.raises(reading.TooLargeError, match="more than 3 values"):
        read(DOCUMENT)


def test_a_second_member_of_gzip_is_read_too():
    text = json.dumps(DOCUMENT).encode()
    result = reading.read(stream(gzip.compress(text[:50]) + gzip.compress(text[50:])), is_gzip=True)
    assert result == read(DOCUMENT)
