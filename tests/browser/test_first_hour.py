"""The first hour of a portal without data: from an empty folder to hotspots, in a browser, with no shell."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from playwright.sync_api import Page, expect

from exporter.lake import Lake
from exporter.pull.client import Client
from exporter.pull.limiter import LIMITS
from portal.loads import tasks as loads
from portal.loads.models import Load
from portal.refresh import tasks as refresh
from portal.sync import tasks as sync
from tests.browser.test_cutoffs import check_looks
from tests.standin.__main__ import simulated
from tests.standin.server import StandIn
from tests.standin.world import World


@pytest.fixture(scope="module")
def records():
    """What iNaturalist would give, without the mark of what is made up."""
    return [{**record, "simulated": False} for record in simulated(600)]


@pytest.fixture
def sent(monkeypatch):
    """The tasks that the portal sends, by name, in place of a broker."""
    names: list[str] = []
    for module in ("portal.lake.asking", "portal.sync.tasks", "portal.refresh.tasks"):
        monkeypatch.setattr(f"{module}.send", lambda task: not names.append(task))
    return names


@pytest.fixture
def inaturalist(settings, tmp_path, records, monkeypatch):
    """iNaturalist, and a data folder with nothing in it."""
    settings.DATA_DIR, settings.LAKE_DIR = tmp_path, tmp_path / "lake"
    monkeypatch.setitem(Client.__init__.__kwdefaults__, "backoff_s", 0.001)
    monkeypatch.setitem(LIMITS, "requests", LIMITS["requests"][1:])
    with StandIn(World(records), requests=1_000, wait_s=0) as serving:
        settings.API_URL = serving.url
        yield serving


@pytest.fixture
def page(browser, live_server, db):
    """A browser in which nobody is signed in; no console error may come."""
    faults: list[str] = []
    context = browser.new_context(base_url=live_server.url, reduced_motion="reduce")
    page = context.new_page()
    page.on("console", lambda message: message.type == "error" and faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    context.close()
    assert faults == []


def sign_in(page: Page, name: str) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill("a long password")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()


def test_staff_fill_an_empty_portal_and_get_a_mail(page, inaturalist, sent, settings):
    get_user_model().objects.create_superuser("anna", "anna@example.org", "a long password")
    page.goto("/")
    page.get_by_role("link", name="Load a group from iNaturalist").click()
    page.get_by_role("link", name="signs in").click()
    sign_in(page, "anna")
    page.get_by_label("Clade").fill("plants")
    page.get_by_label("Place").fill("North")
    page.get_by_role("button", name="Look it up").click()
    expect(
        page.get_by_text(re.compile(r"^\d+ requests, about 1 minute of today’s budget\.$"))
    ).to_be_visible()
    page.get_by_role("button", name="Start loading").click()
    expect(page.get_by_role("status")).to_contain_text("It waits for its turn")
    assert sent == ["sync.pull"]
    sync.pull()
    # The page looks by itself.
    expect(page.get_by_role("status")).to_contain_text("All observations are here", timeout=15_000)
    loads.advance()
    assert sent == ["sync.pull", "sync.refresh"]
    refresh.refresh()
    loads.advance()
    loads.advance()
    expect(page.get_by_role("heading", name="What to do next")).to_be_visible(timeout=15_000)
    check_looks(page)
    load = Load.objects.get()
    assert [(one.to, one.subject) for one in mail.outbox] == [(["anna@example.org"], f"Loaded: {load}")]
    page.get_by_role("main").get_by_role("link", name="Hotspots", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hotspots")
    expect(
        page.get_by_text("Of Plantae only the observations from North America were loaded")
    ).to_be_visible()
    with Lake(settings.LAKE_DIR).connect() as lake:
        loaded = lake.sql("SELECT count(*) FROM observations").fetchall()
    assert loaded == [(load.observations,)]
