"""Batches in a real browser: taken, worked through by keyboard, answered, and their receipt read later."""

import re

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import expect

from portal.batches.models import Answer, Batch, BatchRow, SeenObservation
from portal.batches.services import taking
from tests.browser.test_cutoffs import check_looks

WORKLIST = "/hotspots/worklist/?clade=52775"


@pytest.fixture(autouse=True)
def nobody_came_before():
    """Let no test find the counters of the one before it."""
    cache.clear()


@pytest.fixture
def open_batch(hotspots, open_page):
    """`open_batch(width=390)`: a browser of its own with a batch that it took; gives its page."""

    def open_batch(**options):
        page = open_page(WORKLIST, **options)
        page.get_by_role("button", name=re.compile(r"^Take \d+$")).click()
        page.wait_for_url("**/batches/*/")
        return page

    return open_batch


def test_from_a_worklist_to_a_batch_and_back_to_its_receipt(open_batch):
    page = open_batch()
    check_looks(page)
    rows = page.locator("[data-board-row]")
    expect(rows).to_have_count(30)
    row = rows.first
    row.get_by_text("Answer").click()
    row.get_by_role("button", name="The label is right").click()
    expect(row).to_be_hidden()
    # Skipped by keyboard, and brought back.
    rows.nth(1).get_by_role("link").first.focus()
    page.keyboard.press("x")
    expect(rows.nth(1)).to_be_hidden()
    page.wait_for_function("() => document.activeElement.closest('[data-board-row]')")
    page.reload()
    expect(page.locator("[data-board-row]")).to_have_count(28)
    expect(page.get_by_role("heading", name="Your answers")).to_be_visible()
    assert list(Answer.objects.values_list("observation_id", "verdict")) == [(1000, "right")]
    assert set(SeenObservation.objects.values_list("observation_id", flat=True)) == {1000, 1001}
    page.get_by_role("button", name="Finish", exact=True).click()
    expect(page.get_by_text("No count since you took it.")).to_be_visible()
    check_looks(page)
    batch = Batch.objects.get()
    taking.record_receipts({batch.pk: {"looked_at": 21, "moved": 6, "moved_photos": 8}}, timezone.now())
    page.reload()
    expect(page.get_by_text("Of your 30: 21 looked at, 6 labels moved, 8 wrong photos out.")).to_be_visible()


def test_three_people_on_one_clade_get_different_rows(open_batch, monkeypatch):
    monkeypatch.setattr("portal.hotspots.queries.worklists.BATCH", 10)
    for _ in range(3):
        open_batch()
    held = list(BatchRow.objects.filter(is_held=True).values_list("observation_id", flat=True))
    assert sorted(held) == list(range(1000, 1030))
    assert Batch.objects.values("holder").distinct().count() == 3


def test_a_batch_is_short_on_a_phone(open_batch):
    page = open_batch(width=390)
    check_looks(page)
    assert page.locator("#board-rows").bounding_box()["height"] < 3_500


@pytest.mark.parametrize("address", ["/batches/", "/batches/false-alarms/", "/batches/photo-faults/"])
def test_pages_about_batches_look_as_they_should(hotspots, open_page, address):
    check_looks(open_page(address, width=390))
