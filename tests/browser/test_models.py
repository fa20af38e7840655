"""The pages of model versions in a real browser."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_pages import LOOKS, serious_faults
from tests.portal.versions.releases import release_both

PAGES = {
    "versions": "/models/",
    "a version": "/models/v2/",
    "a clade in it": "/models/v2/?clade=47158",
    "its classes": "/models/v2/classes/",
    "no class fits": "/models/v2/classes/?show=worse",
    "a genus": "/models/v2/genera/52775/",
}


@pytest.mark.parametrize("address", PAGES.values(), ids=PAGES)
def test_a_page_is_accessible_and_fits_its_window(open_page, address):
    release_both()
    page = open_page(address)
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        assert serious_faults(page) == [], (width, scheme)
        assert page.evaluate("document.documentElement.scrollWidth") == width, scheme


def test_from_the_models_to_what_is_confused_in_a_genus(open_page):
    release_both()
    page = open_page("/models/")
    page.get_by_role("link", name="v2", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Model v2")
    page.locator("#confused ~ .cards").get_by_role("link", name="Bumble Bees").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What model v2 takes for what: Bumble Bees")
    expect(page.get_by_role("row", name="Brown-belted Bumble Bee")).to_contain_text("9")
