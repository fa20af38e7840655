"""Places that people choose by name: continents, countries, and the first-level regions of countries."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from exporter.boundaries import Place, places
from portal.text import fold


class Continent(models.TextChoices):
    """Where an observation was made, as far as people choose by it."""

    AFRICA = "africa", _("Africa")
    ANTARCTICA = "antarctica", _("Antarctica")
    ASIA = "asia", _("Asia")
    EUROPE = "europe", _("Europe")
    NORTH_AMERICA = "north_america", _("North America")
    OCEANIA = "oceania", _("Oceania")
    SOUTH_AMERICA = "south_america", _("South America")


@dataclass(frozen=True)
class Where:
    """A place as people see it: its code, its name, and for a region the name of its country."""

    code: str
    name: str
    within: str = ""

    def __str__(self) -> str:
        return f"{self.name}, {self.within}" if self.within else self.name


def place_with_code(code: str) -> Where | None:
    """Return the place of that code in the reader's language; None where there is none."""
    if code in Continent.values:
        return Where(code, str(Continent(code).label))
    place = places().get(code)
    return _named(place) if place else None


def places_with_codes(codes: Iterable[str]) -> tuple[Where, ...]:
    """Return the places of these codes, in their order; what is no code is left out."""
    return tuple(place for code in codes if (place := place_with_code(code)) is not None)


def place_called(text: str) -> Where | None:
    """Return the place of that code or name in any of our languages, larger places first; None without one.

    A region may be followed by its country: "Georgia, United States".
    """
    key = fold(text)
    codes = {code.lower(): code for code in (*Continent.values, *places())}
    code = codes.get(text.strip().lower()) or next((code for names, code in _index() if key in names), None)
    return place_with_code(code) if code and key else None


def places_starting_so(text: str, limit: int) -> list[Where]:
    """Return at most so many places with a name of which a word starts so, larger places first."""
    key = fold(text)
    if not key:
        return []
    firsts = [code for names, code in _index() if any(name.startswith(key) for name in names)]
    others = [code for names, code in _index() if any(f" {key}" in name for name in names)]
    return list(places_with_codes(list(dict.fromkeys([*firsts, *others]))[:limit]))


@cache
def _index() -> tuple[tuple[tuple[str, ...], str], ...]:
    """Every place's folded names and its code: continents, countries, regions."""
    continents = [((fold(code),), code) for code in Continent.values]
    every = sorted(places().values(), key=lambda place: (bool(place.country), fold(place.name)))
    return (*continents, *((_names(place), place.code) for place in every))


def _names(place: Place) -> tuple[str, ...]:
    country = places().get(place.country)
    alone = (fold(place.name), fold(place.name_es))
    return alone if country is None else (
        *alone, fold(f"{place.name} {country.name}"), fold(f"{place.name_es} {country.name_es}")
    )  # fmt: skip


def _named(place: Place) -> Where:
    country = places().get(place.country)
    return Where(place.code, _in_language(place), _in_language(country) if country else "")


def _in_language(place: Place) -> str:
    return place.name_es if get_language() == "es" else place.name
