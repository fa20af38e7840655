"""What a reader chose, as pages show it and lists are narrowed by it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet

from portal.ids import id_written
from portal.interests.choices import Choice
from portal.places import Where, places_with_codes
from portal.taxa.models import Readiness, Taxon
from portal.taxa.queries.named import AnyClade, clades_called

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Mine:
    """The clades and places of a choice, those that there are under a rule.

    spans: the clades' numbers in the walk of the tree, first and last.
    """

    clades: tuple[AnyClade, ...] = ()
    places: tuple[Where, ...] = ()
    spans: tuple[tuple[int, int], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.clades or self.places)

    @property
    def choice(self) -> Choice:
        """What asks for the same in an address."""
        return Choice(tuple(str(clade.id or clade.name) for clade in self.clades), self.place_codes)

    @property
    def place_codes(self) -> tuple[str, ...]:
        """The codes of its places."""
        return tuple(place.code for place in self.places)


#: Everything is shown.
EVERYTHING = Mine()


def mine(choice: Choice, criteria: str) -> Mine:
    """Return what a choice means under a rule. Two queries at most for what has observations, else three."""
    if not choice:
        return EVERYTHING
    ids = {text: taxon_id for text in choice.groups if (taxon_id := id_written(text)) is not None}
    counted = _counted(ids.values(), criteria)
    taxa = {taxon_id: row.taxon for taxon_id, row in counted.items()}
    if missing := set(ids.values()) - set(taxa):
        taxa |= Taxon.objects.in_bulk(missing)
    known: dict[str, AnyClade] = {text: taxa[taxon_id] for text, taxon_id in ids.items() if taxon_id in taxa}
    known |= clades_called([text for text in choice.groups if text not in ids], criteria)
    clades = tuple(known[text] for text in choice.groups if text in known)
    return Mine(clades, places_with_codes(choice.places), _spans(clades, counted))


def within(rows: QuerySet[Row], clade: AnyClade | None, mine: Mine, criteria: str) -> QuerySet[Row]:
    """Those of the rows (with `tree_left`) in the clade, or without one in the reader's groups, if any."""
    if clade is None and not mine.clades:
        return rows
    spans = (
        mine.spans if clade is None else _spans([clade], _counted([clade.id] if clade.id else [], criteria))
    )
    return rows.filter(reduce(or_, [Q(tree_left__range=span) for span in spans])) if spans else rows.none()


def touching(groups: Iterable[str], taxon_id: int, criteria: str) -> set[str]:
    """Return those of the groups (as a `Choice` has them) that hold a taxon's clade or lie in it.

    One without observations under the rule does neither.
    """
    ids = {text: number for text in groups if (number := id_written(text)) is not None}
    counted = _counted({*ids.values(), taxon_id}, criteria)
    known: dict[str, Readiness | AnyClade] = {
        text: counted[number] for text, number in ids.items() if number in counted
    }
    known |= clades_called([text for text in groups if text not in ids], criteria)
    clade = counted.get(taxon_id)
    return {text for text, one in known.items() if clade is not None and _meet(one, clade)}


def _meet(one: Any, other: Any) -> bool:
    """Whether of two clades, by their numbers in the walk of the tree, one lies in the other."""
    return bool(one.tree_left <= other.tree_right and other.tree_left <= one.tree_right)


def _counted(taxon_ids: Iterable[int], criteria: str) -> dict[int, Readiness]:
    """The readiness of these taxa, those that have observations, by id."""
    ids = list(taxon_ids)
    rows = (
        Readiness.objects.filter(criteria=criteria, taxon_id__in=ids).select_related("taxon") if ids else []
    )
    return {row.taxon_id: row for row in rows}


def _spans(clades: Iterable[AnyClade], counted: Mapping[int, Readiness]) -> tuple[tuple[int, int], ...]:
    """The numbers of clades in the walk of the tree, first and last, apart from each other.

    A clade without observations has none.
    """
    known = [clade if clade.id is None else counted.get(clade.id) for clade in clades]
    apart: list[tuple[int, int]] = []
    # Clades are nested or apart: the one that begins first and ends last holds those within it.
    for left, right in sorted(((one.tree_left, one.tree_right) for one in known if one), key=_outer_first):
        if not apart or left > apart[-1][1]:
            apart.append((left, right))
    return tuple(apart)


def _outer_first(span: tuple[int, int]) -> tuple[int, int]:
    return span[0], -span[1]
