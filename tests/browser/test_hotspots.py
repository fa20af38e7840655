"""The pages of hotspots in a real browser."""

import pytest
from playwright.sync_api import expect

from portal.lake.models import Refresh
from portal.taxa.models import Photo
from tests.browser.test_pages import LOOKS, serious_faults
from tests.portal.hotspots.findings import BOMBUS, CARNARIA, GRISEOCOLLIS, IMPATIENS

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
    page.get_by_label("Something to review in").select_option(label="North America")
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
        placeholder = page.get_by_role("img", name=name, exact=True)
        expect(placeholder).to_have_class("picture is-missing")
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
    asked = []

    def answer(route):
        asked.append(route.request)
        route.fulfill(status=200, content_type="image/svg+xml", body=PICTURE)

    page.route("https://inaturalist-open-data.s3.amazonaws.com/**", answer)
    page.goto("/hotspots/118970/")
    assert serious_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert len(asked) < 30
    with page.expect_response("**/photos/29/square.jpg"):
        page.locator(".thumb img").last.scroll_into_view_if_needed()
    assert {request.header_value("referer") for request in asked} == {None}
    sides = page.locator(".thumb img").evaluate_all(
        "found => found.map(image => [image.width, image.height])"
    )
    assert sides == [[75, 75]] * 30
