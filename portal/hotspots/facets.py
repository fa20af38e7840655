"""What narrows a worklist down: the same facets in an address, a saved search, a feed, a file and the API.

Each facet is one row of `FACETS`: its name in an address, its words, and what it may be. `Facets` holds what
somebody chose; `portal.hotspots.queries.worklists.worklist` gives the rows.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet, TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from exporter.criteria import DEFAULT_CRITERIA
from portal.accounts.queries import Person
from portal.hotspots.models import Evidence, Grade, Kind
from portal.ids import id_written
from portal.interests import choices
from portal.places import place_called
from portal.taxa.queries.mine import EVERYTHING, Mine
from portal.taxa.queries.named import AnyClade

#: In place of a day: what came onto the list with the newest count.
LAST_COUNT = "count"
#: In place of a taxon's id: nothing points to one taxon.
NO_TAXON = 0


class Chance(TextChoices):
    """Bands of suspicion, by the probability that a label is wrong."""

    LIKELY = "likely", _("50 % and more")
    POSSIBLE = "possible", _("10 to 50 %")
    UNLIKELY = "unlikely", _("under 10 %")


#: From which probability on a band lies, and below which.
BANDS = {Chance.LIKELY: (0.5, 1.01), Chance.POSSIBLE: (0.1, 0.5), Chance.UNLIKELY: (0.0, 0.1)}


ANY = _("any")


class Form(StrEnum):
    """What a facet may be: one of its choices, on or off, a taxon's id, a place, or a day."""

    CHOICE = "choice"
    FLAG = "flag"
    TAXON = "taxon"
    PLACE = "place"
    DAY = "day"


@dataclass(frozen=True)
class Facet:
    """One facet. ``meaning`` is what the API says of it; a flag's ``label`` is the words beside its box.

    is_personal: whether it is about whoever reads, so that no cache may give one reader's answer to another;
    `portal.hotspots.personal` says to whom it is open.
    """

    name: str
    label: Promise
    meaning: str
    form: Form = Form.CHOICE
    choices: tuple[tuple[str, Any], ...] = ()
    anything: Promise = ANY
    is_personal: bool = False

    @property
    def read(self) -> Callable[[str], Any]:
        """What reads a value as it is written in an address. ValueError where it is none."""
        return _READERS.get(self.form, self._one_of)

    @property
    def advice(self) -> Promise:
        """What may be written, for who wrote something else."""
        return _ADVICE[self.form]

    def _one_of(self, text: str) -> str:
        if text not in dict(self.choices):
            raise ValueError(text)
        return text


_ADVICE = {
    Form.CHOICE: _("choose one of the list."),
    Form.FLAG: _("write 1, or leave it out."),
    Form.TAXON: _("write iNaturalist’s id of a taxon."),
    Form.PLACE: _("write a continent, a country, or a state or province of one."),
    Form.DAY: _("write a day as 2026-11-30, or “count” for the last count."),
}


def _flag(text: str) -> bool:
    if text.lower() not in ("1", "true", "0", "false"):
        raise ValueError(text)
    return text.lower() in ("1", "true")


def _taxon(text: str) -> int:
    number = id_written(text)
    if number is None:
        raise ValueError(text)
    return number


def _place(text: str) -> str:
    place = place_called(text)
    if place is None:
        raise ValueError(text)
    return place.code


def _day(text: str) -> str:
    return text if text == LAST_COUNT else date.fromisoformat(text).isoformat()


_READERS = {Form.FLAG: _flag, Form.TAXON: _taxon, Form.PLACE: _place, Form.DAY: _day}

FACETS = (
    Facet(
        "place",
        _("Place"),
        "Only observations in this continent, country or region of a country: `europe`, `ES`, `US-CA`.",
        Form.PLACE,
    ),
    Facet("kind", _("Kind"), "Only labels that go wrong in this way.", choices=tuple(Kind.choices)),
    Facet("label", _("Label"), "Only observations with this label: a taxon's id.", Form.TAXON),
    Facet(
        "rather",
        _("Other taxon"),
        "Only observations that may rather be this taxon: its id; 0 where nothing points to one.",
        Form.TAXON,
    ),
    Facet(
        "chance",
        _("Probability"),
        "Only observations that are wrong with a probability of 50 % and more (likely), 10 to 50 %"
        " (possible), or less (unlikely).",
        choices=tuple(Chance.choices),
    ),
    Facet("grade", _("Grade"), "Only observations of this grade.", choices=tuple(Grade.choices)),
    Facet(
        "evidence",
        _("Evidence"),
        "Only observations of which this is known.",
        choices=tuple(Evidence.choices),
    ),
    Facet(
        "since",
        _("New on the list"),
        "Only observations that came onto the worklist on this day or later; `count`: with the last count.",
        Form.DAY,
        choices=((LAST_COUNT, _("since the last count")),),
        anything=_("at any time"),
    ),
    Facet(
        "suggested",
        _("First named from a suggestion"),
        "Only observations whose label a computer vision suggestion gave first.",
        Form.FLAG,
    ),
    Facet("disputed", _("Disputed"), "Only observations that somebody calls something else.", Form.FLAG),
    Facet(
        "own", _("My own observations"), "Only the reader's own observations.", Form.FLAG, is_personal=True
    ),
    Facet(
        "maverick",
        _("My identification stands alone"),
        "Only observations of which the reader's identification is a maverick.",
        Form.FLAG,
        is_personal=True,
    ),
    Facet(
        "unseen",
        _("Not seen by me in a batch"),
        "Only observations that the reader has not answered or skipped in a batch.",
        Form.FLAG,
        is_personal=True,
    ),
)
#: The names of those that show each reader something else.
PERSONAL = tuple(facet.name for facet in FACETS if facet.is_personal)


@dataclass(frozen=True)
class Facets:
    """What somebody chose; empty text, False or None is no choice.

    own, maverick: need ``reader``; without one they leave nothing. ``unseen`` leaves out what is ``seen``.
    reader:     who reads, on iNaturalist; no address carries it.
    seen:       the ids of the observations that the reader has seen.
    mine:       the reader's groups, which count without a clade, and places, which count without a place.
    everything: whether the reader asked for more than these.
    listed_in:  what was read of the counts that ``since`` chooses, for these and for what is made of them.
    """

    criteria: str = DEFAULT_CRITERIA
    clade: AnyClade | None = None
    place: str = ""
    kind: str = ""
    label: int | None = None
    rather: int | None = None
    chance: str = ""
    grade: str = ""
    evidence: str = ""
    since: str = ""
    suggested: bool = False
    disputed: bool = False
    own: bool = False
    maverick: bool = False
    unseen: bool = False
    reader: Person | None = None
    seen: QuerySet | Iterable[int] = ()
    mine: Mine = EVERYTHING
    everything: bool = False
    listed_in: dict[tuple[str, str], list[int]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def places(self) -> tuple[str, ...]:
        """The codes of the places that the observations lie in; none for anywhere."""
        return (self.place,) if self.place else self.mine.place_codes

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Facets":
        """Make them of checked values by name; those that are missing or empty are no choice."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known and _is_chosen(value)})

    @property
    def chosen(self) -> list[str]:
        """The names of those that narrow the list down."""
        return [name for name in _NAMES if _is_chosen(getattr(self, name))]

    @property
    def is_personal(self) -> bool:
        """Whether they show each reader something else."""
        return any(_is_chosen(getattr(self, name)) for name in PERSONAL)

    @property
    def is_one_confusion(self) -> bool:
        """Whether they name one label and one alternative."""
        return self.label is not None and self.rather is not None

    @property
    def query(self) -> str:
        """These as an address has them, without the question mark."""
        values = {name: _written(getattr(self, name)) for name in self.chosen} | self.mine.choice.query()
        if self.everything:
            values[choices.EVERYTHING] = "1"
        if self.criteria != DEFAULT_CRITERIA:
            values["criteria"] = self.criteria
        return urlencode(values)

    def without(self, *names: str) -> "Facets":
        """Return these with some of them not chosen."""
        return replace(self, **{name: getattr(_NONE, name) for name in names})


_NAMES = ("clade", *(facet.name for facet in FACETS))
_NONE = Facets()


def _is_chosen(value: Any) -> bool:
    return value is not None and value != "" and value is not False


def _written(value: Any) -> str:
    if value is True:
        return "1"
    return str(value.id or value.name) if isinstance(value, AnyClade) else str(value)
