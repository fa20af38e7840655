"""Writing the taxon tree and its names: what is new beforehand and unseen, what has changed at the end."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection, transaction

from exporter.criteria import PRESETS
from exporter.differences import difference
from portal import bulk
from portal.lake import contents
from portal.lake.models import Refresh
from portal.lake.services import begin_content, end_content
from portal.taxa.models import Taxon, TaxonName
from portal.taxa.names import COLUMNS, search_names
from portal.taxa.shown import IS_SHOWN

#: Whose rows these are: see `portal.lake.generations` and `portal.lake.contents`.
SUBJECT = "taxa"
_KEY = "tree"
TAXON_COLUMNS = {
    "id": "bigint",
    "parent_id": "bigint",
    "ancestry": "text",
    "name": "text",
    **dict.fromkeys(COLUMNS.values(), "text"),
    "rank": "text",
    "rank_level": "double precision",
    "is_active": "boolean",
    "is_extinct": "boolean",
    "iconic_taxon_id": "bigint",
}
#: The rank level that each taxon will have, in SQL.
LEVELS = (
    "(SELECT id, rank_level FROM staged_taxon UNION ALL"
    " SELECT id, rank_level FROM taxa_taxon WHERE id NOT IN (SELECT id FROM staged_taxon))"
)
_VALUES = [name for name in TAXON_COLUMNS if name != "id"]
_NAMES = ("name", *COLUMNS.values())
_SIZES = pa.schema([("taxon_id", pa.int64()), ("observations", pa.int64())])
_NAME_COLUMNS = {"taxon_id": "bigint", "key": "text", "language": "text", "popularity": "integer"}
_BOTH = "staged_taxon AS staged JOIN taxa_taxon AS taxon ON taxon.id = staged.id"
#: How many taxa and names are altered while all that is counted changes; if there are more, right after it.
MOST_AT_ONCE = 10_000
#: Taxa that the refresh has added, or one that did not come to its end.
_IS_UNSEEN = f"(taxon.added_by = %s OR {IS_SHOWN} IS NOT TRUE)"


@dataclass(frozen=True)
class Staged:
    """What `stage` has staged. ``counted``: how many taxa are new, and how many will change.

    ``has_sizes``: the taxa whose number of observations changes too; else `stage_sizes` looks for them.
    """

    counted: dict[str, int]
    has_sizes: bool


def stage(refresh: Refresh, taxa: Iterable[pa.RecordBatch], readiness: Mapping[str, pa.Table]) -> Staged:
    """Stage the taxa that are new or others than they were, and add new ones unseen.

    All of them where it is not known what they were. ``readiness``: by rule, what will be shown.
    """
    batches = list(taxa)
    rows, sizes = pa.Table.from_batches(batches) if batches else None, _sizes_of(readiness)
    former = contents.known(SUBJECT, _KEY)
    former_sizes = former.table("sizes", _SIZES) if former else None
    if refresh.as_of is not None:
        sizes = former_sizes  # it shows no other readiness
    _begin(rows, sizes)
    former_rows = former.table("taxa", rows.schema) if former and rows is not None else None
    if rows is not None and former_rows is not None:
        batches = difference(former_rows, rows, ["id"]).written.to_batches()
    bulk.stage("staged_taxon", TAXON_COLUMNS, batches)
    if has_sizes := sizes is not None and former_sizes is not None:
        _stage_sizes(_changed_sizes(former_sizes, sizes))
    return Staged(_add_new(refresh), has_sizes)


def _begin(rows: pa.Table | None, sizes: pa.Table | None) -> None:
    tables = {"taxa": rows, "sizes": sizes}
    begin_content(SUBJECT, _KEY, {name: table for name, table in tables.items() if table is not None})


def _add_new(refresh: Refresh) -> dict[str, int]:
    """Add the staged taxa that are new, unseen; returns how many there are, and how many will change."""
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


def _sizes_of(readiness: Mapping[str, pa.Table]) -> pa.Table | None:
    """Each taxon's number of observations, the largest under any rule; None where a rule is missing."""
    if not readiness or not readiness.keys() >= PRESETS.keys():
        return None
    rows = pa.concat_tables([table.select(_SIZES.names).cast(_SIZES) for table in readiness.values()])
    counted = rows.group_by("taxon_id").aggregate([("observations", "max")]).rename_columns(_SIZES.names)
    return counted.filter(pc.greater(counted["observations"], 0))


def _changed_sizes(former: pa.Table, sizes: pa.Table) -> pa.Table:
    """The taxa whose number of observations is another one."""
    changes = difference(former, sizes, ["taxon_id"])
    zeros = pa.array([0] * changes.removed.num_rows, pa.int64())
    return pa.concat_tables([changes.written, changes.removed.append_column("observations", zeros)])


def stage_sizes(keys: Sequence[str]) -> None:
    """Stage the taxa whose number of observations changes; ``keys``: the readiness that will be shown."""
    counted = "coalesce(max(standing.observations), 0)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT taxon.id, {counted} FROM taxa_taxon AS taxon LEFT JOIN taxa_readiness AS standing"
            f" ON standing.taxon_id = taxon.id AND standing.criteria IN ({', '.join(['%s'] * len(keys))})"
            f" GROUP BY taxon.id, taxon.observations HAVING taxon.observations <> {counted}",
            list(keys),
        )
        rows = cursor.fetchall()
    columns = zip(*rows, strict=True) if rows else [(), ()]
    _stage_sizes(pa.table([pa.array(column, pa.int64()) for column in columns], _SIZES))


def _stage_sizes(changed: pa.Table) -> None:
    sizes = pa.array([popularity(count) for count in changed["observations"].to_pylist()], pa.int64())
    bulk.stage(
        "staged_size",
        {"taxon_id": "bigint", "observations": "integer", "size": "integer"},
        changed.append_column("size", sizes).to_batches(),
    )


def write_sizes() -> None:
    """Write by which numbers of observations a search finds and orders taxa; no page shows them."""
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


def write_names(refresh: Refresh) -> None:
    """Make new and renamed taxa findable by their names, and note the names that they no longer have."""
    bulk.make(
        "staged_renamed",
        f"SELECT staged.id, {', '.join(f'staged.{name}' for name in _NAMES)}, taxon.observations FROM {_BOTH}"
        f" WHERE {_IS_UNSEEN} OR {bulk.differs(_NAMES, 'taxon', 'staged')}",
        refresh.pk,
        key="id",
    )
    bulk.stage("staged_stale", {"id": "bigint"}, ())
    same = (
        "SELECT 1 FROM {table} AS same WHERE same.taxon_id = named.taxon_id AND same.key = named.key"
        " AND same.language = named.language"
    )
    for span in bulk.spans("staged_renamed", "id"):
        batch = _search_names(*span)
        bulk.stage("staged_name", _NAME_COLUMNS, [batch], key=("taxon_id", "key", "language"))
        bulk.execute(
            "INSERT INTO staged_stale SELECT named.id FROM staged_renamed AS renamed"
            " JOIN taxa_taxonname AS named ON named.taxon_id = renamed.id"
            " WHERE renamed.id > %s AND renamed.id <= %s"
            f" AND NOT EXISTS ({same.format(table='staged_name')})",
            *span,
        )
        bulk.execute(
            "INSERT INTO taxa_taxonname (taxon_id, key, language, popularity)"
            " SELECT named.taxon_id, named.key, named.language, named.popularity FROM staged_name AS named"
            f" WHERE NOT EXISTS ({same.format(table='taxa_taxonname')})"
        )
    if bulk.count("staged_renamed") > MOST_AT_ONCE:
        for model in (Taxon, TaxonName):
            bulk.analyse(model)


def _search_names(above: int, last: int) -> pa.RecordBatch:
    """The names under which search lists the staged taxa of a span."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, {', '.join(_NAMES)}, observations FROM staged_renamed WHERE id > %s AND id <= %s",
            [above, last],
        )
        named = [
            (taxon_id, key, language, popularity(observations))
            for taxon_id, name, *common_names, observations in cursor.fetchall()
            for key, language in search_names(name, dict(zip(COLUMNS, common_names, strict=True)))
        ]
    columns = list(zip(*named, strict=True)) or [()] * len(_NAME_COLUMNS)
    return pa.RecordBatch.from_pydict(dict(zip(_NAME_COLUMNS, columns, strict=True)))


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
    end_content(SUBJECT, _KEY)


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
