"""iNaturalist's own database: what is read of it, as statements for its server, and which rows they make.

Tables and columns are those of ``db/structure.sql`` in inaturalist/inaturalist; what they mean is said by its
models. Read are the tables that its exporter reads (taxa, observations, observation_photos, photos,
file_prefixes, file_extensions, flags, quality_metrics, conservation_statuses), and besides them:

identifications     who named what; ``preferences`` of the name ``vision`` mark those from a suggestion, for
                    iNaturalist keeps that as a preference of the identification
moderator_actions   the newest one of a photo or an identification says whether it is hidden
taxon_names         English common names
deleted_observations, for what is gone since the last time

Where an observation truly was is in columns of their own, and these statements never name them: an obscured
place is known by its geoprivacy and its taxon's. People are known by their ids alone.

A statement's ``within`` says for a column which ids it is about, so that a large table is read in slices.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from exporter.sources.photo_urls import photo_address
from exporter.sources.text_tables import (
    ANCESTRY,
    ANCESTRY_SQL,
    DAY,
    DISTANCE,
    EXTENSION,
    GRADE,
    ID,
    INSTANT,
    LATITUDE,
    LICENSE,
    LONGITUDE,
    NUMBER,
    TEXT,
    TRUTH,
    UUID,
    WHOLE,
    TextColumn,
    TextTable,
    ValueType,
)

#: Restricts a statement to some ids: gives a condition on the column that it is called with.
Within = Callable[[str], str]

#: iNaturalist's IUCN status "extinct" (`Taxon::IUCN_EXTINCT`).
_EXTINCT = 70

#: `Shared::LicenseModule::LICENSE_INFO`; 0 is all rights reserved.
_LICENSES = {
    1: "cc-by-nc-sa",
    2: "cc-by-nc",
    3: "cc-by-nc-nd",
    4: "cc-by",
    5: "cc-by-sa",
    6: "cc-by-nd",
    7: "pd",
    8: "gfdl",
    9: "cc0",
}

#: What marks an identification as chosen from a suggestion, of the table preferences as v.
_VISION = "v.owner_type = 'Identification' AND v.name = 'vision' AND v.value IN ('t', 'true', '1')"

FILE_PREFIXES = "SELECT id, prefix FROM file_prefixes ORDER BY id"
OBSERVATION_IDS = "SELECT min(id), max(id) FROM observations"
#: Up to when a server has everything: a replica, up to the newest change that it was sent.
SERVER_TIME = """
SELECT CASE WHEN pg_is_in_recovery() THEN least(now(), pg_last_xact_replay_timestamp()) ELSE now() END
"""


def _table(name: str, columns: Mapping[str, ValueType], values: Mapping[str, str], key: str) -> TextTable:
    """A table whose columns are called as the lake's; ``values`` are those that are not taken as they are."""
    return TextTable(
        tuple(TextColumn(column, kind, is_required=column == key) for column, kind in columns.items()),
        name,
        {column: f'"{column}"' for column in columns} | dict(values),
        named_by=key,
    )


TABLES = {
    "taxa": _table(
        "taxa",
        {
            "taxon_id": ID,
            "ancestry": ANCESTRY,
            "name": TEXT,
            "common_name": TEXT,
            "rank": TEXT,
            "rank_level": NUMBER,
            "is_active": TRUTH,
            "is_extinct": TRUTH,
            "iconic_taxon_id": ID,
            "updated_at": INSTANT,
        },
        {"ancestry": ANCESTRY_SQL, "rank": "lower(rank)"},
        key="taxon_id",
    ),
    "observations": _table(
        "observations",
        {
            "observation_id": ID,
            "observation_uuid": UUID,
            "taxon_id": ID,
            "community_taxon_id": ID,
            "quality_grade": GRADE,
            "observer_id": ID,
            "observed_on": DAY,
            "created_at": INSTANT,
            "latitude": LATITUDE,
            "longitude": LONGITUDE,
            "positional_accuracy": DISTANCE,
            "is_obscured": TRUTH,
            "is_captive": TRUTH,
            "is_flagged": TRUTH,
            "fails_quality_metric": TRUTH,
            "identification_agreements": WHOLE,
            "identification_disagreements": WHOLE,
            "is_out_of_range": TRUTH,
            "updated_at": INSTANT,
        },
        {
            "observation_uuid": "CAST(observation_uuid AS VARCHAR)",
            "lists_photos": "true",
            "lists_identifications": "true",
        },
        key="observation_id",
    ),
    "photos": _table(
        "photos",
        {
            "observation_id": ID,
            "photo_id": ID,
            "position": WHOLE,
            "host": TEXT,
            "extension": EXTENSION,
            "license": LICENSE,
            "width": WHOLE,
            "height": WHOLE,
            "is_flagged": TRUTH,
            "is_hidden": TRUTH,
            "updated_at": INSTANT,
        },
        {},
        key="photo_id",
    ),
    "identifications": _table(
        "identifications",
        {
            "observation_id": ID,
            "identification_id": ID,
            "user_id": ID,
            "taxon_id": ID,
            "created_at": INSTANT,
            "is_current": TRUTH,
            "is_own_observation": TRUTH,
            "is_vision": TRUTH,
            "is_hidden": TRUTH,
            "is_disagreement": TRUTH,
            "previous_observation_taxon_id": ID,
            "category": TEXT,
            "is_taxon_change": TRUTH,
            "updated_at": INSTANT,
        },
        {},
        key="identification_id",
    ),
}


def _utc(column: str) -> str:
    """iNaturalist keeps times in UTC, without a zone."""
    return f"{column} AT TIME ZONE 'UTC'"


def _time(moment: datetime) -> str:
    """A moment as iNaturalist keeps it."""
    return f"TIMESTAMP '{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}'"


def _line(column: str) -> str:
    """Text without what would end a line or a column of what is copied out."""
    return f"nullif(regexp_replace({column}, '[[:cntrl:]]+', ' ', 'g'), '')"


#: All taxa at any time: a status or a name that was taken away leaves no trace but that it is missing.
TAXA = f"""
SELECT t.id AS taxon_id, nullif(t.ancestry, '') AS ancestry, {_line("t.name")} AS name,
    {_line("n.name")} AS common_name, {_line("t.rank")} AS rank, t.rank_level, t.is_active,
    s.taxon_id IS NOT NULL AS is_extinct, t.iconic_taxon_id, {_utc("t.updated_at")} AS updated_at
FROM taxa AS t
    LEFT JOIN (
        SELECT DISTINCT taxon_id FROM conservation_statuses WHERE iucn = {_EXTINCT} AND place_id IS NULL
    ) AS s ON s.taxon_id = t.id
    LEFT JOIN (
        SELECT DISTINCT ON (taxon_id) taxon_id, name FROM taxon_names
        WHERE lexicon = 'English' AND is_valid ORDER BY taxon_id, "position", id
    ) AS n ON n.taxon_id = t.id
"""


def observations(within: Within) -> str:
    """Return a statement that gives the observations whose ids are within."""
    return f"""
SELECT o.id AS observation_id, o.uuid AS observation_uuid, o.taxon_id, o.community_taxon_id, o.quality_grade,
    o.user_id AS observer_id, o.observed_on, {_utc("o.created_at")} AS created_at, o.latitude, o.longitude,
    o.public_positional_accuracy AS positional_accuracy,
    coalesce(o.geoprivacy, 'open') <> 'open' OR coalesce(o.taxon_geoprivacy, 'open') <> 'open' AS is_obscured,
    o.captive AS is_captive, f.flaggable_id IS NOT NULL AS is_flagged,
    q.observation_id IS NOT NULL AS fails_quality_metric,
    o.num_identification_agreements AS identification_agreements,
    o.num_identification_disagreements AS identification_disagreements,
    o.out_of_range AS is_out_of_range, {_utc("o.updated_at")} AS updated_at
FROM observations AS o
    LEFT JOIN ({_flagged("Observation")}) AS f ON f.flaggable_id = o.id
    LEFT JOIN (
        SELECT DISTINCT observation_id FROM (
            SELECT observation_id FROM quality_metrics
            WHERE metric <> 'wild' AND {within("observation_id")}
            GROUP BY observation_id, metric HAVING sum(CASE WHEN agree THEN 1 ELSE -1 END) < 0
        ) AS failing
    ) AS q ON q.observation_id = o.id
WHERE {within("o.id")}
"""


def photos(within: Within, prefixes: Mapping[int, str]) -> str:
    """Return a statement that gives the photos of the observations within, in the order that the API gives.

    ``prefixes``: file_prefixes by id. A file that iNaturalist does not keep itself lies elsewhere.
    """
    hosts = {number: photo_address(f"{prefix}/1/medium.jpg").host for number, prefix in prefixes.items()}
    known = " ".join(f"WHEN {number} THEN '{host}'" for number, host in hosts.items() if host != "elsewhere")
    licenses = " ".join(f"WHEN {number} THEN '{code}'" for number, code in _LICENSES.items())
    is_kept = "p.type = 'LocalPhoto' AND e.extension IS NOT NULL"
    host = f"CASE p.file_prefix_id {known} END" if known else "NULL"
    return f"""
SELECT DISTINCT ON (observation_id, photo_id) observation_id, photo_id, "position",
    coalesce(host, 'elsewhere') AS host, CASE WHEN host IS NOT NULL THEN extension END AS extension, license,
    width, height, is_flagged, is_hidden, updated_at
FROM (
    SELECT op.observation_id, op.photo_id, row_number() OVER (
            PARTITION BY op.observation_id ORDER BY coalesce(op."position", op.id), op.id
        ) - 1 AS "position",
        CASE WHEN {is_kept} THEN {host} END AS host, {_line("e.extension")} AS extension,
        CASE p.license {licenses} END AS license, p.width, p.height, f.flaggable_id IS NOT NULL AS is_flagged,
        coalesce(h.action = 'hide', false) AS is_hidden, {_utc("o.updated_at")} AS updated_at
    FROM observation_photos AS op
        JOIN observations AS o ON o.id = op.observation_id
        JOIN photos AS p ON p.id = op.photo_id
        LEFT JOIN file_extensions AS e ON e.id = p.file_extension_id
        LEFT JOIN ({_flagged("Photo")}) AS f ON f.flaggable_id = p.id
        LEFT JOIN ({_moderated("Photo")}) AS h ON h.resource_id = p.id
    WHERE {within("op.observation_id")}
) AS placed
ORDER BY observation_id, photo_id, "position"
"""


def identifications(within: Within) -> str:
    """Return a statement that gives the identifications of the observations within, current or not."""
    return f"""
SELECT i.observation_id, i.id AS identification_id, i.user_id, i.taxon_id,
    {_utc("i.created_at")} AS created_at, i.current AS is_current,
    i.user_id = o.user_id AS is_own_observation, v.owner_id IS NOT NULL AS is_vision,
    coalesce(h.action = 'hide', false) AS is_hidden,
    i.disagreement AS is_disagreement, i.previous_observation_taxon_id, {_line("i.category")} AS category,
    i.taxon_change_id IS NOT NULL AS is_taxon_change, {_utc("o.updated_at")} AS updated_at
FROM identifications AS i
    JOIN observations AS o ON o.id = i.observation_id
    LEFT JOIN preferences AS v ON v.owner_id = i.id AND {_VISION}
    LEFT JOIN ({_moderated("Identification")}) AS h ON h.resource_id = i.id
WHERE {within("i.observation_id")}
"""


def _flagged(what: str) -> str:
    """The ids of things of a type that have a flag which nobody resolved."""
    return f"SELECT DISTINCT flaggable_id FROM flags WHERE flaggable_type = '{what}' AND resolved = false"


def _moderated(what: str) -> str:
    """The newest action of a moderator on each thing of a type."""
    return (
        "SELECT DISTINCT ON (resource_id) resource_id, action FROM moderator_actions"
        f" WHERE resource_type = '{what}' ORDER BY resource_id, id DESC"
    )


def changed(since: datetime) -> str:
    """Return a statement that gives the ids of observations of which anything changed since a time."""
    after = f"updated_at >= {_time(since)}"
    of_photo = "JOIN observation_photos AS op ON op.photo_id ="
    of_identification = "JOIN identifications AS i ON i.id ="
    return f"""
SELECT id FROM observations WHERE {after}
UNION SELECT observation_id FROM identifications WHERE {after} AND observation_id IS NOT NULL
UNION SELECT observation_id FROM observation_photos WHERE {after}
UNION SELECT observation_id FROM quality_metrics WHERE {after} AND observation_id IS NOT NULL
UNION SELECT op.observation_id FROM photos AS p {of_photo} p.id WHERE p.{after}
UNION SELECT flaggable_id FROM flags WHERE flaggable_type = 'Observation' AND {after}
UNION SELECT op.observation_id FROM flags AS f {of_photo} f.flaggable_id
    WHERE f.flaggable_type = 'Photo' AND f.{after}
UNION SELECT op.observation_id FROM moderator_actions AS m {of_photo} m.resource_id
    WHERE m.resource_type = 'Photo' AND m.{after}
UNION SELECT i.observation_id FROM moderator_actions AS m {of_identification} m.resource_id
    WHERE m.resource_type = 'Identification' AND m.{after} AND i.observation_id IS NOT NULL
UNION SELECT i.observation_id FROM preferences AS v {of_identification} v.owner_id
    WHERE {_VISION} AND v.{after} AND i.observation_id IS NOT NULL
ORDER BY 1
"""


def deleted(since: datetime) -> str:
    """Return a statement that gives the observations deleted since a time: ids, and when."""
    return f"""
SELECT d.observation_id, max({_utc("d.created_at")}) FROM deleted_observations AS d
WHERE d.created_at >= {_time(since)} AND d.observation_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM observations AS o WHERE o.id = d.observation_id)
GROUP BY d.observation_id ORDER BY d.observation_id
"""


@dataclass(frozen=True)
class Slice:
    """Some observations by their ids: from one id to another, or those listed."""

    first: int = 0
    last: int = -1
    ids: tuple[int, ...] = ()

    def __call__(self, column: str) -> str:
        """Return a condition on a column."""
        if self.ids:
            return f"{column} = ANY ('{{{','.join(map(str, self.ids))}}}'::bigint[])"
        return f"{column} BETWEEN {self.first} AND {self.last}"


#: No observation at all: for trying a statement.
NOTHING = Slice()
