"""Which kind of file something is, told by how it begins and never by its name."""

import csv
import io
from dataclasses import dataclass, field
from enum import StrEnum

import ijson

#: Bytes from the start that are enough to tell.
HEAD_BYTES = 1 << 20


class Kind(StrEnum):
    """The kinds of file that can be loaded."""

    DUMP_TAXA = "open-data taxa"
    DUMP_OBSERVATIONS = "open-data observations"
    DUMP_PHOTOS = "open-data photos"
    DUMP_OBSERVERS = "open-data observers"
    API_PAGE = "API observations (page)"
    API_LIST = "API observations (list)"
    API_LINES = "API observations (NDJSON)"
    OBSERVATION_CSV = "observation CSV export"
    TAXONOMY = "taxonomy"


#: The columns that make a tab-separated table one of the open-data dump's.
_DUMP_COLUMNS = {
    Kind.DUMP_OBSERVATIONS: {"observation_uuid", "taxon_id", "quality_grade"},
    Kind.DUMP_PHOTOS: {"photo_id", "observation_uuid"},
    Kind.DUMP_TAXA: {"taxon_id", "ancestry", "name"},
    Kind.DUMP_OBSERVERS: {"observer_id", "login"},
}

_OBSERVATION_KEYS = {"id", "observation_id", "observation_uuid", "uuid"}
_OBSERVED_TAXON = {"taxon_id", "taxon.id", "scientific_name", "taxon_name", "taxon.name"}
_OBSERVATION_FACTS = {"observed_on", "quality_grade", "photo_id", "image_url"}
_PARENT = {"parent_taxon_id", "parent_id", "ancestry"}

_API_OBSERVATION_FIELDS = {"quality_grade", "observed_on", "identifications", "observation_photos", "photos"}

_KNOWN = (
    "known kinds are the open-data tables, API v1 observation JSON, iNaturalist's observation CSV exports "
    "and taxonomy.csv of a vision export"
)


def recognise(head: bytes) -> Kind:
    """The kind of the file that begins with ``head``. ValueError, telling what it is instead, if unknown."""
    if head.startswith(b"PK\x03\x04"):
        raise ValueError("a zip archive; unpack it and load what is in it")
    if not head.strip():
        raise ValueError(_unknown("an empty file"))
    if head.lstrip()[:1] in (b"{", b"["):
        return _json_kind(head)
    try:
        header = head.split(b"\n", 1)[0].decode()
    except UnicodeDecodeError:
        raise ValueError(_unknown("not text in UTF-8")) from None
    return _dump_kind(header) if "\t" in header else _csv_kind(header)


def _unknown(what: str) -> str:
    return f"not a kind I know: {what}; {_KNOWN}"


def _unknown_columns(columns: list[str]) -> str:
    what = "a table of" if len(columns) > 1 else "text that begins with"
    return _unknown(f"{what} {', '.join(columns[:8])[:160]!r}")


def _dump_kind(header: str) -> Kind:
    columns = header.strip("\r").split("\t")
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice:
        raise ValueError(_unknown(f"a table with more than one column {twice[0]!r}"))
    for kind, needed in _DUMP_COLUMNS.items():
        if needed <= set(columns):
            return kind
    raise ValueError(_unknown_columns(columns))


def _csv_kind(header: str) -> Kind:
    try:
        columns = next(csv.reader([header], strict=True), [])
    except csv.Error as error:
        raise ValueError(_unknown(f"text whose first line is not CSV ({error})")) from None
    names = {column.strip() for column in columns}
    if "identification_id" in names:
        raise ValueError(_unknown("a table of identifications; load the observations' API JSON instead"))
    is_of_observations = bool(names & {"quality_grade", "observed_on", "observation_uuid"})
    if names & {"taxon_id", "id"} and names & _PARENT and names & {"name", "rank"} and not is_of_observations:
        return Kind.TAXONOMY
    if names & _OBSERVATION_KEYS and names & _OBSERVED_TAXON and names & _OBSERVATION_FACTS:
        return Kind.OBSERVATION_CSV
    raise ValueError(_unknown_columns(columns))


@dataclass
class _JsonShape:
    """How a JSON text begins: as a list, a page or lines, and with which keys in its first record."""

    kind: Kind = Kind.API_LINES
    keys: set[str] = field(default_factory=set)
    is_empty: bool = False

    @property
    def prefix(self) -> str:
        return {Kind.API_PAGE: "results.item", Kind.API_LIST: "item"}.get(self.kind, "")


def _json_kind(head: bytes) -> Kind:
    shape = _json_shape(head)
    if shape.is_empty or ("id" in shape.keys and shape.keys & _API_OBSERVATION_FIELDS):
        return shape.kind
    if {"observation", "taxon"} <= shape.keys:
        raise ValueError(
            _unknown(
                "JSON of identifications, which does not list all those of an observation; "
                "load the observations' JSON instead"
            )
        )
    if {"count", "taxon"} <= shape.keys:
        raise ValueError(_unknown("JSON of counts by taxon (species_counts or similar_species)"))
    if shape.keys:
        raise ValueError(_unknown(f"JSON with the fields {', '.join(sorted(shape.keys)[:8])!r}"))
    raise ValueError(_unknown("JSON without a record that can be read"))


def _json_shape(head: bytes) -> _JsonShape:
    shape = _JsonShape()
    try:
        for prefix, event, value in ijson.parse(io.BytesIO(head)):
            if prefix == "" and event == "start_array":
                shape.kind = Kind.API_LIST
            elif prefix == "" and event == "map_key" and value == "results":
                shape.kind = Kind.API_PAGE
                shape.keys.clear()
            elif event == "map_key" and prefix == shape.prefix:
                shape.keys.add(value)
            elif event == "end_map" and prefix == shape.prefix:
                break
            elif event == "end_array" and prefix in ("", "results"):
                shape.is_empty = True
                break
    except ijson.JSONError:
        pass  # The head ends where it ends; a fault in it is told when the file is read.
    return shape
