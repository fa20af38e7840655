"""Places that a page leaves to higher rooms.

A page names a place; the room that knows what belongs there fills it when Django starts (`AppConfig.ready`).
So a taxon's page shows its hotspots and knows nothing of them.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from django.template import Context
from django.template.loader import render_to_string

#: Makes what a place shows, from the page's context and what the place is about.
Filler = Callable[[Context, Any], Any]

Value = TypeVar("Value")

_fillers: dict[str, Filler] = {}


def fills(place: str, template: str = "") -> Callable[[Filler], Filler]:
    """Let a function fill a place: with what it gives, or with that template in the context that it gives."""

    def register(filler: Filler) -> Filler:
        if place in _fillers:
            raise ValueError(f"{place} is filled already, by {_fillers[place].__module__}")
        _fillers[place] = _rendered(template, filler) if template else filler
        return filler

    return register


def _rendered(template: str, filler: Filler) -> Filler:
    def fill(context: Context, subject: Any) -> str:
        return render_to_string(template, filler(context, subject))

    return fill


def filled(place: str, context: Context, subject: Any) -> Any:
    """What a place shows; empty text where nobody fills it."""
    filler = _fillers.get(place)
    return filler(context, subject) if filler else ""


def once(context: Context, name: str, make: Callable[[], Value]) -> Value:
    """What several places of one page need: made for the first, kept with the request for the others."""
    kept: dict[str, Any] = context["request"].__dict__.setdefault("made_once", {})
    if name not in kept:
        kept[name] = make()
    value: Value = kept[name]
    return value
