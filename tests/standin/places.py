"""Places of the stand-in: rectangles with iNaturalist's names, in the form that ``/places`` gives."""

from typing import Any

Json = dict[str, Any]


def _place(number: int, name: str, display_name: str, corners: tuple[float, float, float, float]) -> Json:
    return {"id": number, "name": name, "display_name": display_name, "corners": corners}


#: By id. The corners are south, west, north, east.
PLACES: dict[int, Json] = {
    each["id"]: each
    for each in (
        _place(97391, "Europe", "Europe", (35.0, -25.0, 72.0, 45.0)),
        _place(97394, "North America", "North America", (7.0, -170.0, 84.0, -52.0)),
        _place(97393, "Oceania", "Oceania", (-50.0, 110.0, 0.0, 180.0)),
        _place(14, "California", "California, US", (32.5, -124.5, 42.0, -114.0)),
    )
}


def in_place(record: Json, place_ids: frozenset[int]) -> bool:
    """Whether an observation's public coordinates lie in one of these places."""
    if not record.get("location"):
        return False
    latitude, longitude = map(float, record["location"].split(","))
    for south, west, north, east in (PLACES[each]["corners"] for each in place_ids if each in PLACES):
        if south <= latitude <= north and west <= longitude <= east:
            return True
    return False
