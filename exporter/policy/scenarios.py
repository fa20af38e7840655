"""What people do because a cutoff was announced: parameters with their ranges and sources, and scenarios.

Amounts are shares of what is usual, so that they mean the same in a community of any size: 0.5 skilled
identifications are half as many as everybody together makes on a usual day.
"""

import tomllib
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from exporter.errors import DataError

_ASSUMED = "assumed"
_THREAD = "iNaturalist forum, Computer Vision Update July 2021"


@dataclass(frozen=True)
class Parameter:
    """One number of a scenario: what it is, from where to where it makes sense, and who says so."""

    name: str
    meaning: str
    low: float
    high: float
    source: str


PARAMETERS = (
    Parameter("lead_days", "days from the announcement to the cutoff; 0: no announcement", 0, 60, _ASSUMED),
    Parameter("cleanup", "extra skilled identifications a day, as a share of all usual ones", 0, 5, _ASSUMED),
    Parameter(
        "eye",
        "how much more often skilled people open a wrong label than a right one, without a worklist",
        1,
        10,
        _ASSUMED,
    ),
    Parameter("by_worklist", "1: skilled people take worklists, most suspect first", 0, 1, _ASSUMED),
    Parameter(
        "enthusiasts",
        "extra identifications a day by people without a record, as a share of all usual ones",
        0,
        5,
        f"{_THREAD}: the staff's first worry; the amount is {_ASSUMED}",
    ),
    Parameter(
        "error", "share of the enthusiasts' identifications that are wrong", 0, 1, f"the amount is {_ASSUMED}"
    ),
    Parameter(
        "pushed_taxa",
        "taxa that four accounts carry over the line as soon as they hear of the date",
        0,
        16,
        f"{_THREAD}: the staff's second worry; the amount is {_ASSUMED}",
    ),
    Parameter(
        "aimed",
        "labels that four accounts carry into a class that is full, to place certain photos in the export",
        0,
        100,
        _ASSUMED,
    ),
    Parameter(
        "records",
        "extra observations a day of species below the line, as a share of all usual ones",
        0,
        5,
        f"{_THREAD}: people who observe to get a taxon included; the amount is {_ASSUMED}",
    ),
    Parameter("redraw", "1: the same habits with other random numbers", 0, 1, "a check of the lab itself"),
)
_BY_NAME = {parameter.name: parameter for parameter in PARAMETERS}


@dataclass(frozen=True)
class Scenario:
    """What people do before a cutoff; by default nothing beside the usual. Each field is in `PARAMETERS`."""

    name: str
    lead_days: float = 0.0
    cleanup: float = 0.0
    eye: float = 3.0
    by_worklist: float = 0.0
    enthusiasts: float = 0.0
    error: float = 0.2
    pushed_taxa: float = 0.0
    aimed: float = 0.0
    records: float = 0.0
    redraw: float = 0.0

    @property
    def numbers(self) -> dict[str, float]:
        """The parameters and their values."""
        return {name: value for name, value in asdict(self).items() if name != "name"}


#: The scenario that the others are compared with.
REFERENCE = Scenario("none")
#: A check of the lab: nothing is different but the random numbers.
REDRAWN = Scenario("redrawn", redraw=1)

#: How many days ahead a cutoff is announced.
LEADS = (3, 7, 14, 28)
#: What an announcement sets off, by whom it reaches and how.
REACTIONS = {
    "all": Scenario("all", cleanup=0.5, enthusiasts=0.5, pushed_taxa=4, aimed=20, records=0.2),
    "identifiers": Scenario("identifiers", cleanup=0.5, enthusiasts=0.1, records=0.05),
    "blitz": Scenario("blitz", cleanup=1.0),
    "worklist": Scenario("worklist", cleanup=1.0, by_worklist=1),
    "rush": Scenario("rush", cleanup=0.25, enthusiasts=2.0, error=0.5, pushed_taxa=12, aimed=40, records=0.5),
}


def announced(reaction: str, lead_days: int) -> Scenario:
    """Return what an announcement so many days ahead sets off: one of `REACTIONS`."""
    return replace(REACTIONS[reaction], name=f"{reaction}-{lead_days}", lead_days=lead_days)


SCENARIOS = (
    REFERENCE,
    REDRAWN,
    *(announced(reaction, lead_days) for reaction in REACTIONS for lead_days in LEADS),
)
_KNOWN = {scenario.name: scenario for scenario in SCENARIOS}


def load_scenarios(given: str) -> list[Scenario]:
    """Return the scenarios that a person asks for: ``all``, the name of one, or a file ``.toml``.

    A file gives a name and the numbers that differ from `Scenario`'s defaults. DataError if there is no such
    scenario, or if the file gives anything else.
    """
    if given == "all":
        return list(SCENARIOS)
    if given in _KNOWN:
        return [_KNOWN[given]]
    if not given.endswith(".toml"):
        raise DataError(
            f"no scenario {given!r}: use one of all, {', '.join(_KNOWN)}, or a file whose name ends in .toml"
        )
    try:
        content = tomllib.loads(Path(given).read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{given}: {error.strerror}; give a readable TOML file of a scenario") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"{given}: {error}; give a TOML file of a scenario") from None
    try:
        return [scenario_from(content)]
    except ValueError as error:
        raise DataError(f"{given}: {error}") from None


def scenario_from(given: dict[str, Any]) -> Scenario:
    """Return a scenario from plain values, as TOML gives them; a ValueError says what is wrong."""
    known = [field.name for field in fields(Scenario)]
    if unknown := sorted(given.keys() - set(known)):
        raise ValueError(f"no such key: {', '.join(unknown)}; known are {', '.join(known)}")
    name = given.get("name")
    if not isinstance(name, str) or not name.isascii() or not name.replace("-", "").isalnum():
        raise ValueError("name is not a text of letters, digits and hyphens")
    if name in _KNOWN:
        raise ValueError(f"the name {name} is that of a scenario here; give another")
    return Scenario(name, **{key: _number(key, value) for key, value in given.items() if key != "name"})


def _number(key: str, value: object) -> float:
    parameter = _BY_NAME[key]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{key} is not a number")
    if not parameter.low <= value <= parameter.high:
        raise ValueError(f"{key} is {value:g}, and must be from {parameter.low:g} to {parameter.high:g}")
    return float(value)
