"""Which photos pages may show: openly licensed ones, of observations on worklists and of taxa.

Of a photo whose own licence is unknown a page may say where it is on iNaturalist, and no more: what a CSV
export calls `license` is the observation's.
"""

from collections.abc import Iterable

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from exporter.criteria import USABLE_OBSERVATION, USABLE_PHOTO

#: How many of a taxon's observations are looked through for a photo.
_TRIED = 20
#: A taxon is shown by an observation that its community took for it, and that no worklist doubts.
_PHOTOS = f"""
    WITH chosen AS (
        SELECT observation_id, CAST(NULL AS BIGINT) AS taxon_id FROM shown_observations
        UNION ALL
        SELECT unnest(min(observation_id, {_TRIED})), taxon_id
        FROM observations SEMI JOIN shown_taxa USING (taxon_id)
        WHERE quality_grade = 'research' AND coalesce(community_taxon_id, taxon_id) = taxon_id
            AND {USABLE_OBSERVATION}
            AND observation_id NOT IN (SELECT observation_id FROM shown_observations)
        GROUP BY taxon_id
    ),
    usable AS MATERIALIZED (
        SELECT observation_id, any_value(taxon_id) AS taxon_id,
            first(struct_pack(id := photo_id, extension := extension, license := license)
                ORDER BY license IS NULL, position NULLS LAST, photo_id) AS photo
        FROM chosen JOIN photos USING (observation_id)
        WHERE {USABLE_PHOTO} AND (
            (host = 'open-data' AND license <> '' AND extension <> '')
            OR (host IN ('open-data', 'static') AND license IS NULL)
        )
        GROUP BY observation_id
    )
    SELECT observation_id, taxon_id, photo.id AS photo_id, coalesce(photo.extension, '') AS extension,
        coalesce(photo.license, '') AS license
    FROM usable
    WHERE taxon_id IS NULL
        OR observation_id IN (
            SELECT arg_min(observation_id, (photo.license IS NULL, observation_id))
            FROM usable GROUP BY taxon_id
        )
    ORDER BY observation_id
"""


def photos(
    connection: duckdb.DuckDBPyConnection,
    readiness: Iterable[pa.Table],
    worklists: Iterable[pa.Table],
    *,
    short: int,
    spare: int,
) -> pa.Table:
    """Return one photo of each observation on a worklist, and of each taxon named there or near the line.

    readiness:    taxon_id and margin by rule; near the line is from ``short`` observations below it to
                  ``spare`` above it.
    worklists:    observation_id, label_taxon_id and suggested_taxon_id by rule.

    Columns: observation_id, taxon_id (null for a worklist's observation), photo_id, extension, license (""
    where it is unknown: only of observations without a photo that may be shown, and of taxa without such an
    observation among those that are looked through).
    """
    worklists = list(worklists)
    named = [worklist[name] for worklist in worklists for name in ("label_taxon_id", "suggested_taxon_id")]
    near = [_near(table, short, spare) for table in readiness]
    observations = [worklist["observation_id"] for worklist in worklists]
    connection.register("shown_observations", pa.table({"observation_id": _distinct(observations)}))
    connection.register("shown_taxa", pa.table({"taxon_id": _distinct([*named, *near])}))
    result = connection.sql(_PHOTOS).to_arrow_table()
    for table in ("shown_observations", "shown_taxa"):
        connection.unregister(table)
    return result


def _near(readiness: pa.Table, short: int, spare: int) -> pa.ChunkedArray:
    margin = readiness["margin"]
    is_near = pc.and_(pc.greater_equal(margin, -short), pc.less_equal(margin, spare))
    return readiness.filter(is_near)["taxon_id"]


def _distinct(columns: list[pa.ChunkedArray]) -> pa.Array:
    chunks = [chunk for column in columns for chunk in column.chunks]
    return pc.unique(pa.chunked_array(chunks, pa.int64()))
