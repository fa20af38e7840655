"""What a reader chose to see first: of an address, an account, or a cookie of this browser."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

#: How many groups and how many places one may choose, and how long a name of either may be.
MOST, LONGEST = 12, 100
#: In an address: groups and places in place of the reader's own; and that everything is to be shown.
GROUPS, PLACES, EVERYTHING = "groups", "places", "everything"


@dataclass(frozen=True)
class Choice:
    """Groups (clades as addresses write them) and places (codes), in the order in which they were chosen."""

    groups: tuple[str, ...] = ()
    places: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.groups or self.places)

    def query(self) -> dict[str, str]:
        """Return the parameters by which an address asks for the same."""
        values = {GROUPS: ",".join(self.groups), PLACES: ",".join(self.places)}
        return {name: value for name, value in values.items() if value}

    def only(self, *, groups: bool, places: bool) -> "Choice":
        """Return its groups, its places, or both."""
        return Choice(self.groups if groups else (), self.places if places else ())

    def with_one(self, kind: str, value: str) -> "Choice":
        """Return it with one more group or place, unless it is there already."""
        return replace(self, **{kind: (*(one for one in getattr(self, kind) if one != value), value)})

    def without(self, kind: str, value: str) -> "Choice":
        """Return it without that group or place."""
        return replace(self, **{kind: tuple(one for one in getattr(self, kind) if one != value)})


#: Everything is shown.
NOTHING = Choice()


def choice_of(values: Mapping[str, Any]) -> Choice:
    """Return the choice that lies in stored values; what cannot be one is left out."""
    groups, places = (_texts(values.get(name)) for name in (GROUPS, PLACES))
    return Choice(groups, places)


def of_address(query: Mapping[str, str]) -> Choice | None:
    """Return the choice that an address carries; None where it carries none."""
    if not (query.get(GROUPS) or query.get(PLACES)):
        return None
    return choice_of({name: query.get(name, "").split(",") for name in (GROUPS, PLACES)})


def written(choice: Choice) -> str:
    """Return a choice as a cookie keeps it."""
    return json.dumps({GROUPS: choice.groups, PLACES: choice.places}, ensure_ascii=True)


def read(text: str) -> Choice:
    """Return the choice that a cookie keeps; none where it cannot be read."""
    try:
        values = json.loads(text)
    except ValueError:
        return NOTHING
    return choice_of(values) if isinstance(values, dict) else NOTHING


def _texts(values: Any) -> tuple[str, ...]:
    if not isinstance(values, list | tuple):
        return ()
    texts = (value.strip() for value in values if isinstance(value, str))
    return tuple(dict.fromkeys(text for text in texts if 0 < len(text) <= LONGEST))[:MOST]
