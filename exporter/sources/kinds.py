"""Which kind of file something is, recognised by how it begins and never by its name."""

import csv
from collections.abc import Set as AbstractSet
from enum import StrEnum

from exporter.sources.json_shape import MOST_LEVELS, shape_of

#: Bytes from the start that are enough to recognise it.
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
    COMMON_NAMES = "common names"
    ARCHIVE = "Darwin Core archive"
    #: A table of it: no file, so never recognised.
    DATABASE = "iNaturalist's database"


#: The file of an unpacked Darwin Core archive that says what the others are.
META = "meta.xml"
_META_NAMESPACE = b"http://rs.tdwg.org/dwc/text/"

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
_COMMON_NAMES = {"id", "vernacularName", "language"}
_PARENT = {"parent_taxon_id", "parent_id", "ancestry"}

#: Fields of API v1 that only observations have.
_API_FIELDS = {
    "quality_grade", "observed_on", "observed_on_string", "identifications", "observation_photos", "photos",
    "quality_metrics", "community_taxon", "community_taxon_id", "species_guess", "out_of_range", "captive",
    "num_identification_agreements", "num_identification_disagreements", "obscured", "positional_accuracy",
    "public_positional_accuracy",
}  # fmt: skip
#: Fields of other things that have a taxon: identifications, counts, listed taxa.
_OTHER_FIELDS = {"observation", "category", "current", "own_observation", "count", "establishment_means"}
#: Fields of iNaturalist's older ``/observations.json``, which API v1 has elsewhere or not at all.
_RAILS_FIELDS = {"user_login", "iconic_taxon_name", "photos_count", "observation_photos_count", "latitude"}

RAILS_JSON = (
    "JSON of iNaturalist's older address /observations.json, which names fields otherwise and lists no "
    "identifications; load the same observations from https://api.inaturalist.org/v1/observations, or as CSV"
)

#: How the words about a file of none of the kinds begin.
UNKNOWN_KIND = "not a kind I know"

_KNOWN = (
    "known kinds are the open-data tables, API v1 observation JSON, iNaturalist's observation CSV exports, "
    "Darwin Core archives, taxonomy.csv of a vision export and iNaturalist's VernacularNames-*.csv"
)


_PART_OF_ARCHIVE = (
    "a table of a Darwin Core archive; load the archive whole: its zip, or its folder with meta.xml"
)


def recognise(head: bytes) -> Kind:
    """The kind of the file that begins with ``head``. ValueError, telling what it is instead, if unknown."""
    if head.startswith(b"PK\x03\x04") or is_meta(head):
        return Kind.ARCHIVE
    if not head.strip():
        raise ValueError(_unknown("an empty file"))
    if head.lstrip()[:1] in (b"{", b"["):
        return _json_kind(head)
    try:
        header = head.split(b"\n", 1)[0].decode()
    except UnicodeDecodeError:
        raise ValueError(_unknown("not text in UTF-8")) from None
    return _dump_kind(header) if "\t" in header else _csv_kind(header)


def is_meta(head: bytes) -> bool:
    """Return whether a file that begins so is the meta.xml of a Darwin Core archive."""
    return head.lstrip()[:1] == b"<" and _META_NAMESPACE in head


def _unknown(what: str) -> str:
    return f"{UNKNOWN_KIND}: {what}; {_KNOWN}"


def _unknown_columns(columns: list[str]) -> str:
    what = "a table of" if len(columns) > 1 else "text that begins with"
    return _unknown(f"{what} {', '.join(columns[:8])[:160]!r}")


def _dump_kind(header: str) -> Kind:
    columns = header.strip("\r").split("\t")
    if "occurrenceID" in columns:
        raise ValueError(_PART_OF_ARCHIVE)
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
    if "occurrenceID" in names:
        raise ValueError(_PART_OF_ARCHIVE)
    if names >= _COMMON_NAMES:
        return Kind.COMMON_NAMES
    if "identification_id" in names:
        raise ValueError(_unknown("a table of identifications; load the observations' API JSON instead"))
    is_of_observations = bool(names & {"quality_grade", "observed_on", "observation_uuid"})
    if names & {"taxon_id", "id"} and names & _PARENT and names & {"name", "rank"} and not is_of_observations:
        return Kind.TAXONOMY
    if names & _OBSERVATION_KEYS and names & _OBSERVED_TAXON and names & _OBSERVATION_FACTS:
        return Kind.OBSERVATION_CSV
    raise ValueError(_unknown_columns(columns))


def is_observation(fields: AbstractSet[str]) -> bool:
    """Return whether an object with these fields is an observation of API v1, or a part of one."""
    if "id" not in fields:
        return False
    return bool(fields & _API_FIELDS) or ("taxon" in fields and not fields & _OTHER_FIELDS)


def is_rails(fields: AbstractSet[str]) -> bool:
    """Return whether an object with these fields is an observation as ``/observations.json`` gives it."""
    return bool(fields & _RAILS_FIELDS) and "geojson" not in fields


def _json_kind(head: bytes) -> Kind:
    shape = shape_of(head)
    keys = shape.keys
    kind = {"page": Kind.API_PAGE, "list": Kind.API_LIST, "record": Kind.API_LINES}[shape.form]
    if shape.is_empty:
        return kind
    if {"observation", "taxon"} <= keys:
        raise ValueError(
            _unknown(
                "JSON of identifications, which does not list all those of an observation; "
                "load the observations' JSON instead"
            )
        )
    if {"count", "taxon"} <= keys:
        raise ValueError(_unknown("JSON of counts by taxon (species_counts or similar_species)"))
    if "id" in keys and is_rails(keys):
        raise ValueError(RAILS_JSON)
    if is_observation(keys):
        return kind
    if shape.is_too_deep:
        raise ValueError(_unknown(f"JSON nested deeper than {MOST_LEVELS} levels"))
    if keys:
        raise ValueError(_unknown(f"JSON with the fields {', '.join(sorted(keys)[:8])!r}"))
    raise ValueError(_unknown("JSON without a record that can be read"))
