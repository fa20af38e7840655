"""A real Chromium for the browser tests."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent.name == "browser":
            item.add_marker(pytest.mark.browser)


def is_fault(message: ConsoleMessage, page: Page) -> bool:
    """Whether it is an error. The browser calls it one too that a page itself is a 404, as it should be."""
    return message.type == "error" and message.location["url"] != page.url


@pytest.fixture
def open_page(browser: Browser, live_server, world) -> Iterator[Callable[..., Page]]:
    """`open_page("/", width=390, scheme="dark")`: a page of the small world; no console error may come."""
    faults: list[str] = []
    contexts = []

    def open_page(address: str, *, width: int = 1280, scheme: str = "light", **options: object) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            reduced_motion="reduce",
            base_url=live_server.url,
            **options,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: is_fault(message, page) and faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(address, wait_until="networkidle")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []
