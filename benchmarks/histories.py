"""Real histories for the retrospective measurements, loaded into lakes; none of them is in the repository.

Folders of developers' data: the days of `parks_daily_2026`, iNaturalist's experiment with experts, pairs of
CSV exports of one place at two dates.
"""

import csv
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from exporter.ingest import ingest
from exporter.lake import Lake

DATA = Path("../shared/data")
PARKS = DATA / "2_identifications" / "parks_daily_2026"
EXPERIMENT = DATA / "2_identifications" / "identification_quality_experiment_20191002.csv"
#: The classes of iNaturalist's model of 2019: about what could be a class when the experts looked.
MODEL = DATA / "3_taxonomy" / "seek_model_taxonomy_2019.csv.gz"
_EXPORTS = DATA / "1_observation_csv"
_GALIANO = _EXPORTS / "snapshots_galiano"
_BUTTERFLIES = _EXPORTS / "butterflies_india_2021"

#: The same observations at two dates.
PAIRS = {
    "Galiano": (_GALIANO / "animalia_2020-10-07.csv.gz", _GALIANO / "animalia_2021-03-31.csv.gz"),
    "butterflies": (
        _BUTTERFLIES / "observations_2021-09-16.csv.gz",
        _BUTTERFLIES / "observations_2021-10-05.csv.gz",
    ),
    "Valdes": (
        _EXPORTS / "valdes" / "valdes_2021-10-12.csv.gz",
        _EXPORTS / "valdes" / "valdes_2022-11-10.csv.gz",
    ),
    "moths": (_EXPORTS / "moths_ne_india_2020.csv.gz", _EXPORTS / "moths_india_2024.csv.gz"),
}

#: An observation up to the moment before a second person identifies it. One row a person's identification
#: that counts; what stands then is what the first person named last.
_CUT = """
CREATE OR REPLACE TEMP TABLE cut AS
WITH ordered AS (
    SELECT *, first_value(user_id) OVER (PARTITION BY observation_id ORDER BY identification_id) AS first_user
    FROM identifications SEMI JOIN hidden USING (observation_id)
),
kept AS (
    SELECT * EXCLUDE (first_user) FROM ordered
    WHERE identification_id < coalesce(
        (SELECT min(identification_id) FROM ordered AS other
            WHERE other.observation_id = ordered.observation_id AND other.user_id <> other.first_user),
        9223372036854775807)
)
SELECT *, row_number() OVER (PARTITION BY observation_id ORDER BY identification_id DESC) = 1 AS is_last
FROM kept
"""
_VISIBLE = """
CREATE OR REPLACE TEMP TABLE visible AS
SELECT * FROM identifications ANTI JOIN hidden USING (observation_id)
UNION ALL BY NAME SELECT * EXCLUDE (is_last) FROM cut
"""
_THEN = """
CREATE OR REPLACE TEMP TABLE seen AS
SELECT o.* REPLACE (
    CASE WHEN h.observation_id IS NULL THEN o.taxon_id ELSE c.taxon_id END AS taxon_id,
    CASE WHEN h.observation_id IS NULL THEN o.community_taxon_id END AS community_taxon_id
)
FROM observations AS o
    LEFT JOIN hidden AS h USING (observation_id)
    LEFT JOIN (SELECT observation_id, taxon_id FROM cut WHERE is_last) AS c USING (observation_id)
"""


@dataclass(frozen=True)
class Outcomes:
    """Labels that somebody reviewed after the cut: observation, label, what stood in the end, observer."""

    observation_id: np.ndarray
    label: np.ndarray
    later: np.ndarray
    observer: np.ndarray


def load(folder: Path, sources: list[Path]) -> Lake:
    """Load files into a lake under the folder, once."""
    lake = Lake(folder / "lake")
    if not (folder / "done").exists():
        ingest(lake, sources, strict=False)
        (folder / "done").touch()
    return lake


def days(folder: Path = PARKS) -> dict[str, list[int]]:
    """Return the observations of each day."""
    result = {}
    for path in sorted(folder.glob("observations_*.jsonl.gz")):
        with gzip.open(path, "rt") as lines:
            result[path.name[13:23]] = [json.loads(line)["id"] for line in lines]
    return result


def hide(con: duckdb.DuckDBPyConnection, observation_ids: list[int]) -> Outcomes:
    """Cut the histories of observations before their second person; return what became of the labels.

    The views ``identifications`` and ``observations`` of the connection show the rest from now on.
    """
    con.execute("CREATE OR REPLACE TEMP TABLE true_identifications AS FROM identifications")
    con.execute("CREATE OR REPLACE TEMP TABLE true_observations AS FROM observations")
    con.register("hidden_ids", pa.table({"observation_id": observation_ids}))
    con.execute("CREATE OR REPLACE TEMP TABLE hidden AS FROM hidden_ids")
    for statement in (_CUT, _VISIBLE, _THEN):
        con.execute(statement)
    rows = con.execute(
        "SELECT c.observation_id, c.taxon_id AS label, coalesce(o.taxon_id, -1) AS later,"
        " coalesce(o.observer_id, -1) AS observer"
        " FROM cut AS c JOIN observations AS o USING (observation_id)"
        " WHERE is_last AND EXISTS (FROM identifications AS i"
        "     WHERE i.observation_id = c.observation_id AND i.user_id <> c.user_id)"
        " ORDER BY c.observation_id"
    ).fetchnumpy()
    con.execute("CREATE OR REPLACE TEMP VIEW identifications AS FROM visible")
    con.execute("CREATE OR REPLACE TEMP VIEW observations AS FROM seen")
    return Outcomes(*(np.asarray(rows[name]).astype(np.int64) for name in rows))


def experiment_records(hidden: set[int]) -> Iterator[dict[str, Any]]:
    """Return iNaturalist's experiment as API observations; the expert's word is left out of the hidden ones.

    A row is an observation by a new person, who names what it was labelled with; all experts are one person.
    """
    start = datetime(2017, 1, 1, tzinfo=UTC)
    for number, row in experiment():
        then = (start + timedelta(minutes=number)).isoformat()
        label = _taxon(row, "prev_obs_")
        identifications = [_identification(2 * number, 1000 + number, label, then, None)]
        if number not in hidden:
            made = _identification(2 * number + 1, 1, _taxon(row, ""), then, row["disagreement"] == "true")
            identifications.append(made | {"previous_observation_taxon_id": label["id"]})
        yield {
            "id": number,
            "user": {"id": 1000 + number},
            "created_at": then,
            "updated_at": then,
            "quality_grade": "needs_id",
            "taxon": label,
            "community_taxon_id": None,
            "photos": [{"id": number, "url": f"https://example.org/{number}/square.jpg"}],
            "identifications": identifications,
        }


def experiment() -> Iterator[tuple[int, dict[str, str]]]:
    """Return the experiment's rows that had a label before, numbered."""
    with EXPERIMENT.open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["prev_obs_taxon_id"]]
    yield from enumerate(rows, start=1)


def model_classes() -> set[int]:
    """Return the classes of the model of 2019 by taxon id."""
    with gzip.open(MODEL, "rt", newline="") as stream:
        return {int(row["taxon_id"]) for row in csv.DictReader(stream) if row["leaf_class_id"]}


def write_experiment_taxa(target: Path) -> Path:
    """Write every taxon of the experiment, in the open data's columns: the hidden ones are among them."""
    taxa = {
        taxon["id"]: taxon for _, row in experiment() for taxon in (_taxon(row, "prev_obs_"), _taxon(row, ""))
    }
    with target.open("w", newline="") as stream:
        writer = csv.writer(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
        writer.writerow(["taxon_id", "ancestry", "rank_level", "rank", "name", "active"])
        for number, taxon in taxa.items():
            columns = (taxon[name] for name in ("ancestry", "rank_level", "rank", "name"))
            writer.writerow([number, *columns, "true"])
    return target


def experts_said(rows: list[tuple[int, dict[str, str]]]) -> Outcomes:
    """Return what the expert said of rows; a coarser name without a disagreement leaves the label."""
    label = np.array([int(float(row["prev_obs_taxon_id"])) for _, row in rows])
    named = np.array([int(row["taxon_id"]) for _, row in rows])
    is_silent = np.array(
        [row["more_conservative"] == "true" and row["disagreement"] == "false" for _, row in rows]
    )
    numbers = np.array([number for number, _ in rows])
    return Outcomes(numbers, label, np.where(is_silent, label, named), numbers)


def _taxon(row: dict[str, str], prefix: str) -> dict[str, Any]:
    ancestry = row[f"{prefix}taxon_ancestry"]
    own = int(float(row[f"{prefix}taxon_id"]))
    return {
        "id": own,
        "name": row[f"{prefix}taxon_name"],
        "rank": row[f"{prefix}taxon_rank"],
        "rank_level": float(row[f"{prefix}taxon_rank_level"]),
        "ancestry": ancestry,
        "ancestor_ids": [*map(int, ancestry.split("/")), own] if ancestry else [own],
        "is_active": True,
    }


def _identification(
    number: int, user: int, taxon: dict[str, Any], then: str, disagreement: bool | None
) -> dict[str, Any]:
    return {
        "id": number,
        "user": {"id": user},
        "taxon": taxon,
        "taxon_id": taxon["id"],
        "created_at": then,
        "current": True,
        "vision": False,
        "hidden": False,
        "own_observation": user != 1,
        "disagreement": disagreement,
        "previous_observation_taxon_id": taxon["id"],
        "category": "leading",
    }
