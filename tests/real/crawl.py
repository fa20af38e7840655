"""A walk through the portal, from its first page, sitemap, API and feeds to whatever these link to."""

import gzip
import random
import re
import traceback
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree

from django.conf import settings
from django.test import Client

from tests.real import links, routes
from tests.real.commands import last_lines
from tests.real.known import Known, faults_of_records

HOST = "testserver"
#: Where whoever knows nothing of the portal begins, and what its README names besides.
SEEDS = (
    "/",
    "/robots.txt",
    "/sitemap.xml",
    "/api/",
    "/api/v1/",
    "/api/schema/",
    "/api/docs/",
    "/feeds/cutoffs.ics",
    "/feeds/cutoffs.atom",
    "/feeds/hotspots.atom",
    "/metrics",
    "/accounts/sign-up/",
)
STAFF_SEEDS = ("/admin/", "/webhooks/", "/cutoffs/desk/", "/cutoffs/new/", "/blitzes/new/")
#: What the API's root names, and its description says needs a parameter.
NEED_PARAMETERS = ("/api/v1/inclusion/",)
#: Patterns whose addresses differ more than others': so many are asked for, whatever the sample.
_AT_LEAST = {
    "/static/": 40,
    "cutoffs:cutoff": 8,
    "training:run": 8,
    "hotspots:hotspot": 20,
    "versions:model": 8,
}


#: A snapshot's files, which have a number made from its UUID for an observation of the dump (README.md).
_WITH_NUMBERS_OF_OURS = ("cutoffs:file",)


@dataclass(frozen=True)
class Link:
    """An address of the portal, the page that gave it, and what to ask for. ``choice``: of a form."""

    address: str
    given_by: str
    accept: str = ""
    choice: str = ""

    @property
    def shape(self) -> tuple[str, ...]:
        """What addresses are sampled by: the pattern, the parameters' names, the choice, the media type."""
        return (*routes.shape_of(self.address), self.choice, self.accept)

    def __str__(self) -> str:
        return f"{self.address}{f' as {self.accept}' if self.accept else ''} (linked from {self.given_by})"


class Crawl:
    """One visitor's walk through the addresses that begin with ``within``.

    chooses: whether every choice of each form is tried.
    each:    how many addresses of a shape are asked for.
    combines: whether parameters together are a shape of their own; otherwise each parameter and each choice
              of a pattern is met ``each`` times, whichever others come with it: facets have hundreds of
              combinations.
    reached: addresses that answered, by shape.
    pages:   whole pages among them, by the pattern's name.
    """

    def __init__(
        self,
        client: Client,
        known: Known,
        each: int,
        seeds: Iterable[str],
        within: str = "/",
        chooses: bool = True,
        combines: bool = True,
    ) -> None:
        self.client, self.known, self.each, self.within = client, known, each, within
        self.chooses, self.combines = chooses, combines
        self._faults: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.reached: dict[tuple[str, ...], list[str]] = defaultdict(list)
        self.pages: dict[str, list[str]] = defaultdict(list)
        self._random = random.Random(1)
        self._waiting: dict[tuple[str, ...], list[Link]] = defaultdict(list)
        self._asked: dict[tuple[str, ...], int] = defaultdict(int)
        self._seen: set[tuple[str, str]] = set()
        self._foreign: set[str] = set()
        for address in seeds:
            self._add(Link(address, "the README"))

    @property
    def faults(self) -> list[str]:
        """What was wrong, a line each: of faults that are alike, the first and how many there are."""
        return [
            f"{first}{f' ({len(rest)} more like it)' if rest else ''}"
            for first, *rest in self._faults.values()
        ]

    @property
    def names(self) -> set[str]:
        """The names of the patterns that were reached."""
        return {shape[0] for shape in self.reached}

    def run(self) -> "Crawl":
        """Ask for some addresses of each shape, chosen by chance from all that are known by then."""
        while links_now := [self._take(shape) for shape in list(self._waiting) if self._is_wanted(shape)]:
            for link in links_now:
                self._visit(link)
        return self

    def _is_wanted(self, shape: tuple[str, ...]) -> bool:
        most = max(self.each, _AT_LEAST.get(shape[0], 0))
        return bool(self._waiting[shape]) and any(self._asked[part] < most for part in self._parts(shape))

    def _parts(self, shape: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
        """What is counted of a shape: itself, or the pattern with each parameter, and with the choice."""
        if self.combines:
            return (shape,)
        name, *parameters, choice, accept = shape
        return {(name, part, accept) for part in (*parameters, choice) if part} or {(name, "", accept)}

    def _take(self, shape: tuple[str, ...]) -> Link:
        waiting = self._waiting[shape]
        for part in self._parts(shape):
            self._asked[part] += 1
        return waiting.pop(self._random.randrange(len(waiting)))

    def _add(self, link: Link) -> None:
        key = (link.address, link.accept)
        if key not in self._seen:
            self._seen.add(key)
            self._waiting[link.shape].append(link)

    def _fault(self, link: Link, words: str) -> None:
        alike = re.sub(r"\d+|'[^']*'|https?://\S+", "#", words)
        self._faults[link.shape[0], alike].append(f"{link}: {words}")

    def _visit(self, link: Link) -> None:
        headers = {"accept": link.accept} if link.accept else {}
        try:
            response = self.client.get(link.address, headers=headers)
            content = b"".join(response.streaming_content) if response.streaming else response.content
            response.close()
        except Exception:
            self._fault(link, last_lines(traceback.format_exc()))
            return
        if response.status_code in (301, 302):
            self._follow(response["Location"], link)
        elif link.accept and response.status_code == 406:
            return  # not every answer is a table
        elif response.status_code == 400 and link.address in NEED_PARAMETERS:
            return
        elif response.status_code not in (200, 204):
            self._fault(link, f"status {response.status_code}")
            return
        self.reached[link.shape].append(link.address)
        if response.get("Content-Encoding") == "gzip":
            content = gzip.decompress(content)
        try:
            self._read(link, response.get("Content-Type", ""), content)
        except (ValueError, ElementTree.ParseError) as error:
            self._fault(link, f"{response['Content-Type']} cannot be read: {error}")

    def _read(self, link: Link, media: str, content: bytes) -> None:
        kind = media.partition(";")[0]
        if kind == "text/html":
            self._read_page(link, content.decode())
        elif kind in ("application/json", "application/problem+json"):
            addresses, records = links.of_json(content.decode())
            self._read_records(link, addresses, records)
            self._add(Link(link.address, link.given_by, accept="text/csv"))
        elif kind == "text/csv":
            self._read_records(link, *links.of_csv(content.decode()))
        elif kind in ("application/atom+xml", "application/xml"):
            self._read_feed(link, links.of_xml(content.decode()), is_feed=kind == "application/atom+xml")
        elif kind == "text/calendar":
            self._read_feed(link, links.of_calendar(content.decode()), is_feed=True)

    def _read_page(self, link: Link, text: str) -> None:
        page = links.of_html(text)
        if "<html" in text:
            self.pages[link.shape[0]].append(link.address)
        for address in page.addresses:
            if address.startswith("#"):
                if address[1:] and address[1:] not in page.anchors:
                    self._fault(link, f"links to {address}, which is not on the page")
            else:
                self._follow(address, link)
        for choice, address in page.options if self.chooses else ():
            self._follow(address, link, choice)

    def _read_records(self, link: Link, addresses: list[str], records: Iterable[dict[str, object]]) -> None:
        if link.shape[0] in _WITH_NUMBERS_OF_OURS:
            records = ({name: row[name] for name in row if name != "observation_id"} for row in records)
        for fault in faults_of_records(records, self.known):
            self._fault(link, fault)
        for address in addresses:
            self._follow(address, link)

    def _read_feed(self, link: Link, addresses: list[str], *, is_feed: bool) -> None:
        for address in addresses:
            if is_feed and HOST in urlsplit(address).netloc:
                self._fault(link, f"{address} does not begin with LEAFLINE_URL")
            self._follow(address, link)

    def _follow(self, address: str, link: Link, choice: str = "") -> None:
        """Put down an address of ours to be asked for; look at any other."""
        if address.startswith(("data:", "mailto:", "webcal:")):
            return
        try:
            full = urljoin(f"http://{HOST}{link.address}", address)
            parts = urlsplit(full)
        except ValueError as error:
            self._fault(link, f"links to {address!r}: {error}")
            return
        if fault := self._fault_of(full):
            self._fault(link, f"links to {address}: {fault}")
        is_ours = parts.netloc in (HOST, urlsplit(settings.SITE_URL).netloc)
        if is_ours and parts.path.startswith(self.within):
            path = f"{parts.path}{'?' if parts.query else ''}{parts.query}"
            self._add(Link(path, link.address, choice=choice))

    def _fault_of(self, address: str) -> str | None:
        """What is wrong with an address, told once."""
        if address in self._foreign:
            return None
        self._foreign.add(address)
        return self.known.fault_of(address)


def unreached(names: set[str], excused: Iterable[str] = ()) -> Iterator[str]:
    """Yield a fault for each pattern of the portal that nobody reached."""
    for name in sorted(set(routes.every_name()) - names - set(routes.UNREACHED) - set(excused)):
        yield f"no page links to {name}"
