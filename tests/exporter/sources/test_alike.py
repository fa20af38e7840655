"""What all kinds of file have in common: the same record gives the same row, and junk costs itself alone."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from exporter.schema import MAX_ID
from tests.exporter.sources.conftest import Loaded

Load = Callable[[bytes | str], Loaded]

SETTINGS = settings(max_examples=30)
UUID = "69359289-e254-4778-ab15-9b41d68057da"

JUNK = st.one_of(
    st.sampled_from(
        [
            "NA",
            "NaN",
            "-1",
            "1e400",
            "99999999999999999999",
            "0x1",
            "TRUE",
            "2026-13-01",
            "9999-12-31",
            "48662.0",
        ]
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12),
)
URLS = st.sampled_from(
    [
        "https://static.inaturalist.org/photos/5/medium.jpg",
        "https://inaturalist-open-data.s3.amazonaws.com/photos/5/square.png?1",
        "https://static.inaturalist.org/photos/5/medium",
        "https://live.staticflickr.com/65535/1_abc_s.jpg",
        "/attachment_defaults/local_photos/square.png",
    ]
)
#: Columns of a CSV, with the fields of API v1 that say the same.
COLUMNS: dict[str, tuple[str, ...]] = {
    "uuid": ("uuid",),
    "quality_grade": ("quality_grade",),
    "observed_on": ("observed_on",),
    "created_at": ("created_at",),
    "updated_at": ("updated_at",),
    "taxon.id": ("taxon", "id"),
    "taxon.name": ("taxon", "name"),
    "taxon.rank": ("taxon", "rank"),
    "taxon.ancestry": ("taxon", "ancestry"),
    "community_taxon_id": ("community_taxon_id",),
    "user.id": ("user", "id"),
    "location": ("location",),
    "positional_accuracy": ("positional_accuracy",),
    "obscured": ("obscured",),
    "captive": ("captive",),
    "out_of_range": ("out_of_range",),
    "num_identification_agreements": ("num_identification_agreements",),
}
GOOD: dict[str, st.SearchStrategy[str]] = {
    "uuid": st.just(UUID),
    "quality_grade": st.sampled_from(["research", "needs_id", "casual"]),
    "observed_on": st.sampled_from(["2020-01-02", "2022-05-17 17:06:31-06:00"]),
    "taxon.id": st.sampled_from(["3", "48662.0"]),
    "taxon.rank": st.sampled_from(["species", "Genus"]),
    "taxon.ancestry": st.sampled_from(["48460/1", "47126"]),
    "location": st.sampled_from(["36.1,-94.1", "(36.1, -94.1)"]),
    "obscured": st.sampled_from(["true", "FALSE", "1"]),
}


@st.composite
def tables(draw: st.DrawFn) -> dict[str, str]:
    """Values of some columns, good or not."""
    names = draw(st.sets(st.sampled_from(sorted(COLUMNS))))
    return {name: draw(GOOD[name] | JUNK if name in GOOD else JUNK) for name in names}


def as_json(record: dict[str, str]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for name, value in record.items():
        *holders, key = COLUMNS[name]
        target = nested
        for holder in holders:
            target = target.setdefault(holder, {})
        target[key] = value
    return nested


def as_csv(*rows: dict[str, str]) -> str:
    header = sorted({name for row in rows for name in row})
    text = io.StringIO()
    writer = csv.DictWriter(text, header)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


@SETTINGS
@given(record=tables(), url=URLS)
@example(
    record={"location": "36.1,-94.1", "obscured": "FALSE", "positional_accuracy": "25"},
    url="https://static.inaturalist.org/photos/5/medium.jpg",
)
@example(
    record={"location": "36.1,-94.1", "obscured": "perhaps", "positional_accuracy": "25"},
    url="https://static.inaturalist.org/photos/5/medium.jpg",
)
def test_a_record_gives_the_same_row_from_csv_and_from_json(
    load: Load, record: dict[str, str], url: str
) -> None:
    photo = {"photo_id": "5", "photo_url": url}
    from_csv = load(as_csv({"id": "7", "observed_on": "", "taxon.id": "", **record, **photo}))
    from_json = load(json.dumps([{"id": 7, "photos": [{"id": 5, "url": url}], **as_json(record)}]))
    assert from_csv.refusals == from_json.refusals == []
    for table in ("observations", "photos"):
        marks = ("source", "lists_photos", "position")
        rows = [
            [
                {key: value for key, value in row.items() if key not in marks}
                for row in loaded.rows.get(table, [])
            ]
            for loaded in (from_csv, from_json)
        ]
        assert rows[0] == rows[1]


@SETTINGS
@given(st.lists(tables(), min_size=1, max_size=8))
def test_junk_in_a_csv_costs_no_row(load: Load, rows: list[dict[str, str]]) -> None:
    records = [
        {"id": str(number), "observed_on": "", "taxon.id": "", **row} for number, row in enumerate(rows)
    ]
    loaded = load(as_csv(*records))
    assert loaded.refusals == []
    assert [row["observation_id"] for row in loaded.observations] == list(range(len(rows)))


@SETTINGS
@given(st.lists(st.tuples(*[JUNK.map(lambda text: "".join(text.split()))] * 7), min_size=1, max_size=8))
def test_junk_in_the_open_data_costs_no_row(load: Load, rows: list[tuple[str, ...]]) -> None:
    names = ("observer_id", "latitude", "longitude", "positional_accuracy", "taxon_id", "quality_grade")
    header = "\t".join(["observation_uuid", *names, "observed_on"])
    lines = ["\t".join([UUID, *row]) for row in rows]
    loaded = load("\n".join([header, *lines]))
    assert loaded.refusals == []
    assert len(loaded.observations) == len(rows)


@SETTINGS
@given(
    st.lists(st.integers(MAX_ID - 3, MAX_ID + 3) | st.integers(-2, 2) | st.integers(2**60, 2**70), min_size=1)
)
def test_ids_are_loaded_up_to_the_limit_by_every_reader(load: Load, ids: list[int]) -> None:
    good = [number for number in ids if 0 <= number <= MAX_ID]
    files = {
        "observations": (
            "observation_id",
            as_csv(*({"id": str(each), "observed_on": "", "taxon_id": ""} for each in ids)),
        ),
        "observations ": ("observation_id", "".join(f'{{"id":{each},"captive":true}}\n' for each in ids)),
        "photos": ("photo_id", "photo_id\tobservation_uuid\n" + "".join(f"{each}\t{UUID}\n" for each in ids)),
        "taxa": ("taxon_id", "taxon_id\tancestry\tname\n" + "".join(f"{each}\t\tx\n" for each in ids)),
        "taxa ": ("taxon_id", "taxon_id,parent_id,name\n" + "".join(f"{each},,x\n" for each in ids)),
    }
    for table, (key, content) in files.items():
        loaded = load(content)
        rows = loaded.rows.get(table.strip(), [])
        assert {row[key] for row in rows} == set(good)
        assert len(loaded.refusals) == len(ids) - len(good)
        assert {why.rpartition(": ")[2] for _, why in loaded.refusals} <= {"id too large", "below zero"}


@pytest.mark.parametrize(
    ("obscured", "accuracy"), [("FALSE", 25.0), ("", 25.0), ("true", None), ("1", None), ("perhaps", None)]
)
def test_an_accuracy_that_may_not_be_public_is_not_read(
    load: Load, obscured: str, accuracy: float | None
) -> None:
    record = {"location": "36.1,-94.1", "obscured": obscured, "positional_accuracy": "25"}
    from_csv = load(as_csv({"id": "7", "observed_on": "", "taxon.id": "", **record}))
    from_json = load(json.dumps([{"id": 7, "photos": [], **as_json(record)}]))
    for loaded in (from_csv, from_json):
        assert [row.get("positional_accuracy") for row in loaded.observations] == [accuracy]
