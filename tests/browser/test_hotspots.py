"""The pages of hotspots in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from portal.hotspots.models import WorklistEntry
from portal.lake.models import Refresh
from portal.taxa.models import Photo
from tests.browser.test_pages import LOOKS, serious_faults
from tests.portal.hotspots.findings import BOMBUS, CARNARIA, GRISEOCOLLIS, IMPATIENS, TERRESTRIS

PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="240" height="120"/>'
PAGES = {
    "hotspots": "/hotspots/",
    "nothing found": "/hotspots/?kind=model&least=5",
    "a hotspot": f"/hotspots/{IMPATIENS}/",
    "a collapse": f"/hotspots/{CARNARIA}/",
    "no hotspot": f"/hotspots/{GRISEOCOLLIS}/",
    "a worklist": "/hotspots/worklist/",
    "a matrix": f"/hotspots/{BOMBUS}/matrix/",
    "home": "/",
    "a taxon": f"/taxa/{IMPATIENS}/",
    "methods": "/methods/",
}


@pytest.mark.parametrize("address", PAGES.values(), ids=PAGES)
def test_a_page_is_accessible_and_fits_its_window(open_page, hotspots, address):
    page = open_page(address)
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        assert serious_faults(page) == [], (width, scheme)
        assert page.evaluate("document.documentElement.scrollWidth") == width, scheme
    page.set_viewport_size({"width": 800, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") == 800


def test_filters_are_in_the_address(open_page, hotspots):
    page = open_page("/hotspots/")
    page.get_by_label("Within a clade").press_sequentially("bumble bees")
    page.locator(".suggestions a").first.click()
    expect(page.get_by_label("Within a clade")).to_have_value("Bombus")
    page.get_by_label("Kind").select_option(label="Mixed up with a lookalike")
    page.get_by_label("Only what affects the next cutoff").check()
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**/hotspots/?clade=Bombus&place=&kind=lookalike&**&exported=1")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.get_by_label("Only what affects the next cutoff")).to_be_checked()


def test_a_place_is_kept_from_the_list_to_the_worklist(open_page, hotspots):
    page = open_page("/hotspots/")
    page.get_by_label("Something to review in").fill("North America")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name="Common Eastern Bumble Bee", exact=True).click()
    expect(page.get_by_role("navigation", name="Place").locator("[aria-current]")).to_have_text(
        "North America 35"
    )


def test_a_hotspot_is_found_from_the_list_without_scripts(open_page, hotspots):
    page = open_page("/hotspots/", java_script_enabled=False)
    page.get_by_role("link", name="Common Eastern Bumble Bee", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Common Eastern Bumble Bee")
    expect(page.get_by_text("The map needs scripts.")).to_be_visible()
    page.get_by_text("The same as a table").nth(1).click()
    expect(page.get_by_role("cell", name="40 to 50° N, 80 to 70° W")).to_be_visible()


def test_the_map_shows_each_suspect_observation_over_the_land(open_page, hotspots):
    page = open_page(f"/hotspots/{IMPATIENS}/")
    points = page.locator("[data-map] path.leaflet-interactive")
    expect(points).to_have_count(35)
    expect(page.locator("[data-map-words]")).to_have_text("")
    points.last.click(force=True)
    expect(page.locator(".leaflet-popup-content")).to_contain_text("% probably wrong")


def test_the_method_is_opened_by_keyboard(open_page, hotspots):
    page = open_page(f"/hotspots/{IMPATIENS}/")
    page.locator("summary", has_text="How do we know?").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("540 observations carry this label")).to_be_visible()


def test_the_matrix_is_reached_and_scrolled_by_keyboard(open_page, hotspots):
    page = open_page(f"/hotspots/{BOMBUS}/matrix/", width=390)
    region = page.get_by_role("region", name="Confusion matrix of Bombus")
    region.focus()
    expect(region).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Bombus impatiens")).to_be_focused()


def test_a_photo_that_does_not_come_leaves_the_icon_of_its_group(open_page, hotspots):
    Photo.objects.create(observation_id=1000, photo_id=1, extension="jpg", license="cc-by")
    Photo.objects.create(observation_id=5000, taxon_id=118970, photo_id=2, extension="jpg", license="cc0")
    page = open_page("/taxa/57516/", width=390)
    page.route(
        "https://inaturalist-open-data.s3.amazonaws.com/**",
        lambda route: route.fulfill(status=200, content_type="image/jpeg", body="no picture"),
    )
    page.goto("/hotspots/118970/")
    page.locator(".thumb").first.scroll_into_view_if_needed()
    for name in ("Photo of Bombus impatiens, CC0", "Photo labelled Bombus impatiens"):
        placeholder = page.get_by_role("img", name=name, exact=True).first
        expect(placeholder).to_have_class(re.compile("picture is-missing$"))
        expect(placeholder.locator("svg")).to_be_visible()
        expect(placeholder.locator("img")).not_to_be_visible()
    assert page.get_by_text("CC BY", exact=True).is_visible()
    assert serious_faults(page) == []


def test_photos_come_as_they_are_reached_and_tell_nobody_where_they_are_shown(open_page, hotspots):
    Refresh.objects.update(is_simulated=False)
    Photo.objects.bulk_create(
        Photo(observation_id=1000 + number, photo_id=number, extension="jpg", license="cc-by")
        for number in range(30)
    )
    page = open_page("/taxa/57516/", width=390)
    requested = []

    def answer(route):
        requested.append(route.request)
        route.fulfill(status=200, content_type="image/svg+xml", body=PICTURE)

    page.route("https://inaturalist-open-data.s3.amazonaws.com/**", answer)
    page.goto("/hotspots/118970/")
    assert serious_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert len(requested) < 30
    with page.expect_response("**/photos/29/small.jpg"):
        page.locator(".thumb img").last.scroll_into_view_if_needed()
    assert {request.header_value("referer") for request in requested} == {None}
    sides = page.locator(".thumb img").evaluate_all(
        "found => found.map(image => [image.width, image.height >= 80])"
    )
    assert sides == [[88, True]] * 30


def test_a_board_is_worked_through_by_keyboard(open_page, hotspots):
    page = open_page(f"/hotspots/{IMPATIENS}/")
    page.evaluate(
        "document.addEventListener('leafline:skip', e => document.title = `skipped ${e.detail.observation}`)"
    )
    link = page.locator("[data-board-open]")
    page.get_by_role("link", name="Start with the first").focus()
    page.keyboard.press("Enter")
    expect(link.nth(0)).to_be_focused()
    for key, place in (("j", 1), ("ArrowRight", 2), ("k", 1), ("ArrowLeft", 0), ("k", 0), ("ArrowDown", 4)):
        page.keyboard.press(key)
        expect(link.nth(place)).to_be_focused()
    page.keyboard.press("x")
    expect(link.nth(5)).to_be_focused()
    expect(page.locator("[data-board-row]:visible")).to_have_count(29)
    expect(page.locator("[data-board-said]")).to_have_text("Skipped. Left on this page: 29")
    assert page.title() == "skipped 1004"
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(link.nth(5)).to_be_focused()
    page.keyboard.press("u")
    expect(link.nth(4)).to_be_focused()
    page.route("https://www.inaturalist.org/**", lambda route: route.fulfill(status=200, body="There."))
    page.keyboard.press("Enter")
    page.wait_for_url("https://www.inaturalist.org/observations/1004")


def test_letters_do_nothing_outside_the_board(open_page, hotspots):
    page = open_page("/hotspots/worklist/")
    page.get_by_label("Within a clade").press_sequentially("jxk?")
    expect(page.get_by_label("Within a clade")).to_have_value("jxk?")
    expect(page.locator("[data-board-row]:visible")).to_have_count(30)
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_last_row_can_be_skipped_and_the_focus_stays(open_page, hotspots):
    WorklistEntry.objects.exclude(observation_id__in=(1000, 1001)).delete()
    page = open_page(f"/hotspots/{IMPATIENS}/", width=390)
    for _ in range(2):
        page.locator("[data-board-skip]:visible").last.click()
    expect(page.locator("[data-board-row]:visible")).to_have_count(0)
    expect(page.locator(".board-rows")).to_be_focused()


@pytest.mark.parametrize("address", [f"/hotspots/{IMPATIENS}/", "/hotspots/worklist/?mixed=1"])
def test_thirty_rows_are_short_on_a_phone(open_page, hotspots, address):
    Photo.objects.bulk_create(
        Photo(observation_id=1000 + number, photo_id=number, extension="jpg", license="drawing")
        for number in range(30)
    )
    other = WorklistEntry.objects.filter(observation_id__in=range(1000, 1030, 2))
    if "worklist" in address:
        other.update(label_taxon_id=TERRESTRIS, suggested_taxon_id=IMPATIENS)
    page = open_page(address, width=390)
    board = page.locator("[data-board]")
    expect(board.locator("[data-board-row]")).to_have_count(30)
    assert board.evaluate("board => board.getBoundingClientRect().height") < 3500


def test_a_mixed_board_compares_with_the_taxa_of_the_row_in_focus(open_page, hotspots):
    WorklistEntry.objects.filter(observation_id=1001).update(
        label_taxon_id=TERRESTRIS, suggested_taxon_id=IMPATIENS
    )
    page = open_page("/hotspots/worklist/?mixed=1")
    expect(page.locator(".board-pair:visible")).to_have_count(0)
    for place, names in ((0, "Brown-belted Bumble Bee"), (1, "Buff-tailed Bumble Bee")):
        page.locator("[data-board-open]").nth(place).focus()
        expect(page.locator(".board-pair:visible")).to_have_count(1)
        expect(page.locator(".board-pair:visible")).to_contain_text(names)


def test_thirty_rows_are_open_two_clicks_from_home(open_page, hotspots):
    page = open_page("/")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Hotspots").click()
    page.get_by_role("link", name="What to look at first, over all labels").click()
    expect(page.locator("[data-board-row]")).to_have_count(30)
    expect(page.get_by_role("link", name="Open these 30 in Identify")).to_be_visible()
