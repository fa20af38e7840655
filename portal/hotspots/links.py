"""Addresses on iNaturalist, where the work is done.

An observation of open data is known by its UUID alone. The number below zero that the lake gives it (see
`exporter.surrogates`) means nothing on iNaturalist, and gets into no address and onto no page.
"""

from collections.abc import Iterable
from urllib.parse import urlencode

from portal.hotspots.models import ListedObservation

SITE = "https://www.inaturalist.org"
#: What Identify would leave out by itself: what one has reviewed, and what is casual, captive, unverifiable.
_EVERYTHING = {
    "reviewed": "any",
    "quality_grade": "needs_id,research,casual",
    "verifiable": "any",
    "captive": "any",
}


def observation_address(row: ListedObservation) -> str:
    """Return the address of an observation's page."""
    return f"{SITE}/observations/{row.name}"


def identify_address(rows: Iterable[ListedObservation]) -> str:
    """Return the address of the Identify page with those of these that have a number; empty if none has.

    Observations that one has reviewed, casual and captive ones are shown too.
    """
    ids = ",".join(str(row.number) for row in rows if row.number)
    return f"{SITE}/observations/identify?{urlencode(_EVERYTHING | {'id': ids}, safe=',')}" if ids else ""
