"""What a record leaves out never erases what the lake knows; what it says is empty, does."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.errors import DataError
from exporter.ingest import ingest
from exporter.lake import Lake
from exporter.schema import TABLES, check_columns

TAXON = {"id": 3, "name": "Aves", "rank": "class", "rank_level": 50, "ancestor_ids": [48460, 1, 2, 3]}
PHOTO = {
    "id": 5,
    "url": "https://static.inaturalist.org/photos/5/square.jpg",
    "license_code": "cc-by",
    "original_dimensions": {"width": 4, "height": 3},
    "flags": [],
    "hidden": False,
}
IDENTIFICATION = {
    "id": 9,
    "user": {"id": 7},
    "taxon": TAXON,
    "created_at": "2026-01-01T00:00:00Z",
    "current": True,
    "own_observation": True,
    "vision": False,
    "hidden": False,
    "disagreement": False,
    "previous_observation_taxon_id": 2,
    "category": "leading",
    "taxon_change": None,
}
FULL: dict[str, Any] = {
    "id": 1,
    "uuid": "69359289-e254-4778-ab15-9b41d68057da",
    "updated_at": "2026-01-02T00:00:00Z",
    "quality_grade": "research",
    "observed_on": "2025-12-31",
    "created_at": "2026-01-01T00:00:00Z",
    "taxon": TAXON,
    "community_taxon_id": 3,
    "user": {"id": 7},
    "geojson": {"coordinates": [-94.1, 36.1]},
    "public_positional_accuracy": 12,
    "obscured": False,
    "captive": False,
    "flags": [{"resolved": False}],
    "quality_metrics": [{"metric": "date", "agree": False}],
    "num_identification_agreements": 1,
    "num_identification_disagreements": 0,
    "out_of_range": False,
    "photos": [PHOTO],
    "identifications": [IDENTIFICATION],
}


def load(lake: Lake, folder: Path, *records: dict[str, Any]) -> None:
    """Load records, each as a file of its own."""
    paths = [folder / f"{number}.json" for number in range(len(records))]
    for path, record in zip(paths, records, strict=True):
        path.write_text(json.dumps([record]))
    report = ingest(lake, paths)
    assert (report.refusals, report.notes) == ([], [])


def contents(lake: Lake) -> dict[str, list[dict[str, Any]]]:
    """All that the lake knows: values that are not empty, by table."""
    known = {}
    with lake.connect() as con:
        for name in TABLES:
            result = con.execute(f"SELECT * FROM {name} ORDER BY ALL")
            columns = [column[0] for column in result.description or ()]
            known[name] = [
                {key: value for key, value in zip(columns, row, strict=True) if value not in (None, 0, "0")}
                for row in result.fetchall()
            ]
    return known


def part_of(record: dict[str, Any], kept: set[str]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key == "id" or key in kept}


@st.composite
def parts(draw: st.DrawFn) -> dict[str, Any]:
    """A part of the full record, with parts of its photo and identification, of the same or another time."""
    some = st.sets(st.sampled_from(sorted(FULL)))
    record = {**part_of(FULL, draw(some)), "quality_grade": "research"}
    for name, whole in (("photos", PHOTO), ("identifications", IDENTIFICATION)):
        if name in record:
            record[name] = [part_of(whole, draw(st.sets(st.sampled_from(sorted(whole)))))]
    return record


@settings(max_examples=15)
@given(part=parts(), is_first=st.booleans(), is_newer=st.booleans(), apart=st.booleans())
def test_a_part_of_a_record_never_erases_the_rest(
    tmp_path_factory: pytest.TempPathFactory,
    part: dict[str, Any],
    is_first: bool,
    is_newer: bool,
    apart: bool,
) -> None:
    """In one load or in two, before the full record or after it, as old or newer."""
    folder = tmp_path_factory.mktemp("absent")
    whole, mixed = Lake(folder / "whole"), Lake(folder / "mixed")
    load(whole, folder, FULL)
    if is_newer and "updated_at" in part:
        part = {**part, "updated_at": "2026-01-03T00:00:00Z"}
    order = [part, FULL] if is_first else [FULL, part]
    for records in [[each] for each in order] if apart else [order]:
        load(mixed, folder, *records)
    expected, result = contents(whole), contents(mixed)
    for rows in (*expected.values(), *result.values()):
        for row in rows:
            row.pop("updated_at", None)
    assert result == expected


@pytest.mark.parametrize("nothing", [None, []])
def test_an_empty_list_erases_photos_and_identifications(lake: Lake, tmp_path: Path, nothing: object) -> None:
    load(lake, tmp_path, FULL)
    load(lake, tmp_path, {**FULL, "photos": nothing, "identifications": nothing})
    known = contents(lake)
    assert (known["photos"], known["identifications"]) == ([], [])


def test_what_is_null_is_emptied(lake: Lake, tmp_path: Path) -> None:
    load(lake, tmp_path, FULL)
    load(lake, tmp_path, {**FULL, "community_taxon_id": None, "observed_on": None, "geojson": None})
    [row] = contents(lake)["observations"]
    assert not row.keys() & {"community_taxon_id", "observed_on", "latitude", "longitude"}


def test_an_older_record_does_not_fill_what_a_newer_one_says_is_empty(lake: Lake, tmp_path: Path) -> None:
    load(lake, tmp_path, {**FULL, "community_taxon_id": None})
    load(lake, tmp_path, {**FULL, "updated_at": "2026-01-01T00:00:00Z"})
    assert "community_taxon_id" not in contents(lake)["observations"][0]


def test_a_part_without_photos_leaves_later_lists_their_say(lake: Lake, tmp_path: Path) -> None:
    """The list of photos is that of the newest record that has one."""
    part = {"id": 1, "quality_grade": "research", "updated_at": "2026-01-05T00:00:00Z"}
    other = {**FULL, "photos": [{**PHOTO, "id": 6}], "updated_at": "2026-01-06T00:00:00Z"}
    load(lake, tmp_path, FULL, part, other)
    assert [row["photo_id"] for row in contents(lake)["photos"]] == [6]


def test_an_older_list_fills_a_newer_one_and_adds_nothing_to_it(lake: Lake, tmp_path: Path) -> None:
    newer = {**FULL, "photos": [{"id": 5, "url": PHOTO["url"]}], "updated_at": "2026-01-05T00:00:00Z"}
    load(lake, tmp_path, newer)
    load(lake, tmp_path, {**FULL, "photos": [PHOTO, {**PHOTO, "id": 6}]})
    [photo] = contents(lake)["photos"]
    assert (photo["photo_id"], photo["license"], photo["width"]) == (5, "cc-by", 4)


def test_a_csv_adds_no_photo_to_an_observation_whose_photos_are_listed(lake: Lake, tmp_path: Path) -> None:
    load(lake, tmp_path, FULL)
    table = tmp_path / "table.csv"
    table.write_text(
        "id,taxon_id,quality_grade,image_url\n"
        "1,3,research,https://static.inaturalist.org/photos/8/medium.jpg\n"
        "2,3,research,https://static.inaturalist.org/photos/9/medium.jpg\n"
    )
    ingest(lake, [table])
    assert [row["photo_id"] for row in contents(lake)["photos"]] == [5, 9]


def test_a_lake_of_an_earlier_version_says_what_to_do(lake: Lake, tmp_path: Path) -> None:
    load(lake, tmp_path, FULL)
    version = lake.require_latest()
    [[path]] = lake.files("observations", version).values()
    rows = pq.read_table(path).drop_columns(["known_empty", "lists_photos"])
    pq.write_table(rows, path)
    message = (
        r"written by an earlier version of Leafline \(it has no known_empty, lists_photos\); load the data"
    )
    with pytest.raises(DataError, match=message):
        check_columns(TABLES["observations"], Path(path))


def test_of_a_photo_listed_twice_in_one_load_everything_is_known(lake: Lake, tmp_path: Path) -> None:
    load(lake, tmp_path, FULL, {**FULL, "photos": [{"id": 5}], "updated_at": "2026-01-03T00:00:00Z"})
    [row] = contents(lake)["photos"]
    assert (row["photo_id"], row["host"], row["license"]) == (5, "static", "cc-by")


@pytest.mark.parametrize("newer_first", [True, False])
@pytest.mark.parametrize("in_one_file", [True, False])
def test_of_two_records_of_an_observation_in_one_load_the_newer_ones_lists_hold(
    lake: Lake, tmp_path: Path, newer_first: bool, in_one_file: bool
) -> None:
    """Photos 5 and 6, then 6 and 7; identifications likewise. What the older record alone lists is gone."""
    older, newer = (
        FULL
        | {
            "updated_at": f"2026-01-0{day}T00:00:00Z",
            "photos": [PHOTO | {"id": number} for number in numbers],
            "identifications": [IDENTIFICATION | {"id": 10 * number} for number in numbers],
        }
        for day, numbers in ((3, (5, 6)), (4, (6, 7)))
    )
    records = [newer, older] if newer_first else [older, newer]
    if in_one_file:
        path = tmp_path / "both.json"
        path.write_text(json.dumps(records))
        ingest(lake, [path])
    else:
        load(lake, tmp_path, *records)
    known = contents(lake)
    assert [row["photo_id"] for row in known["photos"]] == [6, 7]
    assert [row["identification_id"] for row in known["identifications"]] == [60, 70]
