"""What a worklist leaves out because its reader has seen it. The room that keeps it says so here."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from django.db.models import QuerySet
from django.http import HttpRequest

#: Gives the ids of the observations that whoever sends a request has seen.
Keeper = Callable[[HttpRequest], QuerySet | Iterable[int]]
_Keeper = TypeVar("_Keeper", bound=Keeper)

_keepers: list[Keeper] = []


def keeps_seen(keeper: _Keeper) -> _Keeper:
    """Let a function say what somebody has seen. ValueError if one does already."""
    if _keepers:
        raise ValueError(f"{_keepers[0].__module__} keeps what was seen")
    _keepers.append(keeper)
    return keeper


def seen_by(request: HttpRequest) -> QuerySet | Iterable[int]:
    """The ids of what whoever sends a request has seen; none where no room keeps it."""
    return _keepers[0](request) if _keepers else ()
