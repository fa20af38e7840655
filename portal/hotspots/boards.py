"""Boards: rows of a worklist with what all of them share said once, and photos to compare them with."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from exporter.messages import Message, plain
from portal.hotspots.facets import BANDS, Chance
from portal.hotspots.models import WorklistEntry
from portal.hotspots.queries.worklists import Listed
from portal.taxa.models import Photo, Taxon

#: Reasons by how much each says of its own observation, the most first. Those about the other taxon are not
#: among them: a row names that taxon anyway.
_ORDER = ("disagree", "model", "model_other", "out_of_range", "suggested", "overturned", "unidentified")
_ABOUT_THE_OTHER = frozenset({"maybe", "maybe_other", "left_at", "left_at_genus"})
_LEFT = frozenset({"left_at", "left_at_genus"})


@dataclass(frozen=True)
class Reference:
    """A taxon with an openly licensed photo of it, where there is one."""

    taxon: Taxon
    photo: Photo | None


@dataclass(frozen=True)
class Pair:
    """What observations are labelled, and what they may be instead; None where that is not known."""

    key: str
    label: Reference | None
    rather: Reference | None

    @property
    def has_photo(self) -> bool:
        """Whether there is a photo to compare with."""
        return any(reference and reference.photo for reference in (self.label, self.rather))


@dataclass(frozen=True)
class Row:
    """An observation on a board.

    pair:    the key of its pair.
    reason:  the reason that says most of this observation, of those that not all rows share; at most one.
    is_left: whether photos rarely distinguish its taxa, and ``rather`` is where to leave it.
    """

    listed: Listed
    pair: str
    reason: list[Message]
    is_left: bool

    @property
    def is_likely(self) -> bool:
        """Whether its label is more likely wrong than right."""
        return self.listed.entry.suspicion >= BANDS[Chance.LIKELY][0]


@dataclass(frozen=True)
class Board:
    """Rows to look at side by side.

    label, rather, kind, evidence: what all rows share; None or "" where they differ.
    reasons:                       what all rows share, and no row repeats.
    pairs:                         what the rows are confused with, in their order.
    """

    rows: list[Row]
    pairs: list[Pair]
    label: Taxon | None
    rather: Taxon | None
    kind: str
    evidence: str
    reasons: list[Message]
    is_left: bool

    @property
    def is_one_pair(self) -> bool:
        """Whether all rows have one label and one alternative."""
        return len(self.pairs) == 1

    @property
    def photos(self) -> list[Photo | None]:
        """Every photo on it."""
        of_taxa = [
            reference.photo for pair in self.pairs for reference in (pair.label, pair.rather) if reference
        ]
        return [*(row.listed.photo for row in self.rows), *of_taxa]

    @property
    def has_pictures(self) -> bool:
        """Whether any of its observations has a picture here."""
        return any(row.listed.photo and row.listed.photo.license for row in self.rows)


def board_of(listed: list[Listed]) -> Board:
    """Return these rows as a board, in their order."""
    reasons = [_reasons(one.entry) for one in listed]
    shared = (
        [reason for reason in reasons[0] if all(reason in each for each in reasons)] if reasons[1:] else []
    )
    rows = [
        Row(one, _key(one), _most_telling(own, shared), _is_left(one.entry))
        for one, own in zip(listed, reasons, strict=True)
    ]
    return Board(
        rows=rows,
        pairs=_pairs(listed),
        label=_shared(one.label for one in listed),
        rather=_shared(one.rather for one in listed),
        kind=_shared(one.entry.kind for one in listed) or "",
        evidence=_shared(one.entry.evidence for one in listed) or "",
        reasons=[reason for reason in shared if reason["code"] not in _ABOUT_THE_OTHER],
        is_left=bool(rows) and all(row.is_left for row in rows),
    )


def _reasons(entry: WorklistEntry) -> list[Message]:
    reasons: list[Message] = entry.reasons or plain(entry.reason)
    return reasons


def _is_left(entry: WorklistEntry) -> bool:
    return any(reason.get("code") in _LEFT for reason in _reasons(entry))


def _most_telling(reasons: list[Message], shared: list[Message]) -> list[Message]:
    own = [reason for reason in reasons if reason not in shared and reason["code"] not in _ABOUT_THE_OTHER]
    place = {code: number for number, code in enumerate(_ORDER)}
    return sorted(own, key=lambda reason: place.get(str(reason["code"]), len(place)))[:1]


def _shared(values: Iterable[Any]) -> Any:
    """What all of these are; None where they differ."""
    first, *others = list(values) or [None]
    return first if all(value == first for value in others) else None


def _key(listed: Listed) -> str:
    return f"{listed.entry.label_taxon_id}-{listed.entry.suggested_taxon_id or ''}"


def _pairs(listed: list[Listed]) -> list[Pair]:
    pairs = {_key(one): one for one in listed}
    return [
        Pair(key, _reference(one.label, one.label_photo), _reference(one.rather, one.rather_photo))
        for key, one in pairs.items()
    ]


def _reference(taxon: Taxon | None, photo: Photo | None) -> Reference | None:
    return None if taxon is None else Reference(taxon, photo)
