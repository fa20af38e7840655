"""Addresses on iNaturalist, where the work is done.

An observation of open data is known by its UUID alone. The number below zero that the lake gives it (see
`exporter.surrogates`) means nothing on iNaturalist, and gets into no address and onto no page.
"""

from collections.abc import Iterable
from typing import Protocol
from urllib.parse import urlencode

from exporter.inaturalist import SITE

#: What Identify would leave out by itself: what one has reviewed, and what is casual, captive, unverifiable.
_EVERYTHING = {
    "reviewed": "any",
    "quality_grade": "needs_id,research,casual",
    "verifiable": "any",
    "captive": "any",
}


class Observation(Protocol):
    """An observation by the number that iNaturalist gave it, if that is known, or else by its UUID."""

    @property
    def number(self) -> int | None: ...

    @property
    def name(self) -> str: ...


def observation_address(row: Observation) -> str:
    """Return the address of an observation's page."""
    return f"{SITE}/observations/{row.name}"


def photo_address(photo_id: int) -> str:
    """Return the address of a photo's page, which names its author."""
    return f"{SITE}/photos/{photo_id}"


def taxon_address(taxon_id: int) -> str:
    """Return the address of a taxon's page."""
    return f"{SITE}/taxa/{taxon_id}"


def observations_of(taxon_id: int) -> str:
    """Return the address of a taxon's observations, from anywhere."""
    return f"{SITE}/observations?taxon_id={taxon_id}&place_id=any"


def to_identify(taxon_id: int) -> str:
    """Return the address of the Identify page with all of a taxon's observations."""
    return _identify(taxon_id=taxon_id)


def identify_address(rows: Iterable[Observation]) -> str:
    """Return the address of the Identify page with those of these that have a number; empty if none has.

    Observations that one has reviewed, casual and captive ones are shown too.
    """
    ids = ",".join(str(row.number) for row in rows if row.number)
    return _identify(id=ids) if ids else ""


def _identify(**values: object) -> str:
    return f"{SITE}/observations/identify?{urlencode(_EVERYTHING | values, safe=',')}"
