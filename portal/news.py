"""What is new in a room, as those who send it to people and programs need it; they know nothing else of it.

A room adds its source when Django starts, as with `portal.slots`. News are known by a key for ever, which
begins with the name of their source: "blitz-17-result".
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from django.contrib.auth.models import AnonymousUser, User

Viewer = User | AnonymousUser


class News(Protocol):
    """Something that is new, since ``at``. Its words are in the language that is active then."""

    @property
    def key(self) -> str:
        """Return its name, the same for ever and no other's: no receiver gets it twice."""

    @property
    def phase(self) -> str:
        """Return what people subscribe to: a value of `portal.notices.models.Phase`."""

    @property
    def at(self) -> datetime:
        """Return since when it is so."""

    @property
    def title(self) -> str:
        """Return it in a line: "Winter 2027: announced"."""

    @property
    def subject(self) -> str:
        """Return what stands in a mailbox behind the portal's name."""

    @property
    def own_title(self) -> str:
        """Return a line that no other news has: Discourse refuses a title that it has seen before."""

    @property
    def lines(self) -> Sequence[str]:
        """Return what there is to say, in sentences."""

    @property
    def mailed_lines(self) -> Sequence[str]:
        """Return what mails say besides."""

    @property
    def link(self) -> str:
        """Return the whole address of its page."""

    def facts(self) -> Mapping[str, Any]:
        """Return what programs get of it, as JSON can hold it."""

    def is_for(self, viewer: Viewer, now: datetime) -> bool:
        """Return whether this person may know of it, and it is still worth saying."""

    def groups_concerned(self, groups: Iterable[str]) -> set[str]:
        """Return those of these groups (clades as `portal.interests` writes them) that it is about."""


class Source(Protocol):
    """What has news."""

    def recent(self, now: datetime) -> Iterable[News]:
        """Return all that is worth sending now, whoever may know of it; sent or not."""

    def named(self, keys: Iterable[str]) -> Iterable[News]:
        """Return the news of these keys, those that there still are."""


_sources: dict[str, Source] = {}


def add(name: str, source: Source) -> None:
    """Let the news of a source be sent; their keys begin with its name and a hyphen."""
    if name in _sources:
        raise ValueError(f"there is a source {name} already")
    _sources[name] = source


def recent(now: datetime) -> list[News]:
    """Return all that is worth sending now, the oldest first."""
    rows = [one for source in _sources.values() for one in source.recent(now)]
    return sorted(rows, key=lambda one: (one.at, one.key))


def named(keys: Iterable[str]) -> dict[str, News]:
    """Return the news of these keys, those that there still are."""
    by_source: dict[str, list[str]] = {}
    for key in keys:
        by_source.setdefault(key.partition("-")[0], []).append(key)
    return {
        one.key: one
        for name, some in by_source.items()
        if name in _sources
        for one in _sources[name].named(some)
    }
