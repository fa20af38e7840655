"""What people come for, from the first page to the last, as they do it."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from portal.cutoffs import services
from portal.cutoffs.models import Cutoff, Snapshot
from portal.cutoffs.report import condense
from portal.cutoffs.states import State
from portal.notices import sending
from portal.notices.models import Subscription
from tests.browser.test_cutoffs import check_looks, make, open_as_staff, past
from tests.portal.cutoffs.conftest import guard_report
from tests.portal.cutoffs.test_report import MANIFEST

__all__ = ["open_as_staff", "past"]

IDENTIFY = re.compile(r"^https://www\.inaturalist\.org/observations/identify\?")


def tab_to(page: Page, name: str, most: int = 60) -> None:
    """Press Tab until the focus is on what is called so, and see that it shows."""
    for _ in range(most):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if name in (focused.get_attribute("aria-label") or focused.inner_text()):
            outline = focused.evaluate("element => getComputedStyle(element).outlineStyle")
            assert outline != "none", name
            return
    pytest.fail(f"{name} is not reached by keyboard")


def test_an_identifier_finds_a_worklist_from_home_in_three_clicks(open_page, hotspots):
    page = open_page("/")
    page.get_by_role("link", name="Hotspots", exact=True).click()
    page.get_by_role("link", name="Common Eastern Bumble Bee", exact=True).click()
    batch = page.get_by_role("link", name=re.compile("Open (these )?30"))
    expect(batch).to_have_attribute(
        "href", re.compile(r"^https://www\.inaturalist\.org/observations/identify\?")
    )


def test_an_identifier_goes_from_home_to_a_worklist_by_keyboard_alone(open_page, hotspots):
    page = open_page("/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    tab_to(page, "Common Eastern Bumble Bee")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Common Eastern Bumble Bee")
    tab_to(page, "Open")
    expect(page.locator(":focus")).to_have_attribute("href", IDENTIFY)


def test_staff_schedule_announce_hold_and_release(open_as_staff, world):
    page = open_as_staff("/cutoffs/desk/")
    page.get_by_role("link", name="Draft a cutoff").click()
    page.get_by_label("Name").fill("Spring")
    at = timezone.now().replace(second=0, microsecond=0) + timedelta(days=40)
    page.get_by_label("Cutoff").fill(f"{at:%Y-%m-%dT%H:%M}")
    page.get_by_role("button", name="Save the draft").click()
    page.get_by_role("link", name="Announce …").click()
    expect(page.get_by_role("main")).to_contain_text("0 people get a mail at once.")
    page.get_by_role("button", name="Announce").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Announced")
    cutoff = Cutoff.objects.get()
    # The clock comes to the cutoff, the snapshot is made, and a guard fires.
    for moment in (cutoff.window_start, cutoff.cutoff_at):
        services.advance_due(now=moment)
    made = make_the_snapshot()
    services.finish_snapshot(made, made.report, is_held=True)
    page.goto("/cutoffs/desk/")
    page.get_by_role("link", name="Spring").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Held for review")
    expect(page.get_by_role("heading", name="A rush of new labels fired")).to_be_visible()
    page.get_by_label("What you looked at, for everybody to read").fill("A bioblitz in Peru.")
    page.get_by_role("button", name="Release").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Exported")
    expect(page.get_by_text("A bioblitz in Peru.")).to_be_visible()


def make_the_snapshot() -> Snapshot:
    """The attempt that the clock asked for, as made: with a report, and two guards that fired."""
    attempt = Snapshot.objects.get()
    attempt.lake_version, attempt.report = 7, condense(MANIFEST)
    attempt.guards = guard_report("influx", "bunching")
    attempt.save()
    return attempt


def test_somebody_subscribes_gets_the_mail_and_ends_it(open_page, world, settings, tmp_path):
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path
    page = open_page("/cutoffs/")
    settings.SITE_URL = re.match(r"https?://[^/]+", page.url)[0]
    page.get_by_role("link", name="By mail").click()
    page.get_by_label("E-mail address").fill("bo@example.org")
    page.get_by_role("button", name="Ask for mails").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mail")
    check_looks(page)
    sending.deliver()
    page.goto(link_in(tmp_path, "/confirm/"))
    check_looks(page)
    page.get_by_role("button", name="Confirm subscription").click()
    expect(page.get_by_label("a cutoff is announced")).to_be_checked()
    check_looks(page)
    cutoff = make(State.ANNOUNCED, "Winter", 30)
    sending.deliver()
    page.goto(link_in(tmp_path, f"/cutoffs/{cutoff.pk}/"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Winter")
    page.goto(link_in(tmp_path, "/unsubscribe/"))
    check_looks(page)
    page.get_by_role("button", name="No more mails").click()
    expect(page.get_by_text("The address is forgotten.")).to_be_visible()
    check_looks(page)
    assert not Subscription.objects.exists()


def link_in(folder, end: str) -> str:
    """The link of the newest mail whose address ends so."""
    newest = max(folder.iterdir(), key=lambda file: file.stat().st_mtime_ns)
    text = newest.read_text().replace("=\n", "")
    return re.findall(rf"https?://\S+{re.escape(end)}", text)[-1]


def test_somebody_takes_the_calendar(open_page, world):
    make(State.ANNOUNCED, "Winter", 30)
    page = open_page("/cutoffs/")
    address = page.get_by_role("link", name="Calendar (.ics)").get_attribute("href")
    answer = page.request.get(address)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert "SUMMARY:iNaturalist cutoff: Winter" in answer.text()
