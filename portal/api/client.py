"""A small client for the API: one file that needs `requests` and nothing else. Copy it, or import it.

leafline = Leafline("https://leafline.example.org")
for taxon in leafline.inclusion([52775, 118970]):
    print(taxon["name"], taxon["outlook"]["status"], taxon["why"])
"""

import time
from collections.abc import Iterable, Iterator
from typing import Any

import requests

#: How many taxa one request may ask for.
MOST_TAXA = 500


class LeaflineError(Exception):
    """The API refused a request; the message says why. ``status`` is that of HTTP."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"{status}: {detail}")
        self.status = status


class Leafline:
    """The API at an address. Answers are kept: one that has not changed is not sent again.

    address:   where the portal is, without `/api/`.
    token:     allows more requests a minute; reading needs none.
    patience:  seconds to wait at most, in all, when there were too many requests.
    """

    def __init__(self, address: str, token: str | None = None, patience: float = 120) -> None:
        self._root = f"{address.rstrip('/')}/api/v1/"
        self._patience = patience
        self._session = requests.Session()
        self._session.headers["User-Agent"] = "leafline-client/1"
        if token:
            self._session.headers["Authorization"] = f"Bearer {token}"
        self._kept: dict[str, tuple[str, Any]] = {}

    def inclusion(self, taxon_ids: Iterable[int], criteria: str | None = None) -> Iterator[dict[str, Any]]:
        """Each of these taxa, however many: in the model, in the next, how far from the line, why.

        Taxa that the data do not hold are left out. LeaflineError if the request is refused.
        """
        ids = list(dict.fromkeys(taxon_ids))
        for start in range(0, len(ids), MOST_TAXA):
            some = ",".join(map(str, ids[start : start + MOST_TAXA]))
            yield from self._get("inclusion/", {"taxon_id": some, "criteria": criteria})["results"]

    def taxon(self, taxon_id: int, criteria: str | None = None) -> dict[str, Any]:
        """One taxon with its ancestors and its history. LeaflineError if it is not there."""
        taxon: dict[str, Any] = self._get(f"taxa/{taxon_id}/", {"criteria": criteria})["taxon"]
        return taxon

    def readiness(self, **filters: str | int) -> Iterator[dict[str, Any]]:
        """Every taxon that fits: `clade`, `status`, `distance`, `criteria`. LeaflineError if one is bad."""
        yield from self._pages("readiness/", filters)

    def blitzes(self, **filters: str | int) -> Iterator[dict[str, Any]]:
        """Every blitz that fits: `clade`, `taxon_id`, `state`, `cutoff`. LeaflineError if one is bad."""
        yield from self._pages("blitzes/", filters)

    def _pages(self, address: str, filters: dict[str, str | int]) -> Iterator[dict[str, Any]]:
        page = self._get(address, {"page_size": 500, **filters})
        yield from page["results"]
        while page["next"]:
            page = self._get(page["next"])
            yield from page["results"]

    def _get(self, address: str, parameters: dict[str, Any] | None = None) -> Any:
        whole = address if address.startswith("http") else self._root + address
        url = requests.Request("GET", whole, params=parameters).prepare().url or whole
        tag, answer = self._kept.get(url, (None, None))
        response = self._patiently(url, {"If-None-Match": tag} if tag else {})
        if response.status_code == 304:
            return answer
        if response.status_code != 200:
            raise LeaflineError(response.status_code, _detail(response))
        if "ETag" in response.headers:
            self._kept[url] = (response.headers["ETag"], response.json())
        return response.json()

    def _patiently(self, url: str, headers: dict[str, str]) -> requests.Response:
        """The response, after the waits that the API asks for."""
        waited = 0.0
        while True:
            response = self._session.get(url, headers=headers, timeout=30)
            wait = float(response.headers.get("Retry-After", 1))
            if response.status_code != 429 or waited + wait > self._patience:
                return response
            time.sleep(wait)
            waited += wait


def _detail(response: requests.Response) -> str:
    """What a problem document says is wrong, or the beginning of whatever came instead."""
    try:
        return str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return response.text[:200]
