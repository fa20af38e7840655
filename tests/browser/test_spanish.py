"""The pages in Spanish in a real browser: they fit, they can be read, scripts speak Spanish too."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_cutoffs import make
from tests.browser.test_pages import LOOKS, serious_faults
from tests.portal.hotspots.findings import IMPATIENS

PAGES = {
    "home": "/",
    "near the line": "/readiness/",
    "a class": "/taxa/57516/",
    "hotspots": "/hotspots/",
    "a hotspot": f"/hotspots/{IMPATIENS}/",
    "a worklist": "/hotspots/worklist/",
    "methods": "/methods/",
    "mails": "/subscribe/",
    "use the API": "/api/",
}


@pytest.fixture
def open_in_spanish(open_page):
    return lambda address, **options: open_page(address, locale="es-ES", **options)


def check_fits(page):
    assert page.locator("html").get_attribute("lang") == "es"
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        assert serious_faults(page) == [], (width, scheme)
        assert page.evaluate("document.documentElement.scrollWidth") == width, scheme


@pytest.mark.parametrize("address", PAGES.values(), ids=PAGES)
def test_a_page_is_accessible_and_fits_its_window(open_in_spanish, hotspots, address):
    check_fits(open_in_spanish(address))


@pytest.mark.parametrize(("state", "days"), [("announced", 40), ("exported", -10)])
def test_a_cutoff_is_accessible_and_fits_its_window(open_in_spanish, state, days):
    check_fits(open_in_spanish(f"/cutoffs/{make(state, 'Invierno', days).pk}/"))


def test_the_language_is_chosen_in_the_footer_by_the_keyboard_and_stays(open_page, hotspots):
    page = open_page("/hotspots/?least=5")
    page.get_by_role("button", name="Español").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Puntos críticos")
    assert page.url.endswith("/hotspots/?least=5")
    page.get_by_role("link", name="Preparación").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Preparación")


def test_scripts_speak_spanish(open_in_spanish, hotspots):
    page = open_in_spanish(f"/hotspots/{IMPATIENS}/")
    expect(page.get_by_role("button", name="Acercar")).to_be_visible()
    make("announced", "Invierno", 40)
    page.goto("/")
    expect(page.locator("[data-local-time]")).to_contain_text("Hora local:")
