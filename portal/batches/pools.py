"""Where batches come from: worklists, and what higher rooms add when Django starts, as with `portal.slots`.

A pool is known by the word before the hyphen of a batch's ``pool``: "blitz-17" is of the pool "blitz",
and a worklist, which has no number, of the pool "".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.contrib.auth.models import User
from django.db.models import QuerySet

from portal.cutoffs.queries import Viewer
from portal.hotspots.models import WorklistEntry


@dataclass(frozen=True)
class Part:
    """The part of a pool that a batch is taken from: ``query`` is what the address of its page would say.

    user: who takes it, which facets about the reader need; None for a browser without an account.
    """

    pool: str = ""
    query: str = ""
    user: User | None = None


@dataclass(frozen=True)
class Source:
    """Where a batch comes from, as its page says it: a title with the address of its page."""

    title: str
    address: str


class Pool(Protocol):
    """What gives out observations."""

    def criteria(self, part: Part) -> str:
        """Return the name of the rule whose worklists it gives from."""

    def draw(self, part: Part, leave_out: QuerySet, size: int, now: datetime) -> Iterable[WorklistEntry]:
        """Return the next entries, without those of which the id is in ``leave_out``.

        One that is not saved is on no worklist: a control, which no tally counts.
        It is called inside the transaction that gives them out. NotAllowedError where none may be taken now.
        """

    def source(self, part: Part, viewer: Viewer) -> Source | None:
        """Return where they come from; None where this person may not know of it any more."""


_pools: dict[str, Pool] = {}


def add(name: str, pool: Pool) -> None:
    """Let batches be taken from a pool of that name."""
    if name in _pools:
        raise ValueError(f"there is a pool {name} already")
    _pools[name] = pool


def pool_of(part: Part) -> Pool:
    """Return the pool of a part. KeyError where there is none of that name."""
    return _pools[part.pool.partition("-")[0]]
