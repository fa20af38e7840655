"""Writing the taxon tree and its names: what is new beforehand and unseen, what has changed at the end."""

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa
from django.db import connection, transaction

from portal import bulk
from portal.lake.models import Refresh
from portal.taxa.models import Taxon
from portal.taxa.names import word_starts
from portal.taxa.shown import IS_SHOWN

TAXON_COLUMNS = {
    "id": "bigint",
    "parent_id": "bigint",
    "ancestry": "text",
    "name": "text",
    "common_name": "text",
    "rank": "text",
    "rank_level": "double precision",
    "is_active": "boolean",
    "is_extinct": "boolean",
    "iconic_taxon_id": "bigint",
}
#: The rank level that each taxon will have, in SQL.
LEVELS = (
    "(SELECT taxon.id, CASE WHEN staged.id IS NULL THEN taxon.rank_level ELSE staged.rank_level END"
    " AS rank_level"
    " FROM taxa_taxon AS taxon LEFT JOIN staged_taxon AS staged ON staged.id = taxon.id)"
)
_VALUES = [name for name in TAXON_COLUMNS if name != "id"]
_NAMES = ("name", "common_name")
_NAME_COLUMNS = {"taxon_id": "bigint", "key": "text", "popularity": "integer"}
_BOTH = "staged_taxon AS staged JOIN taxa_taxon AS taxon ON taxon.id = staged.id"
#: How many taxa and names are altered while all that is counted changes; if there are more, right after it.
MOST_AT_ONCE = 20_000
#: Taxa that the refresh has added, or one that did not come to its end.
_IS_UNSEEN = f"(taxon.added_by = %s OR {IS_SHOWN} IS NOT TRUE)"


def stage(refresh: Refresh, taxa: Iterable[pa.RecordBatch]) -> dict[str, int]:
    """Stage every taxon, and add new ones unseen; returns how many are new, and how many will change."""
    bulk.stage("staged_taxon", TAXON_COLUMNS, taxa)
    bulk.make(
        "staged_new",
        "SELECT staged.* FROM staged_taxon AS staged LEFT JOIN taxa_taxon AS taxon ON taxon.id = staged.id"
        " WHERE taxon.id IS NULL",
        key="id",
    )
    bulk.make(
        "staged_changed",
        f"SELECT staged.id FROM {_BOTH} WHERE {bulk.differs(_VALUES, 'taxon', 'staged')}",
        key="id",
    )
    columns = {name: f"staged.{name}" for name in TAXON_COLUMNS} | {"added_by": "%s"}
    bulk.pour(Taxon, "staged_new", "id", columns, refresh.pk)
    return {"new": bulk.count("staged_new"), "changed": bulk.count("staged_changed")}


def popularity(observations: int) -> int:
    """The size of a taxon as its search names carry it: 0 for none, 1, 2 for 2 and 3, 3 for 4 to 7 ..."""
    return observations.bit_length()


def write_sizes(keys: Sequence[str]) -> None:
    """Write by which numbers of observations a search finds and orders taxa; no page shows them.

    ``keys``: the readiness that will be shown.
    """
    bulk.stage(
        "staged_size", {"taxon_id": "bigint", "observations": "integer", "size": "integer"}, _sizes(keys)
    )
    for span in bulk.spans("staged_size", "taxon_id"):
        with transaction.atomic():
            bulk.execute(
                "UPDATE taxa_taxonname AS name SET popularity = staged.size FROM staged_size AS staged"
                " WHERE staged.taxon_id = name.taxon_id AND staged.size <> name.popularity"
                " AND staged.taxon_id > %s AND staged.taxon_id <= %s",
                *span,
            )
            bulk.execute(
                "UPDATE taxa_taxon AS taxon SET observations = staged.observations FROM staged_size AS staged"
                " WHERE staged.taxon_id = taxon.id AND taxon.id > %s AND taxon.id <= %s",
                *span,
            )


def _sizes(keys: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Taxa whose number of observations changes: id, number and popularity."""
    counted = "coalesce(max(standing.observations), 0)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT taxon.id, {counted} FROM taxa_taxon AS taxon LEFT JOIN taxa_readiness AS standing"
            f" ON standing.taxon_id = taxon.id AND standing.criteria IN ({', '.join(['%s'] * len(keys))})"
            f" GROUP BY taxon.id, taxon.observations HAVING taxon.observations <> {counted}",
            list(keys),
        )
        rows = cursor.fetchall()
    yield pa.RecordBatch.from_pydict(
        {
            "taxon_id": pa.array([taxon_id for taxon_id, _ in rows], pa.int64()),
            "observations": pa.array([observations for _, observations in rows], pa.int64()),
            "size": pa.array([popularity(observations) for _, observations in rows], pa.int64()),
        }
    )


def write_names(refresh: Refresh) -> None:
    """Make new and renamed taxa findable by their names, and note the names that they no longer have."""
    bulk.make(
        "staged_renamed",
        f"SELECT staged.id, staged.name, staged.common_name, taxon.observations FROM {_BOTH}"
        f" WHERE {_IS_UNSEEN} OR {bulk.differs(_NAMES, 'taxon', 'staged')}",
        refresh.pk,
        key="id",
    )
    bulk.stage("staged_stale", {"id": "bigint"}, ())
    same = "SELECT 1 FROM {table} AS same WHERE same.taxon_id = named.taxon_id AND same.key = named.key"
    for span in bulk.spans("staged_renamed", "id"):
        bulk.stage("staged_name", _NAME_COLUMNS, [_search_names(*span)], key=("taxon_id", "key"))
        bulk.execute(
            "INSERT INTO staged_stale SELECT named.id FROM staged_renamed AS renamed"
            " JOIN taxa_taxonname AS named ON named.taxon_id = renamed.id"
            " WHERE renamed.id > %s AND renamed.id <= %s"
            f" AND NOT EXISTS ({same.format(table='staged_name')})",
            *span,
        )
        bulk.execute(
            "INSERT INTO taxa_taxonname (taxon_id, key, popularity)"
            " SELECT named.taxon_id, named.key, named.popularity FROM staged_name AS named"
            f" WHERE NOT EXISTS ({same.format(table='taxa_taxonname')})"
        )


def _search_names(above: int, last: int) -> pa.RecordBatch:
    """The names under which search lists the staged taxa of a span."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, name, common_name, observations FROM staged_renamed WHERE id > %s AND id <= %s",
            [above, last],
        )
        named = [
            (taxon_id, key, popularity(observations))
            for taxon_id, name, common_name, observations in cursor.fetchall()
            for key in word_starts(name, common_name)
        ]
    return pa.RecordBatch.from_pydict(
        {
            "taxon_id": [taxon_id for taxon_id, _, _ in named],
            "key": [key for _, key, _ in named],
            "popularity": [size for _, _, size in named],
        }
    )


def show() -> None:
    """Alter the taxa that have changed, and forget names that are theirs no longer, unless these are many."""
    if not _are_many():
        _alter(bulk.EVERY)
        _forget(bulk.EVERY)


def settle() -> None:
    """Do what was too much for `show`, in short transactions; what is left of it the next refresh does."""
    if _are_many():
        # A taxon that is altered is looked at no more: its former names go first.
        for span in bulk.spans("staged_stale", "id"):
            _forget(span)
        for span in bulk.spans("staged_changed", "id"):
            _alter(span)


def _are_many() -> bool:
    return bulk.count("staged_changed") + bulk.count("staged_stale") > MOST_AT_ONCE


def _alter(span: tuple[int, int]) -> None:
    """Alter the taxa that have changed, of a span of ids."""
    values = ", ".join(f"{name} = staged.{name}" for name in _VALUES)
    bulk.execute(
        f"UPDATE taxa_taxon AS taxon SET {values} FROM staged_taxon AS staged WHERE staged.id = taxon.id"
        " AND taxon.id IN (SELECT id FROM staged_changed WHERE id > %s AND id <= %s)",
        *span,
    )


def _forget(span: tuple[int, int]) -> None:
    """Remove names that no taxon has any more, of a span of ids."""
    bulk.execute(
        "DELETE FROM taxa_taxonname WHERE id IN (SELECT id FROM staged_stale WHERE id > %s AND id <= %s)",
        *span,
    )
