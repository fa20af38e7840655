"""Facets about the reader: to whom each is open, and what it needs to know. Every door asks here."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from portal.accounts.queries import Person, person_of
from portal.hotspots.seen import Visitor, seen_by

NOBODY = Visitor()


class Closed(StrEnum):
    """Why a facet is not open to a reader."""

    STRANGER = "stranger"
    UNNAMED = "unnamed"
    UNPROVEN = "unproven"


def about(visitor: Visitor, chosen: Iterable[str]) -> tuple[dict[str, Any], dict[str, Closed]]:
    """What these facets need of their reader, and which of them are closed to the reader, with the reason.

    The first is `Facets`' ``reader`` and ``seen``, as far as a facet that is open needs them.
    """
    chosen = list(chosen)
    person = person_of(visitor.user) if {"own", "maverick"}.intersection(chosen) else None
    closed = {name: why for name in chosen if (why := _closed(name, visitor, person))}
    needed: dict[str, Any] = {"reader": person}
    if "unseen" in chosen and "unseen" not in closed:
        needed["seen"] = seen_by(visitor)
    return needed, closed


def _closed(name: str, visitor: Visitor, person: Person | None) -> Closed | None:
    if name == "unseen":
        return None if visitor.is_known or visitor.cookies is not None else Closed.STRANGER
    if not visitor.is_known:
        return Closed.STRANGER
    if person is None:
        return Closed.UNNAMED
    # Anybody may say who they are. What somebody observed is public; where they stand alone is not.
    return Closed.UNPROVEN if name == "maverick" and not person.is_proven else None
