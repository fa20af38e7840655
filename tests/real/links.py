"""The addresses that an answer of the portal gives: pages, feeds, calendars, JSON, CSV, sitemaps."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode
from xml.etree import ElementTree

_LINKS = {
    "a": "href",
    "area": "href",
    "link": "href",
    "img": "src",
    "script": "src",
    "use": "href",
    "image": "href",
}
_XML_SPACES = re.compile(r"^\{.*\}")


@dataclass
class Page:
    """What a page of HTML offers. ``options``: addresses of its forms, one for each thing to choose."""

    addresses: list[str] = field(default_factory=list)
    options: list[tuple[str, str]] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)


class _Form:
    """A form that is sent by GET, while it is read."""

    def __init__(self, action: str) -> None:
        self.action = action
        self.values: dict[str, str] = {}
        self.choices: list[tuple[str, str]] = []

    def addresses(self) -> Iterator[tuple[str, str]]:
        """Yield what is chosen and its address: as it is, and with each of its choices."""
        yield "", f"{self.action}?{urlencode(self.values)}"
        for name, value in self.choices:
            yield f"{name}={value}", f"{self.action}?{urlencode(self.values | {name: value})}"


class _Reader(HTMLParser):
    """Collects links, forms and anchors. Forms sent by POST are left alone."""

    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self._form: _Form | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if "id" in given:
            self.page.anchors.add(given["id"])
        if tag in _LINKS and _LINKS[tag] in given:
            self.page.addresses.append(given[_LINKS[tag]])
        for name in ("hx-get", "data-places"):
            if name in given:
                self._ask(given[name], given)
        if tag == "form" and given.get("method", "get").lower() == "get":
            self._form = _Form(given.get("action", ""))
        elif self._form is not None:
            self._field(self._form, tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._form is not None:
            self.page.options += self._form.addresses()
            self._form = None

    def _ask(self, address: str, given: Mapping[str, str]) -> None:
        """A part of a page that is fetched: a field that suggests sends what is written into it."""
        self.page.addresses.append(address)
        if given.get("name"):
            self.page.options.append(("written", f"{address}?{urlencode({given['name']: 'a'})}"))

    def _field(self, form: _Form, tag: str, given: Mapping[str, str]) -> None:
        name, value = given.get("name", ""), given.get("value", "")
        if tag == "select":
            self._select = name
        elif tag == "option":
            form.choices.append((self._select, value))
            if "selected" in given or self._select not in form.values:
                form.values[self._select] = value
        elif name and tag in ("input", "button"):
            if given.get("type") in ("checkbox", "radio", "submit") or tag == "button":
                form.choices.append((name, value or "on"))
                if "checked" not in given:
                    return
            form.values[name] = value


def of_html(text: str) -> Page:
    """Return what a page offers."""
    reader = _Reader()
    reader.feed(text)
    return reader.page


def of_json(text: str) -> tuple[list[str], list[dict[str, object]]]:
    """Return the addresses in a document of JSON, and its objects without what is nested in them."""
    addresses: list[str] = []
    records: list[dict[str, object]] = []

    def walk(value: object) -> None:
        if isinstance(value, dict):
            records.append({name: one for name, one in value.items() if not isinstance(one, dict | list)})
            for one in value.values():
                walk(one)
        elif isinstance(value, list):
            # Numbers in lists have no names; no latitude is as low as an id that we made.
            records.extend({"id": one} for one in value if isinstance(one, int) and one < -180)
            for one in value:
                walk(one)
        elif isinstance(value, str) and value.startswith(("http://", "https://")):
            addresses.append(value)

    walk(json.loads(text))
    return addresses, records


def of_csv(text: str) -> tuple[list[str], list[dict[str, object]]]:
    """Return the addresses in a file of CSV, and its records. ValueError if a record has other columns."""
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), strict=True))
    header, body = (rows[0], rows[1:]) if rows else ([], [])
    records = [dict(zip(header, row, strict=True)) for row in body]
    cells = {cell for row in body for cell in row if cell.startswith(("http://", "https://"))}
    return sorted(cells), records


def of_xml(text: str) -> list[str]:
    """Return the addresses in an Atom feed or a sitemap. ParseError if it is no XML."""
    result = []
    for element in ElementTree.fromstring(text).iter():
        tag = _XML_SPACES.sub("", str(element.tag))
        if tag in ("loc", "uri") and element.text:
            result.append(element.text.strip())
        elif tag == "link":
            result.append(element.get("href", ""))
        elif tag == "content" and element.get("type") == "html":
            result += of_html(element.text or "").addresses
    return result


def of_calendar(text: str) -> list[str]:
    """Return the addresses in an iCalendar file. ValueError for characters that may not be in it."""
    if bad := re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", text):
        raise ValueError(f"the character {bad[0]!r} is in it")
    unfolded = text.replace("\r\n ", "")
    return [line.partition(":")[2] for line in unfolded.split("\r\n") if re.match(r"URL[:;]", line)]
