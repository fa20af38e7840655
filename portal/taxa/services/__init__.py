"""Writing the taxon tree, its names and its readiness."""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection
from django.db.models import F, Max
from django.db.models.functions import Coalesce

from exporter.columns import booleans, integers
from exporter.criteria import ORDER_RANK_LEVEL
from portal import bulk
from portal.lake.models import Refresh
from portal.taxa.curves import curves_to_keep
from portal.taxa.models import Curve, Photo, Readiness, Status, Taxon
from portal.taxa.names import word_starts
from portal.taxa.services.history import record_history

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
READINESS_COLUMNS = {
    "taxon_id": "bigint",
    "status": "text",
    "leaf_taxon_id": "bigint",
    "observations": "integer",
    "community_confirmed": "integer",
    "photos": "integer",
    "short_observations": "integer",
    "short_confirmed": "integer",
    "short_photos": "integer",
    "margin": "integer",
    "incomplete_observations": "integer",
    "tree_left": "integer",
    "tree_right": "integer",
    "is_drawn": "boolean",
    "stem_id": "bigint",
    "branches": "integer",
    "branch_photos": "integer",
    "classes": "integer",
    "class_photos": "integer",
    "expected_wrong": "double precision",
    "expected_wrong_low": "double precision",
    "expected_wrong_high": "double precision",
}
PHOTO_COLUMNS = {
    "observation_id": "bigint",
    "taxon_id": "bigint",
    "photo_id": "bigint",
    "extension": "text",
    "license": "text",
}
#: With what is worked out from these.
_KEPT = READINESS_COLUMNS | {"largest_class_taxon_id": "bigint"}
_NAMES_AT_ONCE = 20_000


def take_over(
    refresh: Refresh, taxa: Iterable[pa.RecordBatch], readiness: Mapping[str, pa.Table]
) -> bulk.Merged:
    """Take over every taxon, and readiness by rule: batches and tables with the columns named above.

    Readiness has the column `rank` besides.

    A refresh of the present replaces the former readiness; one of the past only adds to the history.
    Returns how many taxa were new or changed.
    """
    bulk.stage("staged_taxon", TAXON_COLUMNS, taxa)
    _note_renamed()
    merged = bulk.merge(Taxon, "staged_taxon", ["id"], [name for name in TAXON_COLUMNS if name != "id"])
    for criteria, table in readiness.items():
        batches = with_largest_class(table).select(list(_KEPT)).to_batches()
        bulk.stage("staged_readiness", _KEPT, batches)
        if refresh.as_of is None:
            _replace_readiness(criteria)
            count_margins(criteria)
            replace_curves(criteria, table)
        record_history(refresh, criteria)
    _count_observations()
    _name_renamed()
    return merged


def take_over_photos(photos: pa.Table) -> None:
    """Take over the photos that pages may show, with the columns named above, in place of the former ones."""
    bulk.stage("staged_photo", PHOTO_COLUMNS, photos.select(list(PHOTO_COLUMNS)).to_batches())
    same = "SELECT 1 FROM staged_photo AS staged WHERE staged.observation_id = taxa_photo.observation_id"
    bulk.execute(f"DELETE FROM taxa_photo WHERE taxon_id IS NOT NULL OR NOT EXISTS ({same})")
    bulk.merge(
        Photo,
        "staged_photo",
        ["observation_id"],
        [name for name in PHOTO_COLUMNS if name != "observation_id"],
    )


def popularity(observations: int) -> int:
    """The size of a taxon as its search names carry it: 0 for none, 1, 2 for 2 and 3, 3 for 4 to 7 ..."""
    return observations.bit_length()


def with_largest_class(readiness: pa.Table) -> pa.Table:
    """Readiness with `largest_class_taxon_id`: the class below each taxon that has most observations.

    Found for all taxa at once along the walk of the tree, where a clade is a range.
    """
    rows = readiness.sort_by("tree_left")
    left, right, taxon_ids, observations = (
        integers(rows[name]) for name in ("tree_left", "tree_right", "taxon_id", "observations")
    )
    is_class = booleans(pc.equal(rows["status"], Status.LEAF.value))
    first = np.arange(len(left)) + 1
    end = np.searchsorted(left, right, side="right")
    # The place of each class by size; what is no class comes after them all.
    order = np.lexsort((taxon_ids, -observations, ~is_class))
    places = np.full(len(left) + 1, len(left))
    places[order] = np.where(is_class[order], np.arange(len(left)), len(left))
    largest = np.minimum.reduceat(places, np.column_stack([first, end]).ravel())[::2] if len(left) else first
    has_none = (end <= first) | (largest >= len(left))
    named = pa.array(taxon_ids[order[np.where(has_none, 0, largest)]], mask=has_none)
    return rows.append_column("largest_class_taxon_id", named)


def _note_renamed() -> None:
    """Keep the ids of the staged taxa that are new or have another name, as `staged_renamed`."""
    bulk.make(
        "staged_renamed",
        "SELECT staged.id FROM staged_taxon AS staged LEFT JOIN taxa_taxon AS taxon ON taxon.id = staged.id"
        f" WHERE taxon.id IS NULL OR {bulk.differs(('name', 'common_name'), 'taxon', 'staged')}",
    )


def _name_renamed() -> None:
    """Make new and renamed taxa findable by their names. Comes last, for names carry the popularity."""
    bulk.execute("DELETE FROM taxa_taxonname WHERE taxon_id IN (SELECT id FROM staged_renamed)")
    bulk.copy("taxa_taxonname", ["taxon_id", "key", "popularity"], _search_names())


def _search_names() -> Iterator[pa.RecordBatch]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            "SELECT id, name, common_name, observations FROM taxa_taxon"
            " WHERE id IN (SELECT id FROM staged_renamed)"
        )
        while rows := cursor.fetchmany(_NAMES_AT_ONCE):
            named = [
                (taxon_id, key, popularity(observations))
                for taxon_id, name, common_name, observations in rows
                for key in word_starts(name, common_name)
            ]
            yield pa.RecordBatch.from_pydict(
                {
                    "taxon_id": [taxon_id for taxon_id, _, _ in named],
                    "key": [key for _, key, _ in named],
                    "popularity": [size for _, _, size in named],
                }
            )


def _replace_readiness(criteria: str) -> None:
    bulk.make(
        "staged_current",
        "SELECT staged.*, CAST(%s AS text) AS criteria FROM staged_readiness AS staged",
        criteria,
    )
    columns = [name for name in _KEPT if name != "taxon_id"]
    bulk.merge(Readiness, "staged_current", ["taxon_id", "criteria"], columns)
    bulk.execute(
        "DELETE FROM taxa_readiness WHERE criteria = %s AND NOT EXISTS"
        " (SELECT 1 FROM staged_readiness AS staged WHERE staged.taxon_id = taxa_readiness.taxon_id)",
        criteria,
    )


def count_margins(criteria: str) -> None:
    """Count anew how many taxa stand how far from the line; those above order have no distance."""
    bulk.execute("DELETE FROM taxa_margincount WHERE criteria = %s", criteria)
    bulk.execute(
        "INSERT INTO taxa_margincount (criteria, status, margin, taxa)"
        " SELECT criteria, status, CASE WHEN rank_level > %s THEN NULL ELSE margin END AS distance, count(*)"
        " FROM taxa_readiness JOIN taxa_taxon ON taxa_taxon.id = taxa_readiness.taxon_id"
        " WHERE criteria = %s GROUP BY criteria, status, distance",
        *(ORDER_RANK_LEVEL, criteria),
    )


def replace_curves(criteria: str, readiness: pa.Table) -> None:
    """Keep the curves of large clades, in place of the former ones."""
    curves = curves_to_keep(readiness)
    bulk.remove(Curve.objects.filter(criteria=criteria))
    bulk.append(Curve, curves, criteria=criteria)


def _count_observations() -> None:
    """Bring the taxa's numbers of observations, and the popularity of their names, up to their readiness."""
    bulk.stage("staged_size", {"taxon_id": "bigint", "observations": "integer", "size": "integer"}, _sizes())
    bulk.execute(
        "UPDATE taxa_taxon SET observations ="
        " (SELECT staged.observations FROM staged_size AS staged WHERE staged.taxon_id = taxa_taxon.id)"
        " WHERE id IN (SELECT taxon_id FROM staged_size)"
    )
    bulk.execute(
        "UPDATE taxa_taxonname SET popularity ="
        " (SELECT staged.size FROM staged_size AS staged WHERE staged.taxon_id = taxa_taxonname.taxon_id)"
        " WHERE EXISTS (SELECT 1 FROM staged_size AS staged"
        " WHERE staged.taxon_id = taxa_taxonname.taxon_id AND staged.size <> taxa_taxonname.popularity)"
    )


def _sizes() -> Iterator[pa.RecordBatch]:
    """Taxa whose number of observations has changed: id, number and popularity."""
    counted = (
        Taxon.objects.annotate(counted=Coalesce(Max("readiness__observations"), 0))
        .exclude(observations=F("counted"))
        .values_list("id", "counted")
    )
    rows = list(counted)
    yield pa.RecordBatch.from_pydict(
        {
            "taxon_id": pa.array([taxon_id for taxon_id, _ in rows], pa.int64()),
            "observations": pa.array([observations for _, observations in rows], pa.int64()),
            "size": pa.array([popularity(observations) for _, observations in rows], pa.int64()),
        }
    )
