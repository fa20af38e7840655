"""Taxa with a name that is nearly so written: what typing errors leave of it.

Names are looked for where the index leads on every database: those that begin with the same letters, else
those of which the first letters become the typed ones by one error. Of these the ones most alike are kept.
"""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from string import ascii_lowercase

from django.db import connection
from django.db.models import Max

from portal.taxa.models import Taxon, TaxonName
from portal.taxa.names import searched
from portal.taxa.queries.searching import starting_so
from portal.text import fold

#: What is taken for a typing error: so much of the whole is right (`difflib`'s ratio, 1 for the same).
#: How many names are compared, the most observed ones.
SIMILARITY, MOST_COMPARED = 0.78, 3_000
#: How many first letters may have to be right: many, and where none of those is close, few.
SAME_LETTERS = (5, 3)
#: Up to which letter an error among the first ones is looked for, and how many letters such names begin with.
FIRST_LETTERS, START = 3, 5


def close_to(text: str, limit: int) -> list[Taxon]:
    """At most ``limit`` taxa with a name that is nearly so written, the closest first.

    Texts of three letters or less give none.
    """
    key = fold(text)
    for names in _compared(key):
        if taxa := _closest(key, names, limit):
            return taxa
    return []


def _compared(key: str) -> Iterator[list[tuple[int, str]]]:
    """Ids and names to compare with, those that are read fastest first."""
    for letters in SAME_LETTERS:
        if len(key) > letters:
            yield starting_so(key[:letters], MOST_COMPARED)
    if len(key) >= START:
        yield _beginning_with(sorted(starts_meant(key)))


def _closest(key: str, names: Iterable[tuple[int, str]], limit: int) -> list[Taxon]:
    words = len(key.split())
    by_name: dict[str, list[int]] = {}
    for taxon_id, name in names:
        by_name.setdefault(" ".join(name.split()[:words]), []).append(taxon_id)
    places: dict[int, int] = {}
    for place, name in enumerate(get_close_matches(key, by_name, limit, SIMILARITY)):
        for taxon_id in by_name[name]:
            places.setdefault(taxon_id, place)
    taxa = Taxon.objects.filter(id__in=places)
    return sorted(taxa, key=lambda taxon: (places[taxon.id], -taxon.observations, taxon.name))[:limit]


def starts_meant(key: str) -> set[str]:
    """Return how a name may begin that was typed as ``key`` with one error among its first letters.

    The errors are a wrong letter, a missing one, one too many, two in the wrong order, and f for ph.
    """
    meant = set()
    for at in range(FIRST_LETTERS):
        before, after = key[:at], key[at + 1 :]
        meant |= {before + letter + after for letter in ascii_lowercase}
        meant |= {before + letter + key[at:] for letter in ascii_lowercase}
        meant.add(before + after)
        meant.add(before + after[:1] + key[at] + after[1:])
    if key.startswith("f"):
        meant.add(f"ph{key[1:]}")
    return {start[:START] for start in meant} - {key[:START]}


#: A walk along the index for each popularity and start. Popularities are a list, and no table to join: SQLite
#: would make an index of its own for that, over all names. What is found is put aside before it is sorted:
#: PostgreSQL would go through all names from the most observed on, and compare each with every start.
_BEGINNING_WITH = (
    "WITH starts (low, high) AS (VALUES {starts}), found AS MATERIALIZED ("
    "SELECT taxon_id, key, popularity FROM starts CROSS JOIN taxa_taxonname"
    " WHERE popularity IN ({popularities}) AND key >= low AND key < high AND language IN (%s, %s))"
    " SELECT taxon_id, key FROM found ORDER BY popularity DESC LIMIT %s"
)


def _beginning_with(starts: list[str]) -> list[tuple[int, str]]:
    """Taxa with a name from some word of which it goes on in one of these ways, by id, the most observed."""
    highest = TaxonName.objects.aggregate(highest=Max("popularity"))["highest"]
    if highest is None:
        return []
    statement = _BEGINNING_WITH.format(
        popularities=", ".join(map(str, range(highest + 1))),
        starts=", ".join(["(%s, %s)"] * len(starts)),
    )
    ends = [bound for start in starts for bound in (start, start[:-1] + chr(ord(start[-1]) + 1))]
    with connection.cursor() as cursor:
        languages = searched()
        cursor.execute(statement, [*ends, languages[0], languages[-1], MOST_COMPARED])
        rows: list[tuple[int, str]] = cursor.fetchall()
        return rows
