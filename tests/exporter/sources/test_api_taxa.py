"""Taxa of API v1: what was read of one serves for those that look the same, and for no other."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from exporter.sources.api_taxa import taxon_row
from exporter.sources.batches import Batches
from exporter.sources.fields import BadValueError, Row
from exporter.sources.files import FileReport

MOMENTS = (None, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))
#: What JSON may hold: also what Python takes for equal (1, 1.0 and true), and what orjson does not write.
VALUES = st.sampled_from(
    [
        None,
        True,
        False,
        1,
        1.0,
        0,
        10,
        "1",
        "species",
        "",
        "Apis",
        "\ud800",
        10**20,
        [1, 2],
        [48460, 1],
        {"a": 1},
    ]
)
TAXA = st.dictionaries(
    st.sampled_from(
        ["id", "name", "preferred_common_name", "rank", "rank_level", "is_active", "ancestor_ids"]
    ),
    VALUES,
)


def read(taxon: dict[str, Any], at: datetime | None = None) -> tuple[Row | None, list[str]]:
    left_out: list[BadValueError] = []
    return taxon_row(taxon, at, left_out), [str(fault) for fault in left_out]


def test_a_taxon_by_hand() -> None:
    taxon = {
        "id": 3,
        "name": "Aves",
        "rank": "class",
        "rank_level": 50,
        "is_active": "maybe",
        "ancestor_ids": [48460, 1, 3],
    }
    row = {
        "updated_at": MOMENTS[1],
        "taxon_id": 3,
        "name": "Aves",
        "rank": "class",
        "rank_level": 50.0,
        "ancestry": "48460/1",
    }
    faults = ["taxon.is_active 'maybe': neither true nor false"]
    assert read(taxon, MOMENTS[1]) == (row, faults)
    assert read(taxon | {"photos": []}, MOMENTS[2]) == (row | {"updated_at": MOMENTS[2]}, faults)


@given(st.lists(TAXA, max_size=8))
def test_it_does_not_matter_what_was_read_before(taxa: list[dict[str, Any]]) -> None:
    """The kinds of the values count as well: true is no 1."""
    first = [repr(read(taxon)) for taxon in taxa]
    assert [repr(read(taxon)) for taxon in reversed(taxa)] == first[::-1]


def test_what_was_read_is_not_changed_by_whoever_got_it() -> None:
    taxon = {"id": 4, "name": "Gruidae"}
    row, _ = read(taxon)
    assert row is not None
    row["name"] = "something else"
    assert read(taxon) == ({"updated_at": None, "taxon_id": 4, "name": "Gruidae"}, [])


class Kept:
    """Stands for the lake's staging: keeps what it gets."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def add(self, _table: str, _source: str, rows: Any) -> None:
        self.rows += rows.to_pylist()


def staged(rows: list[Row]) -> list[Row]:
    kept = Kept()
    with Batches(kept, "api", FileReport("made up")) as batches:  # type: ignore[arg-type]
        for row in rows:
            batches.add_taxon(dict(row))
    return [{name: value for name, value in row.items() if value is not None} for row in kept.rows]


ROWS = st.fixed_dictionaries(
    {"taxon_id": st.just(5), "updated_at": st.sampled_from(MOMENTS)},
    optional={"name": st.sampled_from([None, "Apis", "Bombus"]), "rank": st.just("genus")},
)


@given(st.lists(ROWS, min_size=1, max_size=6))
def test_of_rows_of_one_taxon_the_newest_that_knows_a_value_gives_it(rows: list[Row]) -> None:
    """The later in the file, of the same time; one without a time is older than any."""
    order = sorted(rows, key=lambda row: row["updated_at"] or datetime(1, 1, 1, tzinfo=UTC))
    expected: Row = {}
    for row in order:
        expected |= {name: value for name, value in row.items() if value is not None}
    assert staged(rows) == [expected]
