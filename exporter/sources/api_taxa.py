"""A taxon as API v1 gives it, as a row of the lake.

A taxon comes with every observation and identification of it, and with those of all that descends from it:
some thirty come with one observation. What was read of one is kept for the next that looks the same.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache

import orjson

from exporter.sources.fields import BadValueError, Fields, Row
from exporter.sources.taxon_facts import ancestry_of
from exporter.sources.values import (
    JsonObject,
    identifier,
    identifiers,
    json_object,
    json_objects,
    number,
    rank,
    text,
    truth,
)

#: The lake's columns, with the API's fields and how they are read.
_COLUMNS = (
    ("taxon_id", "id", identifier),
    ("name", "name", text),
    ("common_name", "preferred_common_name", text),
    ("rank", "rank", rank),
    ("rank_level", "rank_level", number),
    ("is_active", "is_active", truth),
    ("is_extinct", "extinct", truth),
    ("iconic_taxon_id", "iconic_taxon_id", identifier),
)
_LINES = ("ancestry", "ancestor_ids")
#: All that is read of a taxon.
_FIELDS = (*(name for _, name, _ in _COLUMNS), *_LINES)
#: So many taxa are kept: some 30 MB.
_KEPT = 20_000


def described_taxa(record: JsonObject) -> Iterator[JsonObject]:
    """Every taxon that is described in an observation, with the ancestors described with it."""
    holders = [(record, ("taxon", "community_taxon"))]
    for identification in json_objects(record.get("identifications")):
        holders.append((identification, ("taxon", "previous_observation_taxon")))
    for holder, names in holders:
        for taxon in (json_object(holder.get(name)) for name in names):
            yield taxon
            yield from json_objects(taxon.get("ancestors"))


def taxon_row(taxon: JsonObject, updated_at: datetime | None, left_out: list[BadValueError]) -> Row | None:
    """Return a taxon's row, as of a time; None for a taxon of which nothing but the id is known."""
    given = {name: taxon[name] for name in _FIELDS if name in taxon}
    try:
        row, faults = _read_before(orjson.dumps(given))
    except TypeError:  # an id beyond 64 bits, or half of a character: JSON may have them, orjson does not
        row, faults = _read(given)
    left_out.extend(faults)
    return None if row is None else {"updated_at": updated_at, **row}


@lru_cache(_KEPT)
def _read_before(given: bytes) -> tuple[Row | None, list[BadValueError]]:
    return _read(orjson.loads(given))


def _read(given: JsonObject) -> tuple[Row | None, list[BadValueError]]:
    """The row but for its time, and what is left out."""
    fields = Fields(given, "taxon.")
    row: Row = {}
    for column, name, read in _COLUMNS:
        fields.take(row, column, (name,), read)
    taxon_id = row.get("taxon_id")
    if taxon_id is None or (row.get("name") is None and row.get("rank") is None):
        return None, fields.faults
    fields.take(row, "ancestry", _LINES, lambda value: ancestry_of(taxon_id, identifiers(value)))
    return row, fields.faults
