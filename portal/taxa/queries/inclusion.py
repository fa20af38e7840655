"""Whether taxa are in the model: one statement for any number of them.

Plain rows instead of model instances: programs ask for 500 taxa at once, and half the time would go into
making objects.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

from django.db import connection

from portal.lake.generations import shown_sql
from portal.taxa.ancestry import ids_in
from portal.taxa.models import Status
from portal.taxa.shown import IS_SHOWN

_AT_ONCE = 50_000


@dataclass(frozen=True, slots=True)
class Standing:
    """A taxon with its readiness under one rule: the fields of `Taxon` and `Readiness` that answers need.

    Those of readiness are None for a taxon without a usable observation in its clade. Their units are those
    of `portal.taxa.models.Readiness`, whose place it can take in `portal.taxa.wording`.
    """

    taxon_id: int
    name: str
    common_name: str
    rank: str
    rank_level: float | None
    ancestry: str
    is_active: bool
    is_extinct: bool
    criteria: str
    status: str | None
    leaf_taxon_id: int | None
    observations: int | None
    community_confirmed: int | None
    photos: int | None
    short_observations: int | None
    short_confirmed: int | None
    short_photos: int | None
    margin: int | None
    incomplete_observations: int | None
    is_partly_loaded: bool | None

    @property
    def taxon(self) -> "Standing":
        """Itself: the fields of the taxon are here too."""
        return self

    @property
    def is_class(self) -> bool:
        """Whether the next export would make a class of it, as things stand."""
        return self.status == Status.LEAF

    @property
    def is_lower_bound(self) -> bool:
        """Whether there may be more of it than its counts say, as `Readiness.is_lower_bound`."""
        return bool(self.incomplete_observations or self.is_partly_loaded)

    @property
    def path(self) -> list[int]:
        """Ids from the root down to the taxon itself."""
        return [*ids_in(self.ancestry), self.taxon_id]


_OF_TAXON = ("name", "common_name", "rank", "rank_level", "ancestry", "is_active", "is_extinct")
_COLUMNS = ", ".join(
    f"taxon.{'id' if field.name == 'taxon_id' else field.name}"
    if field.name in ("taxon_id", *_OF_TAXON)
    else "%s"
    if field.name == "criteria"
    else f"standing.{field.name}"
    for field in fields(Standing)
)
_SELECT = (
    f"SELECT {_COLUMNS} FROM taxa_taxon AS taxon"
    " LEFT JOIN taxa_readiness AS standing ON standing.taxon_id = taxon.id"
    f" AND standing.criteria = {shown_sql('taxa')} WHERE {IS_SHOWN}"
)


def standings(taxon_ids: Sequence[int], criteria: str) -> list[Standing]:
    """How these taxa stand under the rule, in the order given; unknown ids are left out. One query."""
    places = ", ".join(["%s"] * len(taxon_ids)) or "NULL"
    with connection.cursor() as cursor:
        cursor.execute(f"{_SELECT} AND taxon.id IN ({places})", [criteria, criteria, *taxon_ids])
        result = {row[0]: Standing(*row) for row in cursor.fetchall()}
    return [result[taxon_id] for taxon_id in taxon_ids if taxon_id in result]


def every_standing(criteria: str) -> Iterator[list[Standing]]:
    """How every taxon stands under the rule, by ascending id, some thousands at once."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(f"{_SELECT} ORDER BY taxon.id", [criteria, criteria])
        while rows := cursor.fetchmany(_AT_ONCE):
            yield [Standing(*row) for row in rows]
