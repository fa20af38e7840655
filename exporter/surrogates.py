"""Observations of which only the UUID is known, and how they find their id.

The open-data dump names observations by UUID alone; they get a surrogate id below zero, made from the
UUID. As soon as another source has both, the surrogate's rows belong to the observation with that id.
"""

from exporter.schema import TABLES, read_sql, surrogate_id_sql
from exporter.staging import Staging

_TABLES = ("observations", "photos")


def join_known_observations(staging: Staging, lake: dict[str, dict[int, list[str]]]) -> None:
    """Give staged rows the ids that are known for their UUIDs, and stage lake rows that can move to theirs.

    ``lake`` holds the lake's files by table and bucket. Leaves the temporary table ``moved`` with the
    surrogate ids whose rows must leave the lake.
    """
    con = staging.con
    con.execute(f"CREATE OR REPLACE TEMP TABLE staged_ids AS {_ids_sql(staging.read_sql('observations'))}")
    if any(_has_surrogates(staging, name) for name in _TABLES):
        lake_ids = _ids_sql(_lake_sql("observations", lake, surrogates=False))
        con.execute(f"CREATE OR REPLACE TEMP TABLE known AS FROM staged_ids UNION {lake_ids}")
        is_any_known = con.execute("FROM known LIMIT 1").fetchone() is not None
        for name in _TABLES if is_any_known else ():
            _rename_staged(staging, name)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE moved AS SELECT surrogate, staged_ids.observation_id"
        f" FROM ({_lake_sql('observations', lake, surrogates=True)}) AS lake"
        " JOIN staged_ids ON surrogate = lake.observation_id"
    )
    for name in _TABLES:
        _restage_moved(staging, name, lake)


def _has_surrogates(staging: Staging, name: str) -> bool:
    staged = staging.read_sql(name)
    return (
        staging.con.execute(f"SELECT 1 FROM ({staged}) WHERE observation_id < 0 LIMIT 1").fetchone()
        is not None
    )


def _ids_sql(observations: str) -> str:
    return (
        f"SELECT DISTINCT {surrogate_id_sql('observation_uuid')} AS surrogate, observation_id"
        f" FROM ({observations}) WHERE observation_id >= 0 AND observation_uuid IS NOT NULL"
    )


def _lake_sql(name: str, lake: dict[str, dict[int, list[str]]], *, surrogates: bool) -> str:
    paths = [path for bucket, files in lake[name].items() if (bucket < 0) == surrogates for path in files]
    return read_sql(TABLES[name], paths)


def _rename_staged(staging: Staging, name: str) -> None:
    for source in staging.sources(name):
        staging.replace(
            name,
            source,
            "SELECT s.* REPLACE (coalesce(known.observation_id, s.observation_id) AS observation_id)"
            " FROM ({staged}) AS s LEFT JOIN known ON known.surrogate = s.observation_id",
        )


def _restage_moved(staging: Staging, name: str, lake: dict[str, dict[int, list[str]]]) -> None:
    moving = (
        "SELECT s.* REPLACE (moved.observation_id AS observation_id)"
        f" FROM ({_lake_sql(name, lake, surrogates=True)}) AS s"
        " JOIN moved ON moved.surrogate = s.observation_id"
    )
    for (source,) in staging.con.execute(f"SELECT DISTINCT source FROM ({moving})").fetchall():
        staging.copy(name, source, f"SELECT * FROM ({moving}) WHERE source = '{source}'")
