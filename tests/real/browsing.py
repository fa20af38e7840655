"""Pages in a real browser: no error in its console, and none wider than its window."""

from collections.abc import Iterator

from playwright.sync_api import Browser, ConsoleMessage, Page, Route

from tests.browser.conftest import is_fault

WIDTHS = (1280, 390)
_SESSION = "sessionid"
#: What is shown for a photo, which lies in iNaturalist's bucket.
_PIXEL = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,"
    b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)


class Visitor:
    """Opens pages of one server, for everybody or in somebody's session."""

    def __init__(self, browser: Browser, server: str) -> None:
        self._browser, self._server = browser, server
        self._pages: dict[str, Page] = {}
        self._said: list[str] = []

    def visit(self, address: str, session: str) -> Iterator[str]:
        """Open a page at each width; yield what went wrong, a line each."""
        page = self._page(session)
        for width in WIDTHS:
            self._said.clear()
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(address, wait_until="networkidle" if width == WIDTHS[0] else "load")
            wide = page.evaluate("document.documentElement.scrollWidth")
            yield from (f"{address} at {width} px: {words}" for words in self._said)
            if wide > width:
                yield f"{address} at {width} px: the page is {wide} px wide"

    def close(self) -> None:
        """Close every page."""
        for page in self._pages.values():
            page.context.close()

    def _page(self, session: str) -> Page:
        if session not in self._pages:
            context = self._browser.new_context(reduced_motion="reduce", base_url=self._server)
            if session:
                context.add_cookies([{"name": _SESSION, "value": session, "url": self._server}])
            context.route(lambda address: not address.startswith(self._server), _show_pixel)
            page = self._pages[session] = context.new_page()
            page.on("console", lambda message: self._listen(message, page))
            page.on("pageerror", lambda error: self._said.append(str(error)))
        return self._pages[session]

    def _listen(self, message: ConsoleMessage, page: Page) -> None:
        if is_fault(message, page):
            self._said.append(message.text)


def _show_pixel(route: Route) -> None:
    route.fulfill(body=_PIXEL, content_type="image/gif")
