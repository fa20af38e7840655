"""Tables that come as tab-separated text: how their columns are checked, and which rows they make.

`exporter.sources.open_data` reads them.
"""

from collections.abc import Callable
from dataclasses import dataclass

from exporter.schema import MAX_ID
from exporter.sources import values as read
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
class TextColumn:
    """One column."""

    name: str
    type: ValueType
    is_required: bool = False


@dataclass(frozen=True)
class TextTable:
    """One table, and the lake's columns as expressions over its checked values."""

    columns: tuple[TextColumn, ...]
    #: The lake's table; None for one that is checked and counted, but not kept.
    table: str | None
    values: dict[str, str]
    #: The column that names a row in reports; None: a row is named by its line.
    named_by: str | None = None


def _escaped(pattern: str) -> str:
    """A regular expression as part of a condition, in which braces are places to fill."""
    return pattern.replace("{", "{{").replace("}", "}}")


# A cast alone is too lenient: DuckDB reads '1.5' as the whole number 2 and 'infinity' as a day.
_SAME_TEXT = "CAST({value} AS VARCHAR) = {text}"
ID = ValueType("BIGINT", f"{{value}} BETWEEN 0 AND {MAX_ID} AND {_SAME_TEXT}", read.identifier)
WHOLE = ValueType("INTEGER", f"{{value}} >= 0 AND {_SAME_TEXT}", read.count)
NUMBER = ValueType("DOUBLE", "isfinite({value})", read.number)
DISTANCE = ValueType("DOUBLE", "isfinite({value}) AND {value} >= 0", read.distance)
LATITUDE = ValueType("DOUBLE", "{value} BETWEEN -90 AND 90", read.latitude)
LONGITUDE = ValueType("DOUBLE", "{value} BETWEEN -180 AND 180", read.longitude)
DAY = ValueType("DATE", f"{{value}} BETWEEN DATE '{EARLIEST}' AND {{latest}} AND {_SAME_TEXT}", read.day)
INSTANT = ValueType(
    "TIMESTAMPTZ",
    f"{{value}} >= TIMESTAMPTZ '{EARLIEST} 00:00:00+00'"
    " AND {value} < TIMESTAMPTZ '1970-01-01 00:00:00+00' + to_days({latest} - DATE '1970-01-01' + 1)",
    read.instant,
)
UUID = ValueType("UUID", "CAST({value} AS VARCHAR) = lower({text})", read.uuid)
TRUTH = ValueType("BOOLEAN", "{value} IS NOT NULL", read.truth)
TEXT = ValueType("VARCHAR", f"{{value}} NOT IN {MISSING} AND trim({{value}}) <> ''", read.text)
GRADE = ValueType("VARCHAR", f"{{value}} IN {GRADES}", read.grade)
EXTENSION = ValueType(
    "VARCHAR",
    f"{{value}} IN ('jpg', 'jpeg', 'png') OR regexp_full_match({{value}}, '{_escaped(EXTENSION_PATTERN)}')"
    f" AND {{value}} NOT IN {MISSING}",
    read.extension,
)
LICENSE = ValueType(
    "VARCHAR",
    "{value} IN ('CC-BY-NC', 'CC-BY', 'CC0', 'CC-BY-NC-SA', 'CC-BY-NC-ND', 'CC-BY-SA', 'CC-BY-ND', 'PD')"
    f" OR regexp_full_match(lower({{value}}), '{_escaped(LICENSE_PATTERN)}') AND {{value}} NOT IN {MISSING}",
    read.licence,
)
ANCESTRY = ValueType(
    "VARCHAR",
    "regexp_full_match({value}, '[0-9]{{1,16}}(/[0-9]{{1,16}})*')"
    f" AND list_max(TRY_CAST(string_split({{value}}, '/') AS BIGINT[])) <= {MAX_ID}"
    " AND len(list_distinct(string_split({value}, '/'))) = len(string_split({value}, '/'))"
    " AND NOT list_contains(string_split({value}, '/'), CAST(taxon_id AS VARCHAR))",
    # `exporter.sources.open_data` judges it together with the taxon's own id.
    read.identifiers,
)
#: The lake's ancestry, in a table whose second column it is: empty it is a root's, but not where it could not
#: be read.
ANCESTRY_SQL = "CASE WHEN text_1 IS NULL AND left_out & 2 = 0 THEN '' ELSE ancestry END"
