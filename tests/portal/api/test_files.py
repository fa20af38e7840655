"""The Parquet file of every taxon, and its checksum."""

import csv
import hashlib
import io
import json

import pyarrow.parquet as pq
import pytest

from portal.api import files, tasks
from portal.lake.models import Refresh
from portal.taxa.models import Readiness
from tests.portal.world import TAXA

FILE, CHECKSUM = "/files/inclusion.parquet", "/files/inclusion.parquet.sha256"


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


def body(response):
    return b"".join(response.streaming_content)


def test_the_file_says_of_every_taxon_what_the_csv_says(world, get):
    tasks.publish()
    table = pq.read_table(io.BytesIO(body(get(FILE))))
    ids = sorted(row[0] for row in TAXA)
    assert table["taxon_id"].to_pylist() == ids
    text = get(f"/inclusion/?format=csv&taxon_id={','.join(map(str, ids))}").content.decode()
    as_text = [
        {name: {None: "", True: "true", False: "false"}.get(value, str(value)) for name, value in row.items()}
        for row in table.to_pylist()
    ]
    # 1 and 0 equal True and False, so these are told apart by their columns.
    numbers = {"line_margin", "line_short_observations", "line_short_confirmed", "line_short_photos"}
    for row, plain in zip(table.to_pylist(), as_text, strict=True):
        plain |= {name: "" if row[name] is None else str(row[name]) for name in {*numbers, "taxon_id"}}
    assert as_text == list(csv.DictReader(io.StringIO(text, newline="")))
    assert json.loads(table.schema.metadata[b"leafline"]) == {
        "criteria": "inat-2022",
        "as_of": "2026-11-01T06:30:00+00:00",
        "is_simulated": True,
    }


def test_the_checksum_is_that_of_the_file(world, get):
    files.publish()
    content = body(get(FILE))
    assert get(CHECKSUM).content.decode() == f"{hashlib.sha256(content).hexdigest()}  inclusion.parquet\n"
    assert len(content) == files.published().bytes


def test_the_file_is_made_once_for_each_refresh_and_the_former_one_goes(world):
    first = files.publish()
    assert files.publish() == first
    Readiness.objects.filter(taxon_id=57516).update(margin=3)
    assert files.publish() == first
    Refresh.objects.filter(pk=world.pk).update(finished_at=world.finished_at.replace(hour=7))
    second = files.publish()
    assert second.sha256 != first.sha256
    assert [path.name for path in files.folder().glob("*.parquet")] == [second.name]


def test_the_same_numbers_make_the_same_bytes(world, tmp_path, settings):
    first = files.publish()
    settings.DATA_DIR = tmp_path / "elsewhere"
    assert files.publish() == first


def test_what_was_not_finished_is_no_file(world, get, monkeypatch):
    monkeypatch.setattr(files, "_sha256", lambda path: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        files.publish()
    assert get(FILE).status_code == 404


def test_whoever_has_the_file_gets_it_no_second_time(world, get):
    files.publish()
    first = get(FILE)
    body(first)
    again = get(FILE, If_None_Match=first.headers["ETag"])
    assert again.status_code == 304


@pytest.mark.parametrize("address", [FILE, CHECKSUM])
def test_before_the_first_refresh_there_is_no_file(db, get, address):
    assert files.publish() is None
    response = get(address)
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"
