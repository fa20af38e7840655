"""The pages in a real browser: for eyes, fingers, keyboards and screen readers."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from portal.taxa.models import ReadinessHistory

PAGES = {
    "home": "/",
    "near the line": "/readiness/",
    "included": "/readiness/?tab=included",
    "nothing found": "/readiness/?within=0&clade=52775",
    "the tree": "/tree/",
    "a clade of the tree by expected wrong labels": "/tree/?taxon=52775&colour=wrong",
    "a class": "/taxa/57516/",
    "a dropped taxon": "/taxa/120215/",
    "the root": "/taxa/48460/",
    "search": "/search/?q=bee",
    "nothing searched": "/search/",
    "nothing called so": "/search/?q=nobody",
    "no such taxon": "/taxa/5/",
    "use the API": "/api/",
    "status": "/status/",
    "my groups": "/my-groups/?groups=47158",
    "what is it": "/about/",
    "typing error": "/search/?q=Sarcofaga",
}
#: The rows of a list of taxa.
ROWS = "tbody tr:has(.ledger-taxon)"
LOOKS = [(width, scheme) for width in (1280, 390) for scheme in ("light", "dark")]


def serious_faults(page):
    """What axe-core finds serious or worse, with the elements concerned."""
    result = Axe().run(page).response["violations"]
    return [
        (fault["id"], [node["html"] for node in fault["nodes"]])
        for fault in result
        if fault["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("address", PAGES.values(), ids=PAGES)
def test_a_page_is_accessible_and_fits_its_window(open_page, address):
    page = open_page(address)
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        assert serious_faults(page) == [], (width, scheme)
        assert page.evaluate("document.documentElement.scrollWidth") == width, scheme


def test_the_keyboard_reaches_a_taxon_through_the_search(open_page):
    page = open_page("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    for _ in range(page.locator(".nav a, .hero a").count() + 2):
        page.keyboard.press("Tab")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("buff")
    expect(page.locator(".suggestions a")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Buff-tailed Bumble Bee")


def test_the_keyboard_walks_through_suggestions_and_out_of_them(open_page):
    page = open_page("/")
    box = page.get_by_role("searchbox")
    box.press_sequentially("bumble")
    suggested = page.locator(".suggestions a")
    expect(suggested).to_have_count(4)
    box.press("ArrowDown")
    expect(suggested.nth(0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(suggested.nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(box).to_be_focused()
    page.keyboard.press("Escape")
    expect(suggested).to_have_count(0)


def test_a_click_elsewhere_closes_the_suggestions(open_page):
    page = open_page("/")
    page.get_by_role("searchbox").press_sequentially("bumble")
    expect(page.locator(".suggestions a")).to_have_count(4)
    page.get_by_role("heading", level=1).click()
    expect(page.locator(".suggestions a")).to_have_count(0)


def test_enter_in_the_search_lists_what_is_found(open_page):
    page = open_page("/")
    page.get_by_role("searchbox").fill("bumble")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=bumble")
    page.get_by_role("link", name="Bumble Bees").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bumble Bees")


def test_a_clade_is_chosen_while_it_is_written(open_page):
    page = open_page("/readiness/?tab=dropped")
    page.get_by_label("Within a clade").press_sequentially("bombus")
    page.locator(".suggestions a").first.click()
    expect(page.get_by_label("Within a clade")).to_have_value("Bombus")
    expect(page.locator(ROWS)).to_have_count(1)
    expect(page.locator(".tabs [aria-current]")).to_have_text("Unused 1")
    page.get_by_role("link", name="Not only within Bumble Bees").click()
    expect(page.locator(ROWS)).to_have_count(2)


def test_filters_are_in_the_address(open_page):
    page = open_page("/readiness/")
    page.get_by_label("Short by at most").fill("7")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**/readiness/?tab=near&**within=7**")
    expect(page.locator(ROWS)).to_have_count(2)


def test_pages_work_without_scripts(open_page):
    page = open_page("/readiness/", java_script_enabled=False)
    page.get_by_label("Within a clade").fill("bumble bees")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(ROWS)).to_have_count(1)
    page.get_by_role("link", name="Brown-belted Bumble Bee").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Brown-belted Bumble Bee")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_history_is_drawn_from_its_table(open_page, scheme):
    page = open_page("/taxa/57516/", scheme=scheme)
    canvas = page.locator("[data-history-chart] canvas")
    expect(canvas).to_be_visible()
    canvas.hover(position={"x": 200, "y": 100})
    expect(page.locator("[data-history-chart]")).to_contain_text("Confirmed: 45")
    expect(page.locator("[data-history-chart] + p")).to_have_text(
        "Dashed line: confirmed observations that a class needs."
    )
    page.get_by_text("The same as a table").click()
    expect(page.get_by_role("row")).to_have_count(4)


def test_the_keyboard_zooms_into_the_tree_and_back(open_page):
    page = open_page("/tree/?colour=wrong")
    cell = page.locator("[data-icicle] a")
    expect(page.locator('[data-icicle] a[tabindex="0"]')).to_have_count(1)
    cell.nth(1).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(cell.nth(3)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(cell.nth(4)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(cell.nth(2)).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/tree/?taxon=47158&colour=wrong")
    expect(page.get_by_role("heading", level=2).first).to_have_text("Insects Insecta")
    page.go_back()
    expect(page.get_by_role("heading", level=2).first).to_have_text("Life")


def test_a_click_anywhere_in_a_cell_zooms(open_page):
    page = open_page("/tree/?taxon=47158")
    cell = page.locator("[data-icicle] a").nth(1)
    expect(cell.locator(".cell-name")).to_have_text("Ants, Bees, Wasps, and Sawflies")
    cell.click(position={"x": 40, "y": 12})
    page.go_back()
    cell.click(position={"x": 250, "y": 300})
    page.wait_for_url("**/tree/?taxon=47201")


def test_the_tree_works_without_scripts(open_page):
    page = open_page("/tree/", java_script_enabled=False)
    page.get_by_role("row").get_by_role("link", name="Animals").click()
    page.wait_for_url("**/tree/?taxon=1")
    page.locator("[data-icicle] a").nth(1).click(position={"x": 60, "y": 300})
    page.wait_for_url("**/tree/?taxon=47158")


def test_a_taxon_without_a_course_opens_without_a_fault(open_page):
    """No chart is drawn, and no script looks for one."""
    ReadinessHistory.objects.filter(taxon_id=120215).delete()
    page = open_page("/taxa/120215/")
    expect(page.get_by_text("It has not been counted before.")).to_be_visible()


@pytest.mark.parametrize("script", ["history", "places", "curves", "clocks", "icicle", "copy", "api-docs"])
def test_a_script_does_nothing_on_a_page_without_what_it_draws(open_page, script):
    open_page("/search/").add_script_tag(url=f"/static/leafline/{script}.js")
