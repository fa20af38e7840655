"""Clades of which the data know the name alone: what people choose one by, and what pages know of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from django.db.models import QuerySet

from exporter.sources.taxon_facts import RANK_LEVELS
from portal.taxa.models import NamedClade, Taxon
from portal.text import fold


@dataclass(frozen=True)
class ByName:
    """A clade known by its name alone. It has no id and no page, and none of the counts that taxa have."""

    name: str
    rank: str
    tree_left: int
    tree_right: int

    id: ClassVar[None] = None
    common_name: ClassVar[str] = ""
    iconic_taxon_id: ClassVar[None] = None

    def __str__(self) -> str:
        return self.name

    @property
    def rank_level(self) -> float | None:
        """Its height in the tree, as `Taxon.rank_level`."""
        return RANK_LEVELS.get(self.rank)


#: What a list can be narrowed to.
AnyClade = Taxon | ByName


def clade_called(text: str, criteria: str) -> ByName | None:
    """The clade with exactly that name, the one with most taxa of several; None where there is none."""
    return next(iter(_first(_rows(criteria).filter(key=fold(text)), 1)), None)


def clades_called(texts: Iterable[str], criteria: str) -> dict[str, ByName]:
    """The clades with exactly these names, by the text given."""
    keys = {fold(text): text for text in texts}
    if not keys:
        return {}
    rows = _rows(criteria).filter(key__in=keys).order_by("taxa")
    return {keys[row.key]: ByName(row.name, row.rank, row.tree_left, row.tree_right) for row in rows}


def clades_starting_so(text: str, criteria: str, limit: int) -> list[ByName]:
    """At most so many clades of which the name starts so, those with most taxa first."""
    key = fold(text)
    return _first(_rows(criteria).filter(key__startswith=key), limit) if key else []


def _rows(criteria: str) -> QuerySet[NamedClade]:
    return NamedClade.objects.filter(criteria=criteria)


def _first(rows: QuerySet[NamedClade], limit: int) -> list[ByName]:
    ordered = rows.order_by("-taxa", "name", "rank", "tree_left")
    return [ByName(row.name, row.rank, row.tree_left, row.tree_right) for row in ordered[:limit]]
