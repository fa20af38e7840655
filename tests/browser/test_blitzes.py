"""Blitzes in a real browser: a batch is taken and finished or returned, by mouse and by keyboard."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from portal.batches.models import Batch
from portal.blitzes import services
from portal.blitzes.models import Blitz
from portal.taxa.models import Taxon
from tests.browser.test_cutoffs import check_looks
from tests.portal.blitzes.conftest import BOMBUS, EXPECTED, WORDS

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def nobody_came_before():
    """Let no test find the counters of the one before it."""
    cache.clear()


@pytest.fixture
def ida(db):
    return get_user_model().objects.create_user("ida", password="a long password")


@pytest.fixture
def blitz(hotspots, ida):
    """One under way, measured once."""
    now = timezone.now().replace(microsecond=0)
    proposed = services.propose(
        by=ida,
        clade=Taxon.objects.get(pk=BOMBUS),
        cutoff=None,
        starts_at=now - DAY,
        ends_at=now + 7 * DAY,
        now=now - 2 * DAY,
        **WORDS,
    )
    made = services.approve(proposed, by=None, now=now - DAY)
    done = {"looked_at": 12, "moved": 5, "moved_photos": 8, "off_list": 9, "data_as_of": now}
    services.record(made, now, {**EXPECTED, **done, "expected_wrong": 50.2})
    return made


@pytest.fixture
def open_as(open_page, settings):
    """Opens a page as somebody who is signed in."""

    def open_as(user, address, **options):
        client = Client()
        client.force_login(user)
        name = settings.SESSION_COOKIE_NAME
        cookie = {"name": name, "value": client.cookies[name].value, "domain": "localhost", "path": "/"}
        return open_page(address, storage_state={"cookies": [cookie], "origins": []}, **options)

    return open_as


def test_from_home_to_a_batch_that_is_opened_and_done(open_as, ida, blitz):
    page = open_as(ida, "/")
    page.get_by_role("link", name=f"Take a batch ({blitz.title})").click()
    check_looks(page)
    page.get_by_label("Place").select_option("North America")
    page.get_by_role("button", name="Take the next batch of 30").click()
    expect(page.get_by_role("heading", name="Your batch of 30")).to_be_visible()
    link = page.get_by_role("link", name="Open these 30 in Identify")
    assert link.get_attribute("href").endswith(",".join(str(1000 + number) for number in range(30)))
    check_looks(page)
    page.get_by_role("button", name="Finish", exact=True).click()
    expect(page.get_by_text("You have no batch now.")).to_be_visible()
    page.goto(f"/blitzes/{blitz.pk}/")
    expect(page.get_by_text("1 batch is free: 5 observations.")).to_be_visible()


def test_a_batch_is_taken_and_returned_by_keyboard_on_a_phone(open_as, ida, blitz):
    page = open_as(ida, f"/blitzes/{blitz.pk}/", width=390)
    page.get_by_role("button", name="Take the next batch of 30").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/batches/*/")
    expect(page.get_by_role("heading", name="Your batch of 30")).to_be_visible()
    page.get_by_role("button", name="Return it").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("You have no batch now.")).to_be_visible()
    assert not Batch.objects.exists()


def test_a_blitz_is_proposed_with_a_clade_chosen_while_it_is_written(open_as, ida, hotspots):
    page = open_as(ida, "/blitzes/")
    check_looks(page)
    page.get_by_role("link", name="Propose one").click()
    clade = page.get_by_label("Clade")
    clade.press_sequentially("bumb")
    expect(page.locator(".suggestions a").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(clade).to_have_value("Bombus")
    expect(clade).to_be_focused()
    page.get_by_label("Title").fill("Bees")
    page.get_by_label("What it is for").fill("Look at them.")
    page.get_by_label("Begins").fill(f"{timezone.now():%Y-%m-%dT%H:%M}")
    page.get_by_label("Ends").fill(f"{timezone.now() + DAY:%Y-%m-%dT%H:%M}")
    expect(page.locator("#ends-clock")).to_contain_text("Where you are: ")
    check_looks(page)
    page.get_by_role("button", name="Propose it").click()
    expect(page.get_by_text("It waits for an answer.")).to_be_visible()
    check_looks(page)
    assert Blitz.objects.get().clade_id == BOMBUS


def test_who_is_not_signed_in_takes_a_batch_too(open_page, blitz):
    page = open_page(f"/blitzes/{blitz.pk}/")
    check_looks(page)
    page.get_by_role("button", name="Take the next batch of 30").click()
    expect(page.get_by_role("heading", name="Your batch of 30")).to_be_visible()
