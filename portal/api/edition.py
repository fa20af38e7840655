"""The edition of the public data: what every answer's ETag and date come from.

All public answers change together, when a refresh is done or what is announced changes. So one look at the
database, kept for a second in each process, says whether a repeated request has its answer already.
"""

import hashlib
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from django.contrib.auth.models import AnonymousUser

from portal.blitzes import queries as blitzes
from portal.blitzes.models import Blitz
from portal.cutoffs import queries as cutoffs
from portal.cutoffs.models import Cutoff, Event
from portal.lake.models import Refresh
from portal.lake.queries import current_refresh, last_refresh
from portal.versions.models import ModelVersion
from portal.versions.queries import current_version

#: How long a process may go on with the edition that it knows, in seconds.
KEPT_S = 1.0
#: For whom the API speaks, whoever asks: an answer is kept by caches that know nobody.
EVERYBODY = AnonymousUser()
#: Grows whenever the same data are given in another form, so that no cache keeps the former one.
FORM = 4


@dataclass(frozen=True)
class Edition:
    """What the public data are now. ``refresh`` is the current one, ``last`` may describe the past.

    Both are None where none is done yet; ``version`` is, where no model is released. ``event`` is the last
    thing that happened to a cutoff that everybody may know of, ``cutoff`` the one that comes next, and
    ``blitz`` the one that changed last of those that everybody may know of.
    """

    refresh: Refresh | None
    last: Refresh | None
    version: ModelVersion | None
    event: Event | None
    cutoff: Cutoff | None
    blitz: Blitz | None

    @property
    def changed_at(self) -> datetime | None:
        """When it began."""
        moments = (
            self.last and self.last.finished_at,
            self.version and self.version.released_at,
            self.event and self.event.at,
            self.blitz and self.blitz.changed_at,
        )
        return max((moment for moment in moments if isinstance(moment, datetime)), default=None)

    def etag(self, address: str, accepted: str) -> str:
        """The entity tag of what an address gives to someone who accepts these media types.

        The day is part of it, for a forecast changes with the days.
        """
        sources = (self.last, self.version, self.blitz)
        parts: list[object] = [source and source.pk for source in sources]
        parts.append(self.event and self.event.public_name)
        today = datetime.now(UTC).date()
        state = f"{FORM} {parts} {self.changed_at} {today} {accepted} {address}"
        return f'"{hashlib.blake2b(state.encode("utf-8", "replace"), digest_size=12).hexdigest()}"'


_known: tuple[float, Edition] | None = None


def current() -> Edition:
    """The edition now, or as it was within the last second."""
    global _known
    now = time.monotonic()
    if _known is None or now - _known[0] > KEPT_S:
        _known = (
            now,
            Edition(
                current_refresh(),
                last_refresh(),
                current_version(),
                cutoffs.events_visible_to(EVERYBODY).last(),
                cutoffs.next_cutoff(EVERYBODY),
                blitzes.latest_change(EVERYBODY),
            ),
        )
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
    return current_refresh(criteria)
