"""What a lake lacks, what that means for its readers, and which file or command brings it."""

from dataclasses import dataclass

import duckdb

from exporter.schema import OBSERVATIONS, PHOTOS, unknown_sql
from exporter.sources.taxon_facts import LIFE_ID

_PULL = "python -m exporter pull --taxon ID; or load API v1 JSON of these observations"
_TAXA = "python -m exporter pull --dump; or load taxa.csv.gz of the open data"
_PHOTOS = "python -m exporter pull --taxon ID; or load photos.csv.gz of the open data"


@dataclass(frozen=True)
class Gap:
    """One kind of thing that some rows lack. ``code`` names it for programs; the words are for people."""

    code: str
    #: Rows that lack it, of so many.
    missing: int
    total: int
    #: What is missing, as a plural: "ranks".
    name: str
    #: What is counted: "taxa without a rank".
    what: str
    #: What that means for readiness, hotspots and snapshots.
    effect: str
    #: What brings it; None where nothing can.
    remedy: str | None


@dataclass(frozen=True)
class Holdings:
    """What a lake holds and lacks."""

    taxa: int
    observations: int
    photos: int
    identifications: int
    #: Only those with something missing, in the order in which they matter.
    gaps: tuple[Gap, ...]


#: Code, columns of `_COUNTS` with the missing and with all, name, what is counted, effect, remedy.
_GAPS = (
    (
        "ranks", "unranked", "labels", "ranks", "observed taxa without a rank",
        "Readiness excludes them: a taxon of unknown rank is never a class.", _TAXA,
    ),
    (
        "ancestors", "unplaced", "labels", "ancestors", "observed taxa without ancestors",
        "They count for no genus, family or order, and hotspots cannot compare them with relatives.", _TAXA,
    ),
    (
        "taxon_ids", "unnumbered", "labels", "taxon ids", "observed taxa that are known by name alone",
        "They count for the known taxa above them alone, and no page shows them.", _TAXA,
    ),
    (
        "identifications", "unidentified", "observations", "identifications",
        "observations without identifications",
        "Hotspots, worklists and guards learn nothing from them.", _PULL,
    ),
    (
        "community_taxa", "unconfirmed", "observations", "community taxa",
        "observations whose community taxon is unknown",
        "Readiness takes research grade in its place; its counts are lower bounds.", _PULL,
    ),
    (
        "photos", "unphotographed", "observations", "photos", "observations without a photo",
        "They count for no class.", _PULL,
    ),
    (
        "addresses", "unaddressed", "photos", "photo addresses", "photos without an address",
        "Readiness and hotspots count them as lower bounds; snapshots leave them out.", _PHOTOS,
    ),
    (
        "elsewhere", "elsewhere", "photos", "photos there", "photos that are not iNaturalist's files",
        "Neither iNaturalist's exporter nor ours takes them.", None,
    ),
    (
        "licences", "unlicensed", "photos", "photo licences", "photos whose licence is unknown",
        "Pages link to them instead of showing them; counts and snapshots are not affected.", _PHOTOS,
    ),
)  # fmt: skip

_COUNTS = f"""
WITH labels AS (
    SELECT DISTINCT o.taxon_id, t.rank, t.ancestry
    FROM observations AS o LEFT JOIN taxa AS t USING (taxon_id) WHERE o.taxon_id IS NOT NULL
), identified AS (SELECT DISTINCT observation_id FROM identifications),
photographed AS (SELECT DISTINCT observation_id FROM photos)
SELECT t.*, o.*, p.*, (SELECT count(*) FROM taxa) AS taxa,
    (SELECT count(*) FROM identifications) AS identifications
FROM (
    SELECT count(*) AS labels, count(*) FILTER (rank IS NULL) AS unranked,
        count(*) FILTER (ancestry IS NULL AND taxon_id <> {LIFE_ID}) AS unplaced,
        count(*) FILTER (taxon_id < 0) AS unnumbered
    FROM labels
) AS t, (
    SELECT count(*) AS observations,
        count(*) FILTER (i.observation_id IS NULL AND lists_identifications IS NOT TRUE) AS unidentified,
        count(*) FILTER {unknown_sql(OBSERVATIONS, "community_taxon_id")} AS unconfirmed,
        count(*) FILTER (p.observation_id IS NULL AND lists_photos IS NOT TRUE) AS unphotographed
    FROM observations AS o LEFT JOIN identified AS i USING (observation_id)
        LEFT JOIN photographed AS p USING (observation_id)
) AS o, (
    SELECT count(*) AS photos, count(*) FILTER (host IS NULL) AS unaddressed,
        count(*) FILTER (host = 'elsewhere') AS elsewhere,
        count(*) FILTER {unknown_sql(PHOTOS, "license")} AS unlicensed
    FROM photos
) AS p
"""


def holdings(con: duckdb.DuckDBPyConnection) -> Holdings:
    """Count what a lake holds and lacks, from a connection to it."""
    result = con.execute(_COUNTS)
    names = [column[0] for column in result.description or ()]
    counts = dict(zip(names, result.fetchall()[0], strict=True))
    gaps = (Gap(code, counts[missing], counts[total], *words) for code, missing, total, *words in _GAPS)
    return Holdings(
        counts["taxa"],
        counts["observations"],
        counts["photos"],
        counts["identifications"],
        tuple(gap for gap in gaps if gap.missing),
    )
