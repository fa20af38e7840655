"""Where an observation was made, and how exactly that is known: only what is public is ever read."""

from collections.abc import Container

from exporter.sources.fields import Fields, Row
from exporter.sources.values import distance, latitude, longitude

#: What says that a place was moved for the public, in any kind of file.
OBSCURED = ("coordinates_obscured", "obscured")


def take_coordinates(observation: Row, fields: Fields, of_latitude: str, of_longitude: str) -> None:
    """Put latitude and longitude, given in two columns, into a row: both, or none if one cannot be read."""
    result: Row = {}
    before = len(fields.faults)
    fields.take(result, "latitude", (of_latitude,), latitude)
    fields.take(result, "longitude", (of_longitude,), longitude)
    if len(fields.faults) == before:
        observation.update(result)


def take_accuracy(observation: Row, columns: Container[str], fields: Fields) -> None:
    """Put the public accuracy, in metres, into an observation's row whose ``is_obscured`` is read already.

    ``columns`` are the record's. Older files have one accuracy alone. It is public unless the place was moved
    for the public, and left out where the file's word on that cannot be read.
    """
    is_moved = observation.get("is_obscured") or fields.is_bad(OBSCURED)
    is_public = "public_positional_accuracy" in columns or is_moved
    name = "public_positional_accuracy" if is_public else "positional_accuracy"
    fields.take(observation, "positional_accuracy", (name,), distance)
