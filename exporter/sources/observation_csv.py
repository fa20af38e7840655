"""iNaturalist's CSV exports of observations, and tables made from them.

Their columns vary with what was ticked on the export page, and programs that flatten API answers name them
otherwise: what is there is taken. True coordinates (`private_latitude`...) are never read. The `license` is
the observation's, not the photo's, so it is not read either.
"""

from collections.abc import Callable
from typing import Any

from exporter.schema import surrogate_id
from exporter.sources.batches import Batches, Row
from exporter.sources.csv_lines import CsvRow, csv_rows, csv_value
from exporter.sources.files import ByteStream, FileReport
from exporter.sources.taxon_facts import ICONIC_TAXON_IDS, RANK_LEVELS
from exporter.sources.values import (
    day,
    grade,
    identifier,
    instant,
    latitude,
    longitude,
    number,
    photo_address,
    small_number,
    truth,
    uuid,
)
from exporter.staging import Staging

Reader = Callable[[str], Any]

#: For each of the lake's columns: the columns it may be called, first found first taken, and how it is read.
_OBSERVATION: dict[str, tuple[tuple[str, ...], Reader]] = {
    "observation_id": (("observation_id", "id"), identifier),
    "observation_uuid": (("observation_uuid", "uuid"), uuid),
    "taxon_id": (("taxon_id", "taxon.id"), identifier),
    "quality_grade": (("quality_grade",), grade),
    "observer_id": (("user_id", "user.id", "observer_id"), identifier),
    "observed_on": (("observed_on",), day),
    "created_at": (("created_at",), instant),
    "latitude": (("latitude",), latitude),
    "longitude": (("longitude",), longitude),
    "positional_accuracy": (("public_positional_accuracy", "positional_accuracy"), number),
    "is_obscured": (("coordinates_obscured", "obscured"), truth),
    "is_captive": (("captive_cultivated", "captive"), truth),
    "identification_agreements": (("num_identification_agreements",), small_number),
    "identification_disagreements": (("num_identification_disagreements",), small_number),
    "is_out_of_range": (("out_of_range",), truth),
    "updated_at": (("updated_at",), instant),
}
_TAXON_NAMES = ("scientific_name", "taxon.name", "taxon_name")
_TAXON_RANKS = ("taxon_rank", "taxon.rank")

#: `taxon_<rank>_name` columns. That of the genus tells no rank: a subgenus or section may have its name.
_RANK_COLUMNS = {f"taxon_{rank}_name": rank for rank in RANK_LEVELS if rank != "genus"}


def read(stream: ByteStream, staging: Staging, report: FileReport) -> None:
    """Stage the observations of a file, with the photo and the taxon that a row tells of."""
    with Batches(staging, "csv", report) as batches:
        for place, row in csv_rows(stream, report):
            try:
                observation = _observation_row(row)
                photo = _photo_row(observation, row)
            except ValueError as fault:
                report.refuse(place, str(fault))
                continue
            batches.add("observations", observation)
            if photo:
                batches.add("photos", photo)
            if "taxon_id" in observation:
                batches.add_taxon(_taxon_row(observation["taxon_id"], row))


def _observation_row(row: CsvRow) -> Row:
    observation: Row = {}
    for column, (names, read_value) in _OBSERVATION.items():
        for name in names:
            if name in row:
                observation[column] = csv_value(row, name, read_value)
                break
    if "observation_id" not in observation:
        if "observation_uuid" not in observation:
            raise ValueError("neither an observation's id nor its UUID")
        observation["observation_id"] = surrogate_id(observation["observation_uuid"])
    return observation


def _photo_row(observation: Row, row: CsvRow) -> Row | None:
    """The photo that `image_url` shows, or that a join of open-data tables names; None where none is told."""
    photo: Row = {
        "observation_id": observation["observation_id"],
        "updated_at": observation.get("updated_at"),
    }
    address = photo_address(row.get("image_url", ""))
    if address:
        photo["photo_id"], photo["host"], photo["extension"] = address
    elif "photo_id" in row:
        photo["photo_id"], photo["extension"] = csv_value(row, "photo_id", identifier), row.get("extension")
        # Columns of these names come from the open-data tables, whose photos all lie in its bucket.
        photo["host"] = "open-data" if "extension" in row and "observation_uuid" in row else None
    else:
        return None
    return photo


def _taxon_row(taxon_id: int, row: CsvRow) -> Row:
    """What the row tells of its taxon. It is not dated, so it never stands against a real taxonomy."""
    name = _first(row, _TAXON_NAMES)
    rank = _first(row, _TAXON_RANKS) or _rank_by_name(name, row)
    return {
        "taxon_id": taxon_id,
        "ancestry": row.get("ancestry"),
        "name": name,
        "common_name": row.get("common_name"),
        "rank": rank,
        "rank_level": RANK_LEVELS.get(rank) if rank else None,
        "iconic_taxon_id": ICONIC_TAXON_IDS.get(row.get("iconic_taxon_name", "")),
    }


def _rank_by_name(name: str | None, row: CsvRow) -> str | None:
    """The rank in whose column alone the taxon's own name stands."""
    ranks = [rank for column, rank in _RANK_COLUMNS.items() if column in row and row[column] == name]
    return ranks[0] if len(ranks) == 1 else None


def _first(row: CsvRow, names: tuple[str, ...]) -> str | None:
    return next((row[name] for name in names if name in row), None)
