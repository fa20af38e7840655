"""Observations from Darwin Core archives: iNaturalist's own, and GBIF's downloads of its records.

An archive holds openly licensed observations of research grade, and of them no identifications and no more
photos than those with an open licence: all counts are lower bounds. Of other publishers' records, which a
download of GBIF may hold too, none is taken.

- The observation's id is the number at the end of ``occurrenceID``, or ``catalogNumber``.
- iNaturalist's ``taxonID`` is its taxon's id. GBIF's keys are not; there the names identify the taxon
  (`exporter.lineages`).
"""

import json
import re

import pyarrow as pa

from exporter.lineages import Name, lineage_of, provisional_id
from exporter.schema import TIMESTAMP
from exporter.sources.archives import MULTIMEDIA, OCCURRENCE, Archive, Record, rows_of
from exporter.sources.batches import Batches
from exporter.sources.fields import Fields, Row
from exporter.sources.files import FileReport
from exporter.sources.filling import filled_table
from exporter.sources.photo_urls import photo_address
from exporter.sources.places import take_coordinates
from exporter.sources.taxon_facts import HIGHER_RANKS, RANK_LEVELS
from exporter.sources.values import (
    day,
    distance,
    identifier,
    instant,
    licence,
    rank,
    text,
)
from exporter.staging import Staging

SOURCE = "archive"

#: iNaturalist's dataset on GBIF, which holds observations of research grade alone.
_DATASET_KEY = "50c9509d-22c7-4a22-a47d-8c48425ef4a7"
_DATASET_NAME = "inaturalist research-grade observations"
_OBSERVATION = re.compile(r"https?://(?:www\.)?[a-z.]*inaturalist[a-z.]*/observations/([0-9]{1,18})/?")
_TAXON = re.compile(r"(?:https?://(?:www\.)?inaturalist\.org/taxa/)?([0-9]{1,18})")
_LICENCE = re.compile(r"creativecommons\.org/(?:licenses/([a-z-]+)|publicdomain/(zero))/")
#: Names of rank columns in GBIF's tables, for the taxon's own name by its rank.
_OWN_NAME = (*HIGHER_RANKS, "species")
_BELOW_SPECIES = ("genus", "specificEpithet", "infraspecificEpithet")
_IDS = pa.schema([("core_id", pa.string()), ("observation_id", pa.int64()), ("updated_at", TIMESTAMP)])
_PHOTOS = pa.schema(
    [
        ("core_id", pa.string()),
        ("photo_id", pa.int64()),
        ("host", pa.string()),
        ("extension", pa.string()),
        ("license", pa.string()),
    ]
)
_PHOTOS_OF_OBSERVATIONS = """
SELECT observation_id, photo_id, host, extension, license, updated_at
FROM archive_photos JOIN archive_ids USING (core_id)
"""


def read(archive: Archive, staging: Staging, report: FileReport) -> None:
    """Stage the observations, taxa and photos of an archive. ValueError if it is none of occurrences."""
    if archive.core.row_type != OCCURRENCE:
        raise ValueError(f"an archive of {archive.core.row_type!r}; only occurrences can be loaded")
    with filled_table(staging, "archive_ids", _IDS) as ids, Batches(staging, SOURCE, report) as batches:
        is_gbif = "gbifID" in archive.core.columns.values()
        for place, core_id, record in rows_of(archive, archive.core, report):
            fields = Fields(record)
            try:
                observation = _observation_row(record, fields)
            except ValueError as fault:
                report.refuse(place, str(fault))
                continue
            taxon = _taxon_row(record, fields, is_gbif)
            if taxon is not None:
                observation["taxon_id"] = taxon["taxon_id"]
                batches.add_taxon(taxon)
            batches.add("observations", observation, staging.begin_record())
            ids.add({"core_id": core_id, **{name: observation.get(name) for name in _IDS.names[1:]}})
            for left_out in fields.faults:
                report.leave_out(place, left_out)
    _read_photos(archive, staging, report)


def _read_photos(archive: Archive, staging: Staging, report: FileReport) -> None:
    """Stage the photos of the observations in ``archive_ids``; media that are none are passed over."""
    with filled_table(staging, "archive_photos", _PHOTOS) as photos:
        for table in archive.extensions:
            if table.row_type == MULTIMEDIA:
                # Rows of the extension are no records of their own.
                within = FileReport(report.path)
                for _, core_id, record in rows_of(archive, table, within):
                    if photo := _photo_row(record):
                        photos.add({"core_id": core_id, **photo})
                for refusal in within.refusals:
                    report.refuse(refusal.place, refusal.why)
    number = staging.copy("photos", SOURCE, _PHOTOS_OF_OBSERVATIONS)
    if number:
        report.count_rows("photos", number)
    for name in ("archive_ids", "archive_photos"):
        staging.con.execute(f"DROP TABLE {name}")


def _observation_row(record: Record, fields: Fields) -> Row:
    """The row of an observation. ValueError if it is none of iNaturalist's, or has no id."""
    row: Row = {"observation_id": _observation_id(record)}
    fields.take(row, "observed_on", ("eventDate",), day)
    fields.take(row, "updated_at", ("modified", "dateIdentified"), instant)
    take_coordinates(row, fields, "decimalLatitude", "decimalLongitude")
    fields.take(row, "positional_accuracy", ("coordinateUncertaintyInMeters",), distance)
    if "informationWithheld" in record:
        row["is_obscured"] = True
    fields.take(row, "is_captive", ("captive",), _captive)
    if record.get("datasetKey") == _DATASET_KEY or record.get("datasetName", "").lower() == _DATASET_NAME:
        row["quality_grade"] = "research"
    return row


def _observation_id(record: Record) -> int:
    match = next(
        (
            result
            for name in ("occurrenceID", "references")
            if (result := _OBSERVATION.fullmatch(record.get(name, "")))
        ),
        None,
    )
    if match is not None:
        return identifier(match[1])
    if record.get("institutionCode") == "iNaturalist" or record.get("datasetKey") == _DATASET_KEY:
        return identifier(record.get("catalogNumber", ""))
    raise ValueError("not an observation of iNaturalist")


def _captive(value: object) -> bool:
    known = {"wild": False, "cultivated": True, "captive": True}.get(str(value).lower())
    if known is None:
        raise ValueError("neither wild nor cultivated")
    return known


def _taxon_row(record: Record, fields: Fields, is_gbif: bool) -> Row | None:
    """What a record says of its taxon; None if it has neither an id nor a name."""
    row: Row = {}
    fields.take(row, "rank", ("taxonRank",), rank)
    fields.take(row, "name", ("scientificName",), text)
    if is_gbif:
        row["name"] = _own_name(record, row.get("rank"))
    names = {name: record[name] for name in HIGHER_RANKS if name in record}
    if row.get("name") and row.get("rank") == "species":
        names["species"] = row["name"]
    lineage = lineage_of(names, None)
    taxon_id = None if is_gbif else fields.get(("taxonID",), _taxon_id)
    if taxon_id is None and row.get("name"):
        kingdom = record.get("kingdom", "")
        taxon_id = provisional_id(Name(kingdom, row.get("rank") or "", row["name"]))
        # A lineage is what a provisional taxon is placed by: its own name at least.
        lineage = lineage or json.dumps({row.get("rank") or "species": row["name"]}, ensure_ascii=False)
    if taxon_id is None:
        return None
    level = RANK_LEVELS.get(row.get("rank") or "")
    return {**row, "taxon_id": taxon_id, "rank_level": level, "lineage": lineage}


def _own_name(record: Record, rank_name: str | None) -> str | None:
    """The name of GBIF's taxon without its author, as its rank's column has it; None where none does."""
    if rank_name in _OWN_NAME:
        return record.get(rank_name)
    below = [record[name] for name in _BELOW_SPECIES if name in record]
    return " ".join(below) if len(below) == len(_BELOW_SPECIES) else None


def _taxon_id(value: object) -> int:
    match = _TAXON.fullmatch(str(value))
    if match is None:
        raise ValueError("not a taxon's id")
    return identifier(match[1])


def _photo_row(record: Record) -> Row | None:
    """A photo of iNaturalist's, or None for what is none: sounds, and photos on other hosts."""
    address = photo_address(record.get("identifier", ""))
    if address.photo_id is None:
        return None
    photo: Row = {"photo_id": address.photo_id, "host": address.host, "extension": address.extension}
    Fields(record).take(photo, "license", ("license",), _licence)
    return photo


def _licence(value: object) -> str:
    """Read a licence: the address of a deed, GBIF's CC_BY_NC_4_0, or a code."""
    written = str(value)
    if match := _LICENCE.search(written):
        return "cc0" if match[2] else f"cc-{match[1]}"
    code = re.sub("-[0-9]+(-[0-9]+)?$", "", written.lower().replace("_", "-"))
    return "cc0" if code in ("cc0", "cc0-1") else licence(code)
