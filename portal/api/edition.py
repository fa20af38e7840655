"""The edition of the public data: what every answer's ETag and date come from.

All public answers change together, when a refresh is done or what is announced changes. So one look at the
database, kept for a second in each process, tells whether a repeated request has its answer already.
"""

import hashlib
import time
from dataclasses import dataclass
from datetime import datetime

from portal.sync.models import Refresh
from portal.taxa import queries

#: How long a process may go on with the edition that it knows, in seconds.
KEPT_S = 1.0
#: Grows whenever the same data are given in another form, so that no cache keeps the former one.
FORM = 1


@dataclass(frozen=True)
class Edition:
    """What the public data are now. ``refresh`` is the current one, ``last`` may describe the past.

    Both are None where none is done yet.
    """

    refresh: Refresh | None
    last: Refresh | None

    @property
    def changed_at(self) -> datetime | None:
        """When it began."""
        return self.last.finished_at if self.last else None

    def etag(self, address: str, accepted: str) -> str:
        """The entity tag of what an address gives to someone who accepts these media types."""
        state = f"{FORM} {self.last and self.last.pk} {self.changed_at} {accepted} {address}"
        return f'"{hashlib.blake2b(state.encode("utf-8", "replace"), digest_size=12).hexdigest()}"'


_known: tuple[float, Edition] | None = None


def current() -> Edition:
    """The edition now, or as it was within the last second."""
    global _known
    now = time.monotonic()
    if _known is None or now - _known[0] > KEPT_S:
        _known = now, Edition(queries.current_refresh(), queries.last_refresh())
    return _known[1]


def forget() -> None:
    """Let the next look be at the database."""
    global _known
    _known = None


def refresh_under(criteria: str) -> Refresh | None:
    """The refresh that the current readiness under that rule comes from."""
    newest = current().refresh
    if newest is None or criteria in newest.counts.get("criteria", {}):
        return newest
    return queries.current_refresh(criteria)
