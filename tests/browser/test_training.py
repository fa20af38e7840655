"""Training runs in a real browser: read, watched while they go on, and told as a table."""

import pytest
from playwright.sync_api import expect

from portal.accounts.models import Scope
from portal.accounts.services import make_token
from portal.training import services
from portal.training.document import read
from portal.training.models import Run
from tests.browser.test_cutoffs import check_looks
from tests.portal.training import documents
from tests.portal.training.conftest import make_exported
from tests.portal.training.documents import HEARTBEAT

POINT = HEARTBEAT["history"][0]


@pytest.fixture
def run(world) -> Run:
    """A run on the snapshot of a cutoff, that was heard of."""
    make_exported()
    token, _ = make_token("a trainer", Scope.TRAINER)
    run, _ = services.create_run(token.pk, "first", "abc", {"seed": 1}, is_simulated=True)
    services.record_heartbeat(run, HEARTBEAT)
    return run


def finish(run):
    results = documents.document(run=documents.DOCUMENT["run"] | {"history": HEARTBEAT["history"]})
    services.take_results(run, read(documents.stream(results), is_gzip=False))


def test_runs_are_accessible_and_fit(open_page, run):
    check_looks(open_page("/training/"))
    page = open_page(f"/training/{run.pk}/")
    check_looks(page)
    page.get_by_text("The same as a table").click()
    check_looks(page)
    finish(run)
    page = open_page(f"/training/{run.pk}/")
    expect(page.get_by_role("heading", name="How well it knows its classes")).to_be_visible()
    check_looks(page)


def test_an_empty_list_is_accessible_and_fits(open_page):
    check_looks(open_page("/training/"))


def test_one_model_or_many_is_accessible_and_fits(open_page):
    page = open_page("/training/one-or-many/")
    check_looks(page)
    for summary in page.get_by_text("Clade by clade").all():
        summary.click()
    check_looks(page)


def test_a_run_is_watched_to_its_end(open_page, run):
    page = open_page(f"/training/{run.pk}/")
    page.clock.install()
    page.reload(wait_until="networkidle")
    expect(page.locator("[data-curve] canvas")).to_have_count(2)
    page.get_by_text("The same as a table").click()
    expect(page.locator("[data-curves-table] tbody tr")).to_have_count(2)
    services.record_heartbeat(run, HEARTBEAT | {"history": [*HEARTBEAT["history"], POINT | {"epoch": 3}]})
    page.clock.run_for(11_000)
    expect(page.locator("[data-curves-table] tbody tr")).to_have_count(3)
    expect(page.locator("[data-curves-table]")).to_be_visible()
    expect(page.locator("[data-curve] canvas")).to_have_count(2)
    finish(run)
    page.clock.run_for(11_000)
    expect(page.get_by_role("heading", name="How well it knows its classes")).to_be_visible()


def test_a_point_of_a_curve_tells_its_figures(open_page, run):
    page = open_page(f"/training/{run.pk}/")
    page.locator("[data-curve] canvas").first.hover(position={"x": 60, "y": 150})
    expect(page.locator("[data-curve]").first).to_contain_text("training: 4.900")
