"""The policy lab's page in a real browser."""

import re

from playwright.sync_api import expect

from tests.browser.test_pages import LOOKS, serious_faults


def test_the_lab_is_accessible_and_fits_its_window(open_page):
    page = open_page("/policy/")
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        assert serious_faults(page) == [], (width, scheme)
        assert page.evaluate("document.documentElement.scrollWidth") == width, scheme


def test_a_choice_is_shown_at_once_and_the_focus_stays(open_page):
    page = open_page("/policy/")
    page.get_by_label("Settling window", exact=True).select_option("0")
    page.wait_for_url("**/policy/?who=all&lead=14&window=0&draw=sealed")
    expect(page.get_by_label("Settling window", exact=True)).to_be_focused()
    page.get_by_text("What was computed, as tables").click()
    expect(
        page.get_by_role("region", name="Break-even, window of 0 days").locator("td.square-harm").first
    ).to_be_visible()


def test_the_lab_works_without_scripts(open_page):
    page = open_page("/policy/", java_script_enabled=False)
    page.get_by_label("Who reacts").select_option("rush")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url(re.compile(r"/policy/\?who=rush&lead=14&window=14&draw=sealed"))
    expect(page.get_by_label("Who reacts")).to_have_value("rush")
