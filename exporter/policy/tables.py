"""The lake's four tables in memory, from what a simulated community said: rules run on them as on a lake."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from exporter.policy.world import Case
from exporter.schema import IDENTIFICATIONS, OBSERVATIONS, PHOTOS, TAXA, Table
from exporter.simulation.histories import Identification
from exporter.simulation.records import FIRST_ID, reach_verdicts
from exporter.simulation.tree import load_tree

#: Photos of an observation have ids of their own: so many for each.
_IDS_PER_OBSERVATION = 10
#: A later identification has a larger id: seconds, and a number of the observation.
_OBSERVATIONS_AT_MOST = 1 << 20

_EPOCH = date(1970, 1, 1)
_MICROSECONDS = 1_000_000


def open_tables(cases: Sequence[Case], threads: int = 1) -> duckdb.DuckDBPyConnection:
    """Return a connection with the tables taxa, observations, photos and identifications."""
    con = duckdb.connect(config={"threads": threads})
    con.execute("SET TimeZone = 'UTC'")
    rows = {
        TAXA.name: _taxa(),
        OBSERVATIONS.name: _observations(cases),
        PHOTOS.name: _photos(cases),
        IDENTIFICATIONS.name: _identifications(cases),
    }
    for name, table in rows.items():
        con.register("arrived", table)
        con.execute(f"CREATE TABLE {name} AS SELECT * FROM arrived")
        con.unregister("arrived")
    return con


@cache
def _taxa() -> pa.Table:
    taxa = list(load_tree().values())
    return _table(
        TAXA,
        {
            "taxon_id": [taxon.taxon_id for taxon in taxa],
            "ancestry": ["/".join(map(str, taxon.line[:-1])) for taxon in taxa],
            "name": [taxon.name for taxon in taxa],
            "common_name": [taxon.common_name or None for taxon in taxa],
            "rank": [taxon.rank for taxon in taxa],
            "rank_level": [taxon.rank_level for taxon in taxa],
            "is_active": [taxon.is_active for taxon in taxa],
            "is_extinct": [False] * len(taxa),
            "iconic_taxon_id": [taxon.iconic_taxon_id for taxon in taxa],
        },
    )


def _observations(cases: Sequence[Case]) -> pa.Table:
    rows = []
    for sighting, history in cases:
        verdicts = reach_verdicts(sighting, history)
        last = max([sighting.created_at, *(made.made_at for made in history.identifications)])
        has_place = sighting.has_place and not sighting.is_obscured
        rows.append(
            (
                FIRST_ID + sighting.index,
                verdicts.taxon_id,
                verdicts.community_taxon_id,
                verdicts.quality_grade,
                FIRST_ID + sighting.observer,
                _EPOCH + timedelta(seconds=sighting.observed_at) if sighting.has_date else None,
                sighting.created_at * _MICROSECONDS,
                sighting.latitude if has_place else None,
                sighting.longitude if has_place else None,
                sighting.is_captive,
                sighting.is_flagged,
                sighting.fails_metric,
                verdicts.agreements,
                verdicts.disagreements,
                last * _MICROSECONDS,
                _known_empty(verdicts.taxon_id, verdicts.community_taxon_id),
                True,
                True,
            )
        )
    names = (
        "observation_id",
        "taxon_id",
        "community_taxon_id",
        "quality_grade",
        "observer_id",
        "observed_on",
        "created_at",
        "latitude",
        "longitude",
        "is_captive",
        "is_flagged",
        "fails_quality_metric",
        "identification_agreements",
        "identification_disagreements",
        "updated_at",
        "known_empty",
        "lists_photos",
        "lists_identifications",
    )
    return _table(OBSERVATIONS, _columns(names, rows))


def _known_empty(taxon_id: int | None, community_taxon_id: int | None) -> int:
    bits = OBSERVATIONS.bits
    return (bits["taxon_id"] if taxon_id is None else 0) | (
        bits["community_taxon_id"] if community_taxon_id is None else 0
    )


def _photos(cases: Sequence[Case]) -> pa.Table:
    index = np.array([sighting.index for sighting, _ in cases], dtype=np.int64)
    number = np.array([sighting.photos for sighting, _ in cases], dtype=np.int64)
    of = np.repeat(index, number)
    position = np.arange(len(of)) - np.repeat(np.cumsum(number) - number, number)
    size = len(of)
    return _table(
        PHOTOS,
        {
            "observation_id": FIRST_ID + of,
            "photo_id": FIRST_ID + of * _IDS_PER_OBSERVATION + position,
            "position": position,
            "host": np.full(size, "open-data"),
            "extension": np.full(size, "jpg"),
            "license": np.full(size, "cc-by"),
            "is_flagged": np.zeros(size, dtype=np.bool_),
            "is_hidden": np.zeros(size, dtype=np.bool_),
        },
    )


def _identifications(cases: Sequence[Case]) -> pa.Table:
    rows = [
        (
            FIRST_ID + sighting.index,
            _identification_id(sighting.index, made),
            FIRST_ID + made.person,
            made.taxon_id,
            made.made_at * _MICROSECONDS,
            made.is_current,
            made.is_own,
            made.is_vision,
            made.is_hidden,
            made.is_disagreement,
            made.previous_taxon_id,
            False,
        )
        for sighting, history in cases
        for made in history.identifications
    ]
    names = (
        "observation_id",
        "identification_id",
        "user_id",
        "taxon_id",
        "created_at",
        "is_current",
        "is_own_observation",
        "is_vision",
        "is_hidden",
        "is_disagreement",
        "previous_observation_taxon_id",
        "is_taxon_change",
    )
    return _table(IDENTIFICATIONS, _columns(names, rows))


def _identification_id(index: int, made: Identification) -> int:
    return made.made_at * _OBSERVATIONS_AT_MOST + index


def _columns(names: Sequence[str], rows: Sequence[tuple[object, ...]]) -> dict[str, list[object]]:
    columns = zip(*rows, strict=True) if rows else ((),) * len(names)
    return dict(zip(names, map(list, columns), strict=True))


def _table(table: Table, columns: Mapping[str, Sequence[Any] | npt.NDArray[Any]]) -> pa.Table:
    """A table of the lake; columns that are not given are empty. Every row comes from the API."""
    size = len(next(iter(columns.values())))
    arrays = []
    for field in table.arrow:
        if field.name == "source":
            arrays.append(pa.array(["api"] * size, field.type))
        elif field.name in columns:
            values = columns[field.name]
            raw = pa.int64() if pa.types.is_timestamp(field.type) else field.type
            arrays.append(pa.array(values, raw).cast(field.type))
        else:
            arrays.append(pa.nulls(size, field.type))
    return pa.Table.from_arrays(arrays, schema=table.arrow)
