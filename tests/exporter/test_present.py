"""Whatever is loaded in whatever order: what is counted from changes is what is counted in full."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter import changes
from exporter import present as presently
from exporter.criteria import INAT_2021, INAT_2022, Criteria
from exporter.hotspots import find
from exporter.hotspots.records import Records
from exporter.kept import FOLDER
from exporter.lake import Lake
from exporter.present import assess_present
from exporter.readiness import Assessment, assess, usable_sql
from exporter.schema import surrogate_id
from tests.exporter.test_lake import load

NEWEST = datetime(2026, 1, 1, tzinfo=UTC)
#: Rules with lines that three observations cross.
RULES = (
    replace(INAT_2021, min_observations=3, min_confirmed=2, train_min=1, val_min=1, test_min=1),
    replace(INAT_2022, train_min=3, val_min=1, test_min=1),
)
UUIDS = {number: f"{number:08x}-0000-4000-8000-000000000000" for number in range(1, 9)}

#: A family with two genera and their species; a taxon that has no row before a change brings it.
ANCESTRIES = {3: "", 10: "3", 20: "3", 11: "3/10", 12: "3/10", 21: "3/20"}
RANKS = {3: "family", 10: "genus", 20: "genus"}
LATER = 22

Step = dict[str, Any]


def taxon(taxon_id: int, ancestry: str, hour: int, **columns: Any) -> dict[str, Any]:
    rank = RANKS.get(taxon_id, "species")
    levels = {"family": 30.0, "genus": 20.0, "species": 10.0}
    row = {"taxon_id": taxon_id, "ancestry": ancestry, "name": f"Taxon {taxon_id}", "rank": rank}
    return row | {"rank_level": levels[rank], "updated_at": NEWEST + timedelta(hours=hour)} | columns


def observation(
    number: int, taxon_id: int | None, community: int | None, photos: int, hour: int, **columns: Any
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """An observation as the API lists it, and its photos."""
    at = NEWEST + timedelta(hours=hour)
    row = {"observation_id": number, "observation_uuid": UUIDS[number], "taxon_id": taxon_id}
    row |= {"community_taxon_id": community, "quality_grade": "research", "is_flagged": False}
    shown = [
        {"observation_id": number, "photo_id": 10 * number + place, "host": "static", "extension": "jpg"}
        for place in range(photos)
    ]
    return row | {"updated_at": at} | columns, [photo | {"updated_at": at} for photo in shown]


def identifications(number: int, *taxon_ids: int | None) -> list[dict[str, Any]]:
    """What was said of an observation, by one person each."""
    return [
        {"observation_id": number, "identification_id": 10 * number + place, "user_id": 100 + place}
        | {"taxon_id": taxon_id, "created_at": NEWEST, "is_current": True}
        for place, taxon_id in enumerate(taxon_ids)
        if taxon_id is not None
    ]


def ingest(lake: Lake, hour: int, taxa: Step | None = None, observations: Step | None = None) -> None:
    """Load taxa (by id: their ancestry) and observations (by number: taxon, community taxon, photos)."""
    rows = [taxon(each, ancestry, hour) for each, ancestry in (taxa or {}).items()]
    pairs = [observation(number, *values, hour) for number, values in (observations or {}).items()]
    tables = {
        "taxa": rows,
        "observations": [row for row, _ in pairs],
        "photos": [photo for _, photos in pairs for photo in photos],
        "identifications": [
            row
            for number, (taxon_id, community, _) in (observations or {}).items()
            for row in identifications(number, taxon_id, community)
        ],
    }
    load(lake, "api", **{name: table for name, table in tables.items() if table})


def in_full(lake: Lake, criteria: Criteria) -> Assessment:
    with lake.connect() as con:
        return assess(con, criteria, f"({usable_sql(criteria)})")


def present(lake: Lake, criteria: Criteria) -> Assessment:
    with lake.connect() as con:
        return assess_present(lake, lake.require_latest(), con, criteria)


def assert_same(one: Assessment, other: Assessment) -> None:
    assert one.rows.equals(other.rows)
    for name in ("is_active", "leaves"):
        assert np.array_equal(getattr(one, name), getattr(other, name))
    for name in ("taxon_ids", "parent", "end", "by_id"):
        assert np.array_equal(getattr(one.tree, name), getattr(other.tree, name))


@pytest.fixture(autouse=True)
def any_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lakes as small as these change by more than a twentieth each time."""
    monkeypatch.setattr(changes, "MOST_SHARE", 100.0)


@pytest.fixture
def reasons(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """Why readiness was counted in full, since it was last asked."""
    caplog.set_level(logging.INFO, "exporter.present")

    def read() -> list[str]:
        said = [record.getMessage() for record in caplog.records]
        caplog.clear()
        return said

    return read


def whole(lake: Lake) -> None:
    """A lake of six observations, of which readiness was counted."""
    seen = dict.fromkeys((1, 2, 3), (11, 11, 1)) | {4: (12, 10, 2), 5: (21, None, 1), 6: (20, 20, 1)}
    ingest(lake, 0, ANCESTRIES, seen)
    for criteria in RULES:
        present(lake, criteria)


TAXON_IDS = st.sampled_from([*ANCESTRIES, LATER])
OBSERVED = st.dictionaries(
    st.integers(1, 8),
    st.tuples(st.none() | TAXON_IDS, st.none() | TAXON_IDS, st.integers(0, 6)),
    max_size=3,
)
MOVED = st.dictionaries(st.sampled_from([11, 12, LATER]), st.sampled_from(["3/10", "3/20"]), max_size=1)
#: What is loaded, which observations the dump knows by UUID, and whether a refresh follows.
STEPS = st.lists(
    st.tuples(MOVED, OBSERVED, st.sets(st.integers(1, 8), max_size=2), st.booleans()), max_size=4
)


@settings(max_examples=6)
@given(steps=STEPS, behind=st.sampled_from([0.0, 100.0]))
def test_any_sequence_of_ingests_counts_as_in_full(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    steps: list[Any],
    behind: float,
) -> None:
    monkeypatch.setattr(presently, "MOST_BEHIND", behind)
    lake = Lake(tmp_path_factory.mktemp("lake"))
    whole(lake)
    for hour, (moved, observed, by_uuid, is_refreshed) in enumerate(steps, 1):
        ingest(lake, hour, moved, observed)
        if by_uuid:
            load(lake, "dump", observations=[of_dump(number, hour) for number in sorted(by_uuid)])
        if is_refreshed or hour == len(steps):
            for criteria in RULES:
                assert_same(present(lake, criteria), in_full(lake, criteria))
    assert_same_hotspots(lake)


def assert_same_hotspots(lake: Lake) -> None:
    """By what was learned once, a refresh finds under both rules what a search from nothing finds."""
    with lake.connect() as con:
        learned = find(con, RULES[0]).learned
        records, version = Records(con, None), lake.require_latest()
        for criteria in RULES:
            assessment = assess_present(lake, version, con, criteria)
            one = find(con, criteria, learned=learned, assessment=assessment, records=records)
            other = find(con, criteria, learned=learned)
            for name in ("hotspots", "worklist", "confusions"):
                assert getattr(one, name).equals(getattr(other, name))
            # Where the lake has outgrown what was learned, each has learned at a time of its own.
            assert without_date(one.fit) == without_date(other.fit)


def without_date(fit: pa.Table) -> list[dict[str, Any]]:
    return [row for row in fit.to_pylist() if row["name"] != "learned at"]


def of_dump(number: int, hour: int) -> dict[str, Any]:
    """An observation as the dump gives it: by its UUID, with a photo of its own in no list."""
    row = {"observation_id": surrogate_id(UUIDS[number]), "observation_uuid": UUIDS[number], "taxon_id": 12}
    return row | {"quality_grade": "needs_id", "updated_at": NEWEST + timedelta(hours=hour)}


def test_a_change_costs_no_full_count(lake: Lake, reasons: Callable[[], list[str]]) -> None:
    whole(lake)
    reasons()
    ingest(lake, 1, {3: ""}, {1: (21, 21, 1), 2: (None, None, 0), 7: (11, 11, 2)})
    ingest(lake, 2, observations={7: (11, 11, 1), 8: (12, 12, 6)})
    for criteria in RULES:
        assert_same(present(lake, criteria), in_full(lake, criteria))
    assert reasons() == []


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ({"taxa": {11: "3/20"}}, "1 taxa are new or others"),
        ({"taxa": {LATER: "3/20"}}, "1 taxa are new or others"),
        ({"observations": {1: (LATER, None, 1)}}, "a changed observation names a taxon without a row"),
    ],
)
def test_what_may_move_the_tree_is_counted_in_full(
    lake: Lake, reasons: Callable[[], list[str]], what: dict[str, Any], reason: str
) -> None:
    whole(lake)
    reasons()
    ingest(lake, 1, **what)
    assert_same(present(lake, RULES[0]), in_full(lake, RULES[0]))
    assert reasons() == [f"Readiness is counted in full: {reason}."]


def test_a_gap_in_the_record_and_damage_to_what_is_kept_are_made_good(
    lake: Lake, reasons: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole(lake)
    reasons()
    monkeypatch.setattr(changes, "MOST_SHARE", 0.05)
    ingest(lake, 1, observations={1: (12, 12, 1)})
    assert lake.changes.numbers() == []
    assert_same(present(lake, RULES[0]), in_full(lake, RULES[0]))
    assert reasons() == ["Readiness is counted in full: what changed since version 1 is not recorded."]
    for path in (lake.root / FOLDER).iterdir():
        path.write_bytes(path.read_bytes()[:100])
    assert_same(present(lake, RULES[0]), in_full(lake, RULES[0]))
    assert reasons() == ["Readiness is counted in full: nothing is kept that can be used."]


@pytest.mark.parametrize("name", ["changes.json", "photos.parquet"])
def test_a_damaged_record_is_not_used(lake: Lake, reasons: Callable[[], list[str]], name: str) -> None:
    whole(lake)
    reasons()
    ingest(lake, 1, observations={1: (12, 12, 1)})
    [path] = lake.changes.folder.glob(f"version=2/{name}")
    path.write_bytes(path.read_bytes()[1:])
    assert_same(present(lake, RULES[0]), in_full(lake, RULES[0]))
    assert reasons() == ["Readiness is counted in full: what changed since version 1 is not recorded."]


def test_records_are_kept_while_they_are_of_use(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    whole(lake)
    first = lake.require_latest()
    for hour in (1, 2, 3):
        ingest(lake, hour, observations={hour: (12, 12, hour)})
    changed = lake.changes.between(first, lake.require_latest())
    assert changed is not None
    assert (changed.observations, changed.taxa, lake.changes.numbers()) == (3, 0, [2, 3, 4])
    monkeypatch.setattr(changes, "MOST_SHARE", 0.4)
    ingest(lake, 4, observations={4: (11, 11, 1)})
    assert lake.changes.numbers() == [4, 5]
    assert lake.changes.between(first, lake.require_latest()) is None


def test_another_lake_in_its_place_is_counted_in_full(lake: Lake, tmp_path: Path) -> None:
    whole(lake)
    other = Lake(tmp_path / "other")
    ingest(other, 0, ANCESTRIES, {1: (21, 21, 1)})
    (lake.root / FOLDER).rename(other.root / FOLDER)
    assert_same(present(other, RULES[0]), in_full(other, RULES[0]))
