"""What a first visit to a page fetches from this site, read off the page's HTML.

`tests.browser.test_budget` sees that a browser fetches the same.
"""

import gzip
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urldefrag, urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders

#: The most that a page may have: compressed bytes of each kind, and requests for all but fonts.
BUDGET = {"document": 20_000, "style": 22_000, "script": 25_000, "requests": 12}
_CHART = BUDGET | {"script": 205_000}
#: Pages that draw with a library, by the path of their door: charts, a map, the reference of the API.
LARGER = {
    "/taxa/118970/": _CHART,
    "/hotspots/118970/": BUDGET | {"style": 26_000, "script": 70_000, "requests": 14},
    "/training/{run}/": _CHART,
    "/api/docs/": BUDGET | {"style": 50_000, "script": 480_000, "requests": 14},
}
_KINDS = {"css": "style", "js": "script"}


class _Parts(HTMLParser):
    """The addresses of what a browser fetches for a page by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "link" and values.get("rel") in ("stylesheet", "icon", "preload"):
            self._add(values.get("href"))
        elif tag in ("script", "img", "source"):
            self._add(values.get("src"))
        elif tag == "use":
            self._add(values.get("href"))

    def _add(self, address: str | None) -> None:
        if address and not urlsplit(address).netloc and not address.startswith(("#", "data:")):
            self.addresses.add(urldefrag(address).url)


def parts(html: bytes) -> set[str]:
    """The addresses on this site of a page's style sheets, scripts and pictures."""
    parser = _Parts()
    parser.feed(html.decode())
    return parser.addresses


def weight(html: bytes) -> dict[str, int]:
    """Compressed bytes of the document, its style sheets and its scripts; and how many requests they take."""
    addresses = parts(html)
    result = {"document": len(gzip.compress(html, 9)), "style": 0, "script": 0}
    for address in addresses:
        kind = _KINDS.get(address.rpartition(".")[2])
        if kind:
            result[kind] += _size(address)
    return result | {"requests": 1 + len(addresses)}


def heavier(path: str, page: dict[str, int]) -> dict[str, int]:
    """What a page has more of than it may, by the path of its door."""
    budget = LARGER.get(path, BUDGET)
    return {kind: number for kind, number in page.items() if number > budget[kind]}


@cache
def _size(address: str) -> int:
    """Compressed bytes of a static file."""
    path = finders.find(address.removeprefix(f"/{settings.STATIC_URL.strip('/')}/"))
    assert isinstance(path, str), address
    return len(gzip.compress(Path(path).read_bytes(), 9))
