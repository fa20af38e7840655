"""What a worklist leaves out because its reader has seen it. The room that keeps it says so here."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import QuerySet


@dataclass(frozen=True)
class Visitor:
    """Who reads: an account, or a browser without one, known by its cookies.

    user:    the account; None for a stranger, as Django's `AnonymousUser` is.
    cookies: None where the door reads none, as the API and feeds.
    """

    user: User | AnonymousUser | None = None
    cookies: Mapping[str, str] | None = None

    @property
    def is_known(self) -> bool:
        """Whether they have an account."""
        return self.user is not None and self.user.is_authenticated


#: Gives the ids of the observations that somebody has seen.
Keeper = Callable[[Visitor], QuerySet | Iterable[int]]
_Keeper = TypeVar("_Keeper", bound=Keeper)

_keepers: list[Keeper] = []


def keeps_seen(keeper: _Keeper) -> _Keeper:
    """Let a function say what somebody has seen. ValueError if one does already."""
    if _keepers:
        raise ValueError(f"{_keepers[0].__module__} keeps what was seen")
    _keepers.append(keeper)
    return keeper


def seen_by(visitor: Visitor) -> QuerySet | Iterable[int]:
    """The ids of what this reader has seen; none where no room keeps it."""
    return _keepers[0](visitor) if _keepers else ()
