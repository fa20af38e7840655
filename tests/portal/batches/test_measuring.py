"""Receipts at a count, for all batches at once: whole values by hand."""

import pytest

from portal.batches import measuring, queries
from portal.batches.models import Batch
from portal.batches.pools import Part
from portal.batches.services import taking
from portal.batches.wording import receipt
from portal.hotspots.queries import worklists
from tests.portal.batches.conftest import DAY, HOUR, NOW
from tests.portal.blitzes.test_measuring import IMPATIENS, TERRESTRIS, count, lake

__all__ = ["lake"]
BUMBLE_BEES = Part(query="clade=52775")
MOVED = [TERRESTRIS] * 4


@pytest.fixture
def batches(ida, ben, monkeypatch):
    """Five rows taken by Ida, the next five by Ben two hours later."""
    monkeypatch.setattr(worklists, "BATCH", 5)
    return [taking.take(ida, BUMBLE_BEES, now=NOW), taking.take(ben, BUMBLE_BEES, now=NOW + 2 * HOUR)]


def receipts():
    return list(
        Batch.objects.order_by("taken_at").values_list("measured_at", "looked_at", "moved", "moved_photos")
    )


def test_a_count_tells_each_batch_what_became_of_its_own_rows_since_it_was_taken(batches, lake):
    batches[0].rows.filter(observation_id=1001).update(photos=3)
    version = lake(
        {
            1000: (NOW + HOUR, [IMPATIENS]),
            1001: (NOW + HOUR, MOVED),
            # By then Ida had hers, and Ben did not have his.
            1004: (NOW - HOUR, MOVED),
            1005: (NOW + HOUR, MOVED),
            1006: (NOW + DAY + HOUR, MOVED),
        }
    )
    count(version, NOW + 2 * DAY)
    assert measuring.measure() == 2
    assert receipts() == [(NOW + 2 * DAY, 2, 1, 3), (NOW + 2 * DAY, 1, 1, 1)]
    assert receipt(Batch.objects.get(pk=batches[0].pk), 5) == (
        "Of your 5: 2 looked at, 1 label moved, 3 wrong photos out."
    )
    assert measuring.measure() == 0


def test_a_later_count_completes_it_until_thirty_days_are_over(batches, lake):
    count(lake({}), NOW + 2 * DAY)
    measuring.measure()
    assert receipts()[0] == (NOW + 2 * DAY, 0, 0, 0)
    count(lake({1000: (NOW + 3 * DAY, MOVED)}), NOW + 4 * DAY)
    measuring.measure()
    assert receipts()[0] == (NOW + 4 * DAY, 1, 1, 1)
    assert list(queries.unmeasured("inat-2022", NOW + 30 * DAY)) == [batches[1]]


def test_before_a_count_that_knows_of_it_there_is_no_receipt(batches, lake):
    count(lake({}), NOW)
    assert measuring.measure() == 0
    assert receipt(batches[0], 5).startswith("No count since you took it.")


def test_the_number_of_queries_does_not_grow_with_the_batches(
    account, lake, monkeypatch, django_assert_num_queries
):
    monkeypatch.setattr(worklists, "BATCH", 2)
    version = lake({})
    for number in range(1, 4):
        taking.take(account(f"person {number}"), BUMBLE_BEES, now=NOW)
        count(version, NOW + number * DAY)
        # For each rule its newest count; the rows of one, and an update within a transaction.
        with django_assert_num_queries(5):
            assert measuring.measure() == number
