"""The history's promise: in whatever order days are described, each reads as it was described."""

from datetime import timedelta

import pyarrow as pa
import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.taxa import services
from portal.taxa.models import MarginCount, ReadinessHistory, Taxon
from portal.taxa.services import tree
from tests.portal.taking_over import take_over_taxa
from tests.portal.world import FIRST_DAY, make_refresh

TAXA = (1, 2, 3)
#: What a refresh finds: some of the taxa, each with a number of observations; 3 of them make a class.
FOUND = st.dictionaries(st.sampled_from(TAXA), st.integers(1, 3))
#: Refreshes in the order in which they are made, each with the day that it describes.
REFRESHES = st.lists(st.tuples(st.integers(0, 4), FOUND), max_size=6)


def table(found):
    zeros = pa.array([0] * len(found), pa.int64())
    columns = dict.fromkeys(services.READINESS_COLUMNS, zeros)
    columns["taxon_id"] = pa.array(list(found), pa.int64())
    columns["status"] = pa.array(["leaf" if count == 3 else "short" for count in found.values()], pa.string())
    columns["rank"] = pa.array(["species"] * len(found), pa.string())
    columns["observations"] = pa.array(list(found.values()), pa.int64())
    return pa.table(columns)


def as_read(day):
    """What the history says of a day: the last row of each taxon until then."""
    rows = ReadinessHistory.objects.filter(refresh__moment__lte=FIRST_DAY + timedelta(days=day))
    last = {row.taxon_id: row for row in rows.order_by("refresh__moment", "refresh_id")}
    return {taxon_id: row.observations for taxon_id, row in last.items() if row.status != "gone"}


def statuses_before():
    """For each row its status before as it is written, and as the row before it in time has it."""
    last = {}
    for row in ReadinessHistory.objects.order_by("refresh__moment", "refresh_id"):
        yield row.status_before, last.get(row.taxon_id, "gone")
        last[row.taxon_id] = row.status


@pytest.mark.django_db
@settings(max_examples=25)
@given(refreshes=REFRESHES)
def test_every_day_reads_as_the_last_refresh_of_it_found(db, refreshes):
    with transaction.atomic():
        Taxon.objects.bulk_create(Taxon(id=taxon_id, name=f"taxon {taxon_id}") for taxon_id in TAXA)
        described = {}
        for day, result in refreshes:
            at = FIRST_DAY + timedelta(days=day)
            refresh = make_refresh(at, as_of=at, counts={"criteria": {"inat-2022": {}}})
            refresh.refresh_from_db()
            take_over_taxa(refresh, [], {"inat-2022": table(result)})
            described[day] = result
            assert {day: as_read(day) for day in described} == described
            assert all(written == real for written, real in statuses_before())
        transaction.set_rollback(True)


@pytest.mark.parametrize(("observations", "popularity"), [(0, 0), (1, 1), (2, 2), (3, 2), (4, 3), (1023, 10)])
def test_popularity_is_the_bit_length_of_the_observations(observations, popularity):
    assert tree.popularity(observations) == popularity


def test_the_largest_class_below_a_taxon_is_named():
    """Life, with a family of one class, and a genus, a class itself, of two as large as each other."""
    rows = pa.table(
        {
            "taxon_id": [5, 3, 1, 2, 7, 6, 4],
            "tree_left": [5, 3, 1, 2, 7, 6, 4],
            "tree_right": [7, 3, 7, 3, 7, 6, 4],
            "status": ["leaf", "leaf", "covered", "covered", "leaf", "leaf", "short"],
            "observations": [200, 90, 390, 95, 80, 80, 9],
        }
    )
    result = services.with_largest_class(rows).to_pylist()
    assert {row["taxon_id"]: row["largest_class_taxon_id"] for row in result} == {
        1: 5, 2: 3, 3: None, 4: None, 5: 6, 6: None, 7: None,
    }  # fmt: skip


def test_nothing_has_no_class_below_it():
    result = services.with_largest_class(table({}))
    assert result.num_rows == 0
    assert result.column_names[-1] == "largest_class_taxon_id"


@pytest.mark.parametrize(("as_of", "counted"), [(None, [("leaf", 0, 1), ("short", 0, 2)]), (FIRST_DAY, [])])
def test_taxa_are_counted_by_distance_when_the_present_is_taken_over(db, as_of, counted):
    Taxon.objects.bulk_create(Taxon(id=taxon_id, name="x", ancestry="") for taxon_id in TAXA)
    refresh = make_refresh(FIRST_DAY, as_of=as_of)
    refresh.refresh_from_db()
    with transaction.atomic():
        take_over_taxa(refresh, [], {"inat-2022": table({1: 1, 2: 2, 3: 3})})
    rows = MarginCount.objects.filter(criteria="inat-2022").order_by("status")
    assert list(rows.values_list("status", "margin", "taxa")) == counted
