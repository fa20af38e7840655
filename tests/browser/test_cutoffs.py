"""Cutoffs in a real browser: read by everybody, run by staff."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from portal.cutoffs import services
from portal.cutoffs.models import Cutoff, PastExport, Snapshot
from portal.cutoffs.report import condense
from portal.cutoffs.states import State
from tests.browser.test_pages import LOOKS, serious_faults
from tests.portal.cutoffs.conftest import guard_report
from tests.portal.cutoffs.test_report import MANIFEST


def make(state: str, name: str, days: int) -> Cutoff:
    """A cutoff so many days from now, put into a state."""
    now = timezone.now()
    at = now.replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=days)
    cutoff = services.draft({"name": name, "cutoff_at": at}, by=None, now=at - timedelta(days=60))
    cutoff = services.announce(cutoff, by=None, now=at - timedelta(days=50))
    Cutoff.objects.filter(pk=cutoff.pk).update(state=state)
    if state in (State.HELD, State.EXPORTED):
        Snapshot.objects.create(
            cutoff=cutoff,
            number=1,
            step="done",
            asked_at=at,
            finished_at=at,
            lake_version=7,
            report=condense(MANIFEST),
            guards=guard_report("influx", "bunching"),
        )
    cutoff.refresh_from_db()
    return cutoff


@pytest.fixture
def past(db):
    """Two exports told of, so that there is a forecast: what migrations load, other tests take away."""
    PastExport.objects.all().delete()
    for order, day in enumerate((datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 10, 10, tzinfo=UTC))):
        PastExport.objects.create(
            model_name=f"v{order}",
            exports_since=order or None,
            exported_from=day.date(),
            exported_to=day.date(),
            order=order,
            source="a blog",
            source_url="https://example.org/",
        )


@pytest.fixture
def open_as_staff(open_page, settings):
    """Opens a page as somebody who may do everything."""

    def open_as_staff(address, **options):
        get_user_model().objects.create_superuser("anna", password="a long password")
        client = Client()
        client.login(username="anna", password="a long password")
        name = settings.SESSION_COOKIE_NAME
        cookie = {"name": name, "value": client.cookies[name].value, "domain": "localhost", "path": "/"}
        state = {"cookies": [cookie], "origins": []}
        return open_page(address, storage_state=state, **options)

    return open_as_staff


def check_looks(page):
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        assert serious_faults(page) == [], (width, scheme)
        assert page.evaluate("document.documentElement.scrollWidth") == width, (width, scheme)


def test_a_forecast_is_accessible_and_fits(open_page, past):
    page = open_page("/cutoffs/")
    expect(page.get_by_text("A forecast, not an announcement")).to_be_visible()
    check_looks(page)


def test_from_home_to_the_next_cutoff_and_the_one_before(open_page, past):
    make(State.EXPORTED, "Autumn", -40)
    make(State.ANNOUNCED, "Winter", 30)
    page = open_page("/")
    expect(page.get_by_text("we are here")).to_be_visible()
    expect(page.locator("[data-local-time]")).to_contain_text("Where you are: ")
    check_looks(page)
    page.get_by_role("link", name="All cutoffs").click()
    check_looks(page)
    page.get_by_role("link", name="Autumn").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Autumn")
    check_looks(page)


def test_a_held_snapshot_is_released_by_keyboard(open_as_staff):
    cutoff = make(State.HELD, "Winter", -1)
    page = open_as_staff("/cutoffs/desk/")
    check_looks(page)
    page.get_by_role("link", name="Winter").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="A rush of new labels fired")).to_be_visible()
    check_looks(page)
    page.get_by_label("What you looked at, for everybody to read").focus()
    page.keyboard.type("A bioblitz in Peru.")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Exported")
    cutoff.refresh_from_db()
    assert cutoff.state == State.EXPORTED


def test_staff_schedule_and_announce_with_two_clocks(open_as_staff):
    page = open_as_staff("/cutoffs/new/", timezone_id="America/Los_Angeles")
    page.get_by_label("Name").fill("Spring")
    page.get_by_label("Cutoff").fill("2099-03-01T06:00")
    expect(page.locator("#cutoff-clock")).to_contain_text("28 February 2099 at 22:00")
    check_looks(page)
    page.get_by_role("button", name="Save the draft").click()
    page.get_by_role("link", name="Announce …").click()
    expect(page.get_by_role("main")).to_contain_text("0 people get a mail at once.")
    page.get_by_role("button", name="Announce").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Announced")
    assert Cutoff.objects.get().cutoff_at == datetime(2099, 3, 1, 6, tzinfo=UTC)


@pytest.mark.parametrize("address", ["/subscribe/", "/webhooks/", "/webhooks/new/"])
def test_notices_are_accessible_and_fit(open_as_staff, address):
    check_looks(open_as_staff(address))


@pytest.mark.parametrize("address", ["/accounts/sign-in/", "/accounts/sign-up/"])
def test_accounts_are_accessible_and_fit(open_page, address):
    check_looks(open_page(address))
