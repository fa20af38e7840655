"""An observation as API v1 gives it, as rows of the lake.

Fields are those of `GET /v1/observations`. One that is missing, null or of another type counts as not told:
of the fields only an id is indispensable. True coordinates (`private_*`) are never read.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from exporter.sources.batches import Row
from exporter.sources.taxon_facts import ancestry_text, rooted
from exporter.sources.values import (
    GRADES,
    JsonObject,
    json_bool,
    json_day,
    json_instant,
    json_int,
    json_int32,
    json_number,
    json_object,
    json_objects,
    json_text,
    json_uuid,
    photo_address,
)

_ANCESTRY = re.compile(r"[0-9]{1,18}(/[0-9]{1,18})*")


@dataclass(frozen=True)
class ObservationRows:
    """The rows of one observation, and what of it could not be stored."""

    observation: Row
    photos: list[Row]
    identifications: list[Row]
    taxa: list[Row]
    faults: list[str]


def observation_rows(record: JsonObject) -> ObservationRows:
    """The rows of one observation. ValueError if it has no id."""
    observation_id = json_int(record.get("id"))
    if observation_id is None or observation_id < 0:
        raise ValueError("not an observation: no whole number in its 'id'")
    observation = _observation_row(observation_id, record)
    updated_at = observation["updated_at"]
    faults: list[str] = []
    photos = _photo_rows(observation_id, record, updated_at, faults)
    identifications = _identification_rows(observation, record, faults)
    taxa = [taxon_row(taxon, updated_at) for taxon in _taxa(record)]
    return ObservationRows(observation, photos, identifications, [row for row in taxa if row], faults)


def _observation_row(observation_id: int, record: JsonObject) -> Row:
    latitude, longitude = _public_place(record)
    quality_grade = record.get("quality_grade")
    return {
        "observation_id": observation_id,
        "observation_uuid": json_uuid(record.get("uuid")),
        "taxon_id": _id_of(record, "taxon"),
        "community_taxon_id": _id_of(record, "community_taxon"),
        "quality_grade": quality_grade if quality_grade in GRADES else None,
        "observer_id": _id_of(record, "user"),
        "observed_on": json_day(record.get("observed_on")),
        "created_at": json_instant(record.get("created_at")),
        "latitude": latitude,
        "longitude": longitude,
        "positional_accuracy": _public_accuracy(record),
        "is_obscured": json_bool(record.get("obscured")),
        "is_captive": json_bool(record.get("captive")),
        "is_flagged": _is_flagged(record),
        "fails_quality_metric": _fails_quality_metric(record),
        "identification_agreements": json_int32(record.get("num_identification_agreements")),
        "identification_disagreements": json_int32(record.get("num_identification_disagreements")),
        "is_out_of_range": json_bool(record.get("out_of_range")),
        "updated_at": json_instant(record.get("updated_at")),
    }


def _id_of(record: JsonObject, name: str) -> int | None:
    """The id of a thing that is given as ``<name>_id``, as an object under ``name``, or both."""
    told = json_int(record.get(f"{name}_id"))
    return json_int(json_object(record.get(name)).get("id")) if told is None else told


def _public_place(record: JsonObject) -> tuple[float | None, float | None]:
    """Latitude and longitude: of `geojson`, which has them turned round, or else of `location`."""
    coordinates = json_object(record.get("geojson")).get("coordinates")
    location = record.get("location")
    place = location.split(",") if isinstance(location, str) else location
    if isinstance(coordinates, list):
        place = coordinates[::-1]
    if not isinstance(place, list) or len(place) != 2:
        return None, None
    latitude, longitude = json_number(place[0]), json_number(place[1])
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return None, None
    return latitude, longitude


def _public_accuracy(record: JsonObject) -> float | None:
    """The public accuracy; older answers tell only one, which is public unless the place was moved."""
    if "public_positional_accuracy" in record or record.get("obscured"):
        return json_number(record.get("public_positional_accuracy"))
    return json_number(record.get("positional_accuracy"))


def _is_flagged(record: JsonObject) -> bool | None:
    if not isinstance(record.get("flags"), list):
        return None
    return any(flag.get("resolved") is False for flag in json_objects(record["flags"]))


def _fails_quality_metric(record: JsonObject) -> bool | None:
    """Whether more people say that a metric fails than that it holds; 'wild' only makes it captive."""
    if not isinstance(record.get("quality_metrics"), list):
        return None
    balance: Counter[str] = Counter()
    for vote in json_objects(record["quality_metrics"]):
        balance[str(vote.get("metric"))] += 1 if vote.get("agree") else -1
    return any(votes < 0 for metric, votes in balance.items() if metric != "wild")


def _photo_rows(
    observation_id: int, record: JsonObject, updated_at: datetime | None, faults: list[str]
) -> list[Row]:
    rows: dict[int, Row] = {}
    for place, (position, photo) in enumerate(_photos_in_order(record)):
        photo_id = json_int(photo.get("id"))
        if photo_id is None:
            faults.append(f"photo {place + 1} has no whole number in its 'id'")
        elif photo_id not in rows:
            rows[photo_id] = {
                "observation_id": observation_id,
                "photo_id": photo_id,
                "position": place if position is None else position,
                "updated_at": updated_at,
                **_photo_facts(photo),
            }
    return list(rows.values())


def _photos_in_order(record: JsonObject) -> Iterator[tuple[int | None, JsonObject]]:
    listed = json_objects(record.get("observation_photos"))
    if listed:
        for each in listed:
            yield json_int32(each.get("position")), json_object(each.get("photo"))
    else:
        for photo in json_objects(record.get("photos")):
            yield None, photo


def _photo_facts(photo: JsonObject) -> Row:
    url = json_text(photo.get("url"))
    address = photo_address(url) if url else None
    license_code = json_text(photo.get("license_code"))
    dimensions = json_object(photo.get("original_dimensions"))
    return {
        "host": address and address[1],
        "extension": address and address[2],
        "license": license_code and license_code.lower(),
        "width": json_int32(dimensions.get("width")),
        "height": json_int32(dimensions.get("height")),
        "is_flagged": _is_flagged(photo),
        "is_hidden": json_bool(photo.get("hidden")),
    }


def _identification_rows(observation: Row, record: JsonObject, faults: list[str]) -> list[Row]:
    rows: dict[int, Row] = {}
    for place, identification in enumerate(json_objects(record.get("identifications"))):
        identification_id = json_int(identification.get("id"))
        if identification_id is None:
            faults.append(f"identification {place + 1} has no whole number in its 'id'")
        else:
            rows[identification_id] = _identification_row(observation, identification_id, identification)
    return list(rows.values())


def _identification_row(observation: Row, identification_id: int, record: JsonObject) -> Row:
    user_id = _id_of(record, "user")
    is_own = json_bool(record.get("own_observation"))
    if is_own is None and user_id is not None and observation["observer_id"] is not None:
        is_own = user_id == observation["observer_id"]
    return {
        "observation_id": observation["observation_id"],
        "identification_id": identification_id,
        "user_id": user_id,
        "taxon_id": _id_of(record, "taxon"),
        "created_at": json_instant(record.get("created_at")),
        "is_current": json_bool(record.get("current")),
        "is_own_observation": is_own,
        "is_vision": json_bool(record.get("vision")),
        "is_hidden": json_bool(record.get("hidden")),
        "is_disagreement": json_bool(record.get("disagreement")),
        "previous_observation_taxon_id": _id_of(record, "previous_observation_taxon"),
        "category": json_text(record.get("category")),
        "is_taxon_change": bool(record.get("taxon_change") or record.get("taxon_change_id")),
        "updated_at": observation["updated_at"],
    }


def _taxa(record: JsonObject) -> Iterator[JsonObject]:
    """Every taxon that an observation tells of, with the ancestors told with it."""
    holders = [(record, ("taxon", "community_taxon"))]
    for identification in json_objects(record.get("identifications")):
        holders.append((identification, ("taxon", "previous_observation_taxon")))
    for holder, names in holders:
        for taxon in (json_object(holder.get(name)) for name in names):
            yield taxon
            yield from json_objects(taxon.get("ancestors"))


def taxon_row(taxon: JsonObject, updated_at: datetime | None) -> Row | None:
    """A taxon's row, as told at a time; None for a taxon of which nothing but the id is told."""
    taxon_id, name, rank = (
        json_int(taxon.get("id")),
        json_text(taxon.get("name")),
        json_text(taxon.get("rank")),
    )
    if taxon_id is None or (name is None and rank is None):
        return None
    return {
        "taxon_id": taxon_id,
        "ancestry": _ancestry(taxon_id, taxon),
        "name": name,
        "common_name": json_text(taxon.get("preferred_common_name")),
        "rank": rank,
        "rank_level": json_number(taxon.get("rank_level")),
        "is_active": json_bool(taxon.get("is_active")),
        "is_extinct": json_bool(taxon.get("extinct")),
        "iconic_taxon_id": json_int(taxon.get("iconic_taxon_id")),
        "updated_at": updated_at,
    }


def _ancestry(taxon_id: int, taxon: JsonObject) -> str | None:
    """From `ancestry`, or else from `ancestor_ids`, whose last is the taxon itself in most answers."""
    ancestry = taxon.get("ancestry")
    if isinstance(ancestry, str) and _ANCESTRY.fullmatch(ancestry):
        return rooted(ancestry)
    told = taxon.get("ancestor_ids")
    if not isinstance(told, list) or not told or not all(type(each) is int for each in told):
        return None
    return ancestry_text([each for each in told if each != taxon_id])
