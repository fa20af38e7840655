"""The tables of iNaturalist's open-data dump: what their columns hold and which rows of the lake they make.

Columns are those listed in `Metadata/README.md` of inaturalist/inaturalist-open-data. A column that is
missing from a file counts as empty, one that is not named here is passed over.
"""

from collections.abc import Callable
from dataclasses import dataclass

from exporter.schema import MAX_ID, surrogate_id_sql
from exporter.sources import values as read
from exporter.sources.kinds import Kind
from exporter.sources.values import EARLIEST, EXTENSION_PATTERN, GRADES, LICENSE_PATTERN, MISSING


@dataclass(frozen=True)
class ValueType:
    """A type of value.

    ``condition`` holds for values that DuckDB reads right ({value} typed, {text} as written, {latest} the
    last day that can be true); ``read`` judges all others.
    """

    sql_type: str
    condition: str
    read: Callable[[object], object]


@dataclass(frozen=True)
class DumpColumn:
    """One column of a dump's table."""

    name: str
    type: ValueType
    is_required: bool = False


@dataclass(frozen=True)
class DumpTable:
    """One table of the dump, and the lake's columns as expressions over its checked values."""

    columns: tuple[DumpColumn, ...]
    #: The lake's table; None for one that is checked and counted, but not kept.
    table: str | None
    values: dict[str, str]


def _escaped(pattern: str) -> str:
    """A regular expression as part of a condition, in which braces are places to fill."""
    return pattern.replace("{", "{{").replace("}", "}}")


# A cast alone is too lenient: DuckDB reads '1.5' as the whole number 2 and 'infinity' as a day.
_SAME_TEXT = "CAST({value} AS VARCHAR) = {text}"
_ID = ValueType("BIGINT", f"{{value}} BETWEEN 0 AND {MAX_ID} AND {_SAME_TEXT}", read.identifier)
_WHOLE = ValueType("INTEGER", f"{{value}} >= 0 AND {_SAME_TEXT}", read.count)
_NUMBER = ValueType("DOUBLE", "isfinite({value})", read.number)
_DISTANCE = ValueType("DOUBLE", "isfinite({value}) AND {value} >= 0", read.distance)
_LATITUDE = ValueType("DOUBLE", "{value} BETWEEN -90 AND 90", read.latitude)
_LONGITUDE = ValueType("DOUBLE", "{value} BETWEEN -180 AND 180", read.longitude)
_DAY = ValueType("DATE", f"{{value}} BETWEEN DATE '{EARLIEST}' AND {{latest}} AND {_SAME_TEXT}", read.day)
_UUID = ValueType("UUID", "CAST({value} AS VARCHAR) = lower({text})", read.uuid)
_TRUTH = ValueType("BOOLEAN", "{value} IS NOT NULL", read.truth)
_TEXT = ValueType("VARCHAR", f"{{value}} NOT IN {MISSING} AND trim({{value}}) <> ''", read.text)
_GRADE = ValueType("VARCHAR", f"{{value}} IN {GRADES}", read.grade)
_EXTENSION = ValueType(
    "VARCHAR",
    f"{{value}} IN ('jpg', 'jpeg', 'png') OR regexp_full_match({{value}}, '{_escaped(EXTENSION_PATTERN)}')"
    f" AND {{value}} NOT IN {MISSING}",
    read.extension,
)
_LICENSE = ValueType(
    "VARCHAR",
    "{value} IN ('CC-BY-NC', 'CC-BY', 'CC0', 'CC-BY-NC-SA', 'CC-BY-NC-ND', 'CC-BY-SA', 'CC-BY-ND', 'PD')"
    f" OR regexp_full_match(lower({{value}}), '{_escaped(LICENSE_PATTERN)}') AND {{value}} NOT IN {MISSING}",
    read.licence,
)
_ANCESTRY = ValueType(
    "VARCHAR",
    "regexp_full_match({value}, '[0-9]{{1,16}}(/[0-9]{{1,16}})*')"
    f" AND list_max(TRY_CAST(string_split({{value}}, '/') AS BIGINT[])) <= {MAX_ID}"
    " AND len(list_distinct(string_split({value}, '/'))) = len(string_split({value}, '/'))"
    " AND NOT list_contains(string_split({value}, '/'), CAST(taxon_id AS VARCHAR))",
    # `exporter.sources.open_data` judges it together with the taxon's own id.
    read.identifiers,
)

_OBSERVATION_UUID = DumpColumn("observation_uuid", _UUID, is_required=True)
_OBSERVATION_ID = surrogate_id_sql("CAST(observation_uuid AS VARCHAR)")

DUMP_TABLES = {
    Kind.DUMP_TAXA: DumpTable(
        (
            DumpColumn("taxon_id", _ID, is_required=True),
            DumpColumn("ancestry", _ANCESTRY),
            DumpColumn("rank_level", _NUMBER),
            DumpColumn("rank", _TEXT),
            DumpColumn("name", _TEXT),
            DumpColumn("active", _TRUTH),
        ),
        "taxa",
        {
            "taxon_id": "taxon_id",
            # Empty it is a root's, but not where it could not be read.
            "ancestry": "CASE WHEN text_1 IS NULL AND left_out & 2 = 0 THEN '' ELSE ancestry END",
            "name": "name",
            "rank": "lower(rank)",
            "rank_level": "rank_level",
            "is_active": "active",
        },
    ),
    Kind.DUMP_OBSERVATIONS: DumpTable(
        (
            _OBSERVATION_UUID,
            DumpColumn("observer_id", _ID),
            DumpColumn("latitude", _LATITUDE),
            DumpColumn("longitude", _LONGITUDE),
            DumpColumn("positional_accuracy", _DISTANCE),
            DumpColumn("taxon_id", _ID),
            DumpColumn("quality_grade", _GRADE),
            DumpColumn("observed_on", _DAY),
            DumpColumn("anomaly_score", _NUMBER),
        ),
        "observations",
        {
            "observation_id": _OBSERVATION_ID,
            "observation_uuid": "CAST(observation_uuid AS VARCHAR)",
            "taxon_id": "taxon_id",
            "quality_grade": "quality_grade",
            "observer_id": "observer_id",
            "observed_on": "observed_on",
            "latitude": "latitude",
            "longitude": "longitude",
            "positional_accuracy": "positional_accuracy",
            "anomaly_score": "anomaly_score",
        },
    ),
    Kind.DUMP_PHOTOS: DumpTable(
        (
            DumpColumn("photo_id", _ID, is_required=True),
            _OBSERVATION_UUID,
            DumpColumn("extension", _EXTENSION),
            DumpColumn("license", _LICENSE),
            DumpColumn("width", _WHOLE),
            DumpColumn("height", _WHOLE),
            DumpColumn("position", _WHOLE),
        ),
        "photos",
        {
            "observation_id": _OBSERVATION_ID,
            "photo_id": "photo_id",
            # The dump counts from 0, as the lake does: of 32 observations in a real sample 26 have a photo 0,
            # and those that have a photo 1 or 2 alone lack the earlier ones for their licences.
            "position": '"position"',
            # Without an extension there is no address.
            "host": "CASE WHEN extension IS NOT NULL THEN 'open-data' END",
            "extension": "extension",
            "license": "lower(license)",
            "width": "width",
            "height": "height",
        },
    ),
    # Names of people are not kept.
    Kind.DUMP_OBSERVERS: DumpTable((DumpColumn("observer_id", _ID, is_required=True),), None, {}),
}
