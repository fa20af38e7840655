"""What a first visit costs: bytes, hosts, and what holds up the first picture. Nothing here is timed."""

import gzip
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Request

from tests.portal.weights import parts

LIMIT = 150_000
#: What is sent compressed; fonts are compressed in themselves.
COMPRESSED = {"document", "stylesheet", "script"}
PAGES = ["/", "/readiness/", "/hotspots/", "/hotspots/worklist/", "/cutoffs/", "/subscribe/", "/status/"]


@pytest.fixture
def visit(open_page, live_server, hotspots):
    """`visit("/")`: the page, and every request of a first visit to it."""

    def visit(address: str):
        page = open_page("about:blank")
        requests: list[Request] = []
        page.on("request", lambda request: requests.append(request))
        page.goto(address, wait_until="networkidle")
        return page, requests

    return visit


def size(request: Request) -> int:
    """Bytes of an answer as they are sent."""
    body = request.response().body()
    return len(gzip.compress(body, 9)) if request.resource_type in COMPRESSED else len(body)


def test_a_first_visit_to_home_is_light(visit):
    page, requests = visit("/")
    sizes = {urlsplit(request.url).path: size(request) for request in requests}
    assert any(address.endswith(".woff2") for address in sizes)
    assert sum(sizes.values()) < LIMIT, sizes
    # What `weights` reads off every page's HTML is what a browser fetches, but for fonts and the tab's icon.
    fetched = {address for address in sizes if not address.endswith(".woff2")}
    assert fetched == {"/", *parts(page.content().encode())} - {"/static/leafline/favicon.svg"}


@pytest.mark.parametrize("address", PAGES)
def test_a_page_asks_no_other_host_and_is_held_up_by_no_script(visit, live_server, address):
    page, requests = visit(address)
    assert {urlsplit(request.url).netloc for request in requests} == {urlsplit(live_server.url).netloc}
    for script in page.locator("head script").all():
        assert script.get_attribute("src")
        assert script.get_attribute("defer") is not None
    assert page.locator("body script, body link[rel=stylesheet]").count() == 0
