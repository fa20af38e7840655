"""An observation as API v1 gives it, as rows of the lake.

Fields are those of `GET /v1/observations`. A field that is missing is unknown, one that is null is empty:
whoever asks the API for some fields only gets records without the others. A value that cannot be read is
left out; of the fields only an id is indispensable. True coordinates (`private_*`) are never read.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from exporter.sources.api_taxa import described_taxa, taxon_row
from exporter.sources.fields import BadValueError, Fields, Row
from exporter.sources.kinds import RAILS_JSON, is_rails
from exporter.sources.photo_urls import photo_address
from exporter.sources.places import take_accuracy
from exporter.sources.values import (
    JsonObject,
    count,
    day,
    grade,
    identifier,
    instant,
    json_object,
    json_objects,
    licence,
    place,
    point,
    text,
    truth,
    uuid,
)

#: The lake's columns, with the API's fields and how they are read.
_Columns = tuple[tuple[str, str, Callable[[object], object]], ...]

_OBSERVATION: _Columns = (
    ("observation_uuid", "uuid", uuid),
    ("quality_grade", "quality_grade", grade),
    ("observed_on", "observed_on", day),
    ("created_at", "created_at", instant),
    ("is_obscured", "obscured", truth),
    ("is_captive", "captive", truth),
    ("is_out_of_range", "out_of_range", truth),
    ("identification_agreements", "num_identification_agreements", count),
    ("identification_disagreements", "num_identification_disagreements", count),
    ("updated_at", "updated_at", instant),
)
_OBSERVATION_IDS = (
    ("taxon_id", "taxon"),
    ("community_taxon_id", "community_taxon"),
    ("observer_id", "user"),
)
_IDENTIFICATION: _Columns = (
    ("created_at", "created_at", instant),
    ("is_current", "current", truth),
    ("is_own_observation", "own_observation", truth),
    ("is_vision", "vision", truth),
    ("is_hidden", "hidden", truth),
    ("is_disagreement", "disagreement", truth),
    ("category", "category", text),
)
_IDENTIFICATION_IDS = (
    ("user_id", "user"),
    ("taxon_id", "taxon"),
    ("previous_observation_taxon_id", "previous_observation_taxon"),
)


@dataclass
class ObservationRows:
    """The rows of one observation, and what of it could not be stored."""

    observation: Row = field(default_factory=dict)
    photos: list[Row] = field(default_factory=list)
    identifications: list[Row] = field(default_factory=list)
    taxa: list[Row] = field(default_factory=list)
    #: Photos and identifications that are not loaded, for they have no id that can be used: why, and what
    #: that is counted under.
    refused: list[tuple[str, str]] = field(default_factory=list)
    #: Values that are not loaded.
    left_out: list[BadValueError] = field(default_factory=list)


def observation_rows(record: JsonObject) -> ObservationRows:
    """Return the rows of one observation. ValueError if it has no id, or is no observation of API v1."""
    if is_rails(record.keys()):
        raise ValueError(RAILS_JSON)
    observation_id = Fields(record).require(("id",), identifier)
    if observation_id is None:
        raise ValueError("not an observation: no whole number in its 'id'")
    rows = ObservationRows()
    rows.observation = _observation_row(observation_id, record, rows.left_out)
    _read_photos(record, rows)
    _read_identifications(record, rows)
    updated_at = rows.observation.get("updated_at")
    taxa = (taxon_row(taxon, updated_at, rows.left_out) for taxon in described_taxa(record))
    rows.taxa = [row for row in taxa if row]
    return rows


def emptied_row(observation_id: int, observation_uuid: str | None, updated_at: datetime | None) -> Row:
    """Return the row of an observation that is gone on iNaturalist: nothing is left but its id."""
    record = dict.fromkeys(
        (
            "taxon", "community_taxon", "user", "quality_grade", "observed_on", "created_at", "location",
            "positional_accuracy", "obscured", "captive", "num_identification_agreements",
            "num_identification_disagreements", "out_of_range", "flags", "quality_metrics",
        )
    )  # fmt: skip
    return {
        **_observation_row(observation_id, record, []),
        "observation_uuid": observation_uuid,
        "updated_at": updated_at,
        "lists_photos": True,
        "lists_identifications": True,
    }


def _observation_row(observation_id: int, record: JsonObject, left_out: list[BadValueError]) -> Row:
    fields = Fields(record)
    row: Row = {"observation_id": observation_id}
    for column, name in _OBSERVATION_IDS:
        _take_id(row, column, name, record, left_out)
    _take_all(row, _OBSERVATION, fields)
    _take_place(row, record, left_out)
    take_accuracy(row, record, fields)
    _take_votes(row, "is_flagged", "flags", fields, _has_unresolved)
    _take_votes(row, "fails_quality_metric", "quality_metrics", fields, _fails_a_metric)
    left_out.extend(fields.faults)
    return row


def _take_all(row: Row, columns: _Columns, fields: Fields) -> None:
    for column, name, read in columns:
        fields.take(row, column, (name,), read)


def _take_id(
    row: Row, column: str, name: str, record: JsonObject, left_out: list[BadValueError], prefix: str = ""
) -> None:
    """The id of a thing that is given as ``<name>_id``, as an object under ``name``, or both."""
    fields = Fields(record, prefix)
    fields.take(row, column, (f"{name}_id",), identifier)
    left_out.extend(fields.faults)
    if row.get(column) is None and not fields.faults and name in record:
        if record[name] is None:
            row[column] = None
        elif isinstance(record[name], dict):
            inner = Fields(record[name], f"{prefix}{name}.")
            inner.take(row, column, ("id",), identifier)
            left_out.extend(inner.faults)
        else:
            row.pop(column, None)
            left_out.append(BadValueError(f"{prefix}{name}", record[name], "not an object"))


def _take_place(row: Row, record: JsonObject, left_out: list[BadValueError]) -> None:
    """Latitude and longitude: of `geojson`, which has them turned round, or else of `location`."""
    result: Row = {}
    fields = Fields(record)
    shape = record.get("geojson")
    if isinstance(shape, dict):
        inner = Fields(shape, "geojson.")
        inner.take(result, "place", ("coordinates",), point)
        left_out.extend(inner.faults)
    elif shape is not None:
        left_out.append(BadValueError("geojson", shape, "not an object"))
    if result.get("place") is None and "location" in record:
        result.pop("place", None)
        fields.take(result, "place", ("location",), place)
        left_out.extend(fields.faults)
    elif "place" not in result and "geojson" in record and shape is None:
        result["place"] = None
    if "place" in result:
        row["latitude"], row["longitude"] = result["place"] or (None, None)


def _take_votes(
    row: Row, column: str, name: str, fields: Fields, judge: Callable[[list[JsonObject]], bool]
) -> None:
    """What a list of flags or votes comes to; nothing where there is no such list."""
    fields.take(row, column, (name,), lambda value: judge(_listed(value)))


def _listed(value: object) -> list[JsonObject]:
    if not isinstance(value, list):
        raise ValueError("not a list")
    return json_objects(value)


def _has_unresolved(flags: list[JsonObject]) -> bool:
    return any(flag.get("resolved") is False for flag in flags)


def _fails_a_metric(votes: list[JsonObject]) -> bool:
    """Whether more people say that a metric fails than that it holds; 'wild' only makes it captive."""
    balance: Counter[str] = Counter()
    for vote in votes:
        balance[str(vote.get("metric"))] += 1 if vote.get("agree") else -1
    return any(total < 0 for metric, total in balance.items() if metric != "wild")


def _child_id(what: str, at: int, record: JsonObject, rows: ObservationRows) -> int | None:
    """The id of a photo or identification; None where it cannot be loaded for want of one."""
    try:
        result = Fields(record).require(("id",), identifier)
    except BadValueError as fault:
        rows.refused.append((f"{what} {at + 1}: {fault}", f"{what}: {fault.reason}"))
        return None
    if result is None:
        rows.refused.append((f"{what} {at + 1} has no whole number in its 'id'", f"{what} without an id"))
    return result


def _read_photos(record: JsonObject, rows: ObservationRows) -> None:
    fields = Fields(record)
    listed = _photos_in_order(fields)
    rows.left_out.extend(fields.faults)
    if listed is None:
        return
    rows.observation["lists_photos"] = True
    result: dict[int, Row] = {}
    for at, (position, photo) in enumerate(listed):
        photo_id = _child_id("photo", at, photo, rows)
        if photo_id is not None and photo_id not in result:
            result[photo_id] = {
                "observation_id": rows.observation["observation_id"],
                "photo_id": photo_id,
                "position": at if position is None else position,
                "updated_at": rows.observation.get("updated_at"),
                **_photo_facts(photo, rows.left_out),
            }
    rows.photos = list(result.values())


def _photos_in_order(fields: Fields) -> list[tuple[int | None, JsonObject]] | None:
    """The photos with their places; None where a record does not mention photos, or not as a list."""
    lists: Row = {}
    fields.take(lists, "photos", ("photos",), _listed)
    fields.take(lists, "placed", ("observation_photos",), _listed)
    if not lists:
        return None
    if not lists.get("placed"):
        return [(None, photo) for photo in lists.get("photos") or []]
    result = []
    for each in lists["placed"]:
        placed = Fields(each, "observation_photo.")
        result.append((placed.get(("position",), count), json_object(each.get("photo"))))
        fields.faults += placed.faults
    return result


def _photo_facts(photo: JsonObject, left_out: list[BadValueError]) -> Row:
    row: Row = {}
    fields = Fields(photo, "photo.")
    address: Row = {}
    fields.take(address, "url", ("url",), photo_address)
    if address.get("url") is not None:
        row["host"], row["extension"] = address["url"].host, address["url"].extension
    fields.take(row, "license", ("license_code",), licence)
    dimensions = photo.get("original_dimensions")
    if isinstance(dimensions, dict):
        inner = Fields(dimensions, "photo.original_dimensions.")
        inner.take(row, "width", ("width",), count)
        inner.take(row, "height", ("height",), count)
        left_out.extend(inner.faults)
    _take_votes(row, "is_flagged", "flags", fields, _has_unresolved)
    fields.take(row, "is_hidden", ("hidden",), truth)
    left_out.extend(fields.faults)
    return row


def _read_identifications(record: JsonObject, rows: ObservationRows) -> None:
    lists: Row = {}
    fields = Fields(record)
    fields.take(lists, "identifications", ("identifications",), _listed)
    rows.left_out.extend(fields.faults)
    if "identifications" not in lists:
        return
    rows.observation["lists_identifications"] = True
    result: dict[int, Row] = {}
    for at, identification in enumerate(lists["identifications"] or []):
        number = _child_id("identification", at, identification, rows)
        if number is not None:
            result[number] = _identification_row(rows, number, identification)
    rows.identifications = list(result.values())


def _identification_row(rows: ObservationRows, number: int, record: JsonObject) -> Row:
    observation = rows.observation
    row: Row = {
        "observation_id": observation["observation_id"],
        "identification_id": number,
        "updated_at": observation.get("updated_at"),
    }
    prefix = "identification."
    for column, name in _IDENTIFICATION_IDS:
        _take_id(row, column, name, record, rows.left_out, prefix)
    fields = Fields(record, prefix)
    _take_all(row, _IDENTIFICATION, fields)
    rows.left_out.extend(fields.faults)
    user_id, observer_id = row.get("user_id"), observation.get("observer_id")
    if row.get("is_own_observation") is None and user_id is not None and observer_id is not None:
        row["is_own_observation"] = user_id == observer_id
    if "taxon_change" in record or "taxon_change_id" in record:
        row["is_taxon_change"] = bool(record.get("taxon_change") or record.get("taxon_change_id"))
    return row
