"""Taxa by name, as people type it."""

from typing import Any

from django.db import connection
from django.db.models import QuerySet

from portal.taxa.models import Taxon, TaxonName
from portal.taxa.names import common_name, searched
from portal.taxa.queries import taxon_written
from portal.text import fold

#: The bit length of the largest number of observations that a taxon can have.
MAX_POPULARITY = 31
#: How many taxa a search looks at for each that it gives; and at most of those whose names end so.
ENOUGH = 2
MOST_NAMED_SO = 100


def search(text: str, limit: int) -> list[Taxon]:
    """At most ``limit`` taxa with that id, or with a name of which a word starts so.

    Names are scientific ones, English ones and those in the reader's language.
    First the id, then those named exactly so, then the most observed.
    """
    key = fold(text)
    if not key:
        return []
    ids = set(_ending_so(key))
    if (by_id := taxon_written(key)) is not None:
        ids.add(by_id.id)
    ids.update(taxon_id for taxon_id, _ in starting_so(key, ENOUGH * limit))
    return sorted(Taxon.objects.filter(id__in=ids), key=lambda taxon: _search_order(taxon, key))[:limit]


#: The first names of each popularity that start so: as many walks along the index, in one statement.
_STARTING_SO = " UNION ALL ".join(
    f"SELECT * FROM (SELECT popularity, taxon_id, key FROM taxa_taxonname WHERE popularity = {popularity}"
    f" AND key LIKE %(start)s ESCAPE '\\' AND language IN (%(everybodys)s, %(own)s)"
    f" ORDER BY key LIMIT %(most)s) AS names_{popularity}"
    for popularity in range(MAX_POPULARITY + 1)
)


def starting_so(key: str, most: int) -> list[tuple[int, str]]:
    """Taxa with a name from some word of which it goes on so, by id, from the highest popularity down."""
    values: dict[str, Any] = {"start": f"{connection.ops.prep_for_like_query(key)}%", "most": most}
    languages = searched()
    values |= {"everybodys": languages[0], "own": languages[-1]}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT taxon_id, key FROM ({_STARTING_SO}) AS names ORDER BY popularity DESC LIMIT %(most)s",
            values,
        )
        rows: list[tuple[int, str]] = cursor.fetchall()
        return rows


def _ending_so(key: str) -> QuerySet[TaxonName, int]:
    """Ids of taxa with a name of which the last words are these, the most observed first, not too many."""
    sizes = range(MAX_POPULARITY + 1)
    names = TaxonName.objects.filter(popularity__in=sizes, key=key, language__in=searched())
    return names.order_by("-popularity", "taxon_id").values_list("taxon_id", flat=True)[:MOST_NAMED_SO]


def _search_order(taxon: Taxon, key: str) -> tuple[bool, bool, int, str]:
    return str(taxon.id) != key, not _is_called(taxon, key), -taxon.observations, taxon.name


def _is_called(taxon: Taxon, key: str) -> bool:
    return key in map(fold, (taxon.name, taxon.common_name, common_name(taxon).text))


def taxon_called(text: str) -> Taxon | None:
    """The taxon with that id or exactly that name, the most observed of several; None where there is none."""
    key = fold(text)
    if (by_id := taxon_written(key)) is not None or not key:
        return by_id
    taxa = Taxon.objects.filter(id__in=list(_ending_so(key))).order_by("-observations", "id")
    return next((taxon for taxon in taxa if _is_called(taxon, key)), None)
