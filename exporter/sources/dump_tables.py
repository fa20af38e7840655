"""The tables of iNaturalist's open-data dump: what their columns hold and which rows of the lake they make.

Columns are those told in `Metadata/README.md` of inaturalist/inaturalist-open-data. A column that is missing
from a file counts as empty, one that is not named here is passed over.
"""

from dataclasses import dataclass

from exporter.schema import surrogate_id_sql
from exporter.sources.kinds import Kind
from exporter.sources.values import GRADES


@dataclass(frozen=True)
class ValueType:
    """A type of value: its DuckDB type, what must hold of it ({value} typed, {text} as read), its name."""

    sql_type: str
    condition: str
    name: str


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


# A cast alone is too lenient: DuckDB reads '1.5' as the whole number 2 and 'infinity' as a day.
_SAME_TEXT = "CAST({value} AS VARCHAR) = {text}"
_ID = ValueType("BIGINT", f"{{value}} >= 0 AND {_SAME_TEXT}", "an id")
_WHOLE = ValueType("INTEGER", f"{{value}} >= 0 AND {_SAME_TEXT}", "a whole number from 0 on")
_NUMBER = ValueType("DOUBLE", "isfinite({value})", "a number")
_LATITUDE = ValueType("DOUBLE", "{value} BETWEEN -90 AND 90", "a latitude")
_LONGITUDE = ValueType("DOUBLE", "{value} BETWEEN -180 AND 180", "a longitude")
_DAY = ValueType("DATE", f"isfinite({{value}}) AND {_SAME_TEXT}", "a day (YYYY-MM-DD)")
_UUID = ValueType("UUID", "CAST({value} AS VARCHAR) = lower({text})", "a UUID")
_TRUTH = ValueType("BOOLEAN", "{value} IS NOT NULL", "true or false")
_TEXT = ValueType("VARCHAR", "true", "text")
_GRADE = ValueType("VARCHAR", f"{{value}} IN {GRADES}", f"one of {', '.join(GRADES)}")
_ANCESTRY = ValueType("VARCHAR", "regexp_full_match({value}, '[0-9]+(/[0-9]+)*')", "ids separated by '/'")

_OBSERVATION_UUID = DumpColumn("observation_uuid", _UUID, is_required=True)
_OBSERVATION_ID = surrogate_id_sql("CAST(observation_uuid AS VARCHAR)")

DUMP_TABLES = {
    Kind.DUMP_TAXA: DumpTable(
        (
            DumpColumn("taxon_id", _ID, is_required=True),
            DumpColumn("ancestry", _ANCESTRY),
            DumpColumn("rank_level", _NUMBER),
            DumpColumn("rank", _TEXT),
            DumpColumn("name", _TEXT, is_required=True),
            DumpColumn("active", _TRUTH),
        ),
        "taxa",
        {
            "taxon_id": "taxon_id",
            "ancestry": "coalesce(ancestry, '')",
            "name": "name",
            "rank": "rank",
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
            DumpColumn("positional_accuracy", _NUMBER),
            DumpColumn("taxon_id", _ID),
            DumpColumn("quality_grade", _GRADE, is_required=True),
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
            DumpColumn("extension", _TEXT),
            DumpColumn("license", _TEXT),
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
            "host": "'open-data'",
            "extension": "extension",
            "license": "lower(license)",
            "width": "width",
            "height": "height",
        },
    ),
    # Names of people are not kept.
    Kind.DUMP_OBSERVERS: DumpTable((DumpColumn("observer_id", _ID, is_required=True),), None, {}),
}
