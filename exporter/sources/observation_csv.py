"""iNaturalist's CSV exports of observations, and tables made from them.

Their columns vary with what was ticked on the export page, and programs that flatten API answers (pandas, R)
name them otherwise: what is there is taken. True coordinates (`private_latitude`...) are never read. The
`license` is the observation's, not the photo's, so it is not read, but for joins of open-data tables: there
only photos have one.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from exporter.lineages import lineage_of
from exporter.schema import surrogate_id
from exporter.sources.batches import Batches
from exporter.sources.csv_lines import CsvRow, csv_rows
from exporter.sources.fields import BadValueError, Fields, Row
from exporter.sources.files import ByteStream, FileReport
from exporter.sources.photo_urls import PhotoAddress, photo_address
from exporter.sources.places import OBSCURED, take_accuracy, take_coordinates
from exporter.sources.taxon_facts import HIGHER_RANKS, ICONIC_TAXON_IDS, RANK_LEVELS, ancestry_of
from exporter.sources.values import (
    count,
    day,
    extension,
    grade,
    identifier,
    identifiers,
    instant,
    licence,
    number,
    place,
    point,
    rank,
    text,
    truth,
    uuid,
)
from exporter.staging import Staging

Names = tuple[str, ...]

_ID: Names = ("observation_id", "id")
_UUID: Names = ("observation_uuid", "uuid")

#: For each of the lake's columns: the columns it may be called, the first that is there, and how it is read.
_OBSERVATION: dict[str, tuple[Names, Callable[[object], Any]]] = {
    "observation_uuid": (_UUID, uuid),
    "taxon_id": (("taxon_id", "taxon.id"), identifier),
    "community_taxon_id": (("community_taxon_id", "community_taxon.id"), identifier),
    "quality_grade": (("quality_grade",), grade),
    "observer_id": (("user_id", "user.id", "observer_id"), identifier),
    "observed_on": (("observed_on",), day),
    "created_at": (("created_at",), instant),
    "is_obscured": (OBSCURED, truth),
    "is_captive": (("captive_cultivated", "captive"), truth),
    "identification_agreements": (("num_identification_agreements",), count),
    "identification_disagreements": (("num_identification_disagreements",), count),
    "is_out_of_range": (("out_of_range",), truth),
    "updated_at": (("updated_at",), instant),
}
_PLACES: tuple[tuple[str, Callable[[object], tuple[float, float]]], ...] = (
    ("location", place),
    ("geojson.coordinates", point),
)
_TAXON: dict[str, tuple[Names, Callable[[object], Any]]] = {
    "name": (("scientific_name", "taxon.name", "taxon_name"), text),
    "common_name": (("common_name", "taxon.preferred_common_name"), text),
    "rank": (("taxon_rank", "taxon.rank"), rank),
    "rank_level": (("taxon.rank_level",), number),
    "is_active": (("taxon.is_active",), truth),
    "is_extinct": (("taxon.extinct",), truth),
    "iconic_taxon_id": (("taxon.iconic_taxon_id",), identifier),
}
_ANCESTRIES: Names = ("ancestry", "taxon.ancestry", "taxon.ancestor_ids", "taxon_ancestor_ids")
_ICONIC: Names = ("iconic_taxon_name", "taxon.iconic_taxon_name")

#: How programs name the first photo of a flattened list.
_PHOTO_PREFIXES: Names = ("photo.", "photo_", "photos[0].", "photos.0.", "photos_0_")
_PHOTO_URLS: Names = ("image_url", *(f"{prefix}url" for prefix in _PHOTO_PREFIXES))
_PHOTO_IDS: Names = tuple(f"{prefix}id" for prefix in _PHOTO_PREFIXES)
_PHOTO_LICENSES: Names = tuple(
    f"{prefix}{name}" for prefix in _PHOTO_PREFIXES for name in ("license_code", "license")
)

#: Columns with the name of the ancestor (or the taxon itself) at a rank. Other programs name some plainly.
_RANK_COLUMNS = {f"taxon_{rank}_name": rank for rank in RANK_LEVELS}


def read(stream: ByteStream, staging: Staging, report: FileReport) -> None:
    """Stage the observations of a file, with the photo and the taxon that a row has."""
    with Batches(staging, "csv", report) as batches:
        for where, row in csv_rows(stream, report):
            fields = Fields(row)
            try:
                observation = _observation_row(row, fields)
            except BadValueError as fault:
                report.refuse(where, fault)
                continue
            except ValueError as fault:
                report.refuse(where, str(fault))
                continue
            record_number = staging.begin_record()
            batches.add("observations", observation, record_number)
            photo = _photo_row(observation, row, fields)
            if photo:
                batches.add("photos", photo, record_number)
            if "taxon_id" in observation:
                batches.add_taxon(_taxon_row(observation["taxon_id"], row, fields))
            for left_out in fields.faults:
                report.leave_out(where, left_out)


def _observation_row(row: CsvRow, fields: Fields) -> Row:
    observation: Row = {}
    observation_id = fields.require(_ID, identifier)
    for column, (names, read_value) in _OBSERVATION.items():
        fields.take(observation, column, names, read_value)
    if observation_id is None:
        # Of a row without an id the UUID is the id, so a bad one costs the row.
        observation_uuid = fields.require(_UUID, uuid)
        if observation_uuid is None:
            raise ValueError("neither an observation's id nor its UUID")
        observation_id = surrogate_id(observation_uuid)
    observation["observation_id"] = observation_id
    _take_place(observation, row, fields)
    take_accuracy(observation, row, fields)
    return observation


def _take_place(observation: Row, row: CsvRow, fields: Fields) -> None:
    """Latitude and longitude, both or none if one cannot be read."""
    if "latitude" in row or "longitude" in row:
        take_coordinates(observation, fields, "latitude", "longitude")
        return
    for name, read_value in _PLACES:
        found_place = fields.get((name,), read_value)
        if found_place is not None:
            observation["latitude"], observation["longitude"] = found_place
            return


def _photo_row(observation: Row, row: CsvRow, fields: Fields) -> Row | None:
    """The photo that a row shows, or that a join of open-data tables names; None where none is named."""
    address: PhotoAddress | None = fields.get(_PHOTO_URLS, photo_address)
    photo_id = address.photo_id if address and address.photo_id is not None else None
    if photo_id is None:
        photo_id = fields.get(_PHOTO_IDS, identifier)
    if photo_id is None:
        return None
    photo: Row = {
        "observation_id": observation["observation_id"],
        "photo_id": photo_id,
        "updated_at": observation.get("updated_at"),
    }
    licenses = _PHOTO_LICENSES
    if address is not None:
        photo["host"], photo["extension"] = address.host, address.extension
    elif "extension" in row and "observation_uuid" in row:
        # Only the open data have columns of these names, and all their photos lie in their bucket.
        fields.take(photo, "extension", ("extension",), extension)
        if "extension" in photo:
            photo["host"] = "open-data"
        licenses = (*licenses, "license")
    fields.take(photo, "license", licenses, licence)
    return photo


def _taxon_row(taxon_id: int, row: CsvRow, fields: Fields) -> Row:
    """What the row says of its taxon. It has no date, so it never replaces what a taxonomy says."""
    taxon: Row = {"taxon_id": taxon_id}
    for column, (names, read_value) in _TAXON.items():
        fields.take(taxon, column, names, read_value)
    fields.take(taxon, "ancestry", _ANCESTRIES, lambda value: ancestry_of(taxon_id, identifiers(value)))
    rank_name = taxon.get("rank") or _rank_by_name(taxon.get("name"), row)
    if rank_name:
        taxon["rank"] = rank_name
        taxon.setdefault("rank_level", RANK_LEVELS.get(rank_name))
    iconic = next((row[name] for name in _ICONIC if row.get(name) in ICONIC_TAXON_IDS), None)
    if iconic is not None:
        taxon.setdefault("iconic_taxon_id", ICONIC_TAXON_IDS[iconic])
    taxon["lineage"] = lineage_of(_names(row), iconic)
    return taxon


def _names(row: CsvRow) -> dict[str, str]:
    """The names that a row gives of its taxon and of its ancestors, by rank; what is no name is left out."""
    columns = {column: rank for column, rank in _RANK_COLUMNS.items() if column in row}
    columns |= {rank: rank for rank in HIGHER_RANKS if rank in row and rank not in columns.values()}
    names = {}
    for column, at_rank in columns.items():
        with suppress(ValueError):
            names[at_rank] = text(row[column])
    return names


def _rank_by_name(name: str | None, row: CsvRow) -> str | None:
    """The rank whose column alone has the taxon's own name.

    That of the genus does not decide: a subgenus or section may have its name (`exporter.lineages`).
    """
    ranks = [rank for column, rank in _RANK_COLUMNS.items() if column in row and row[column] == name]
    return ranks[0] if len(ranks) == 1 and ranks[0] != "genus" else None
