"""Simulated people who look through observations: what they name is in the lake, with what follows."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from exporter.lake import Lake
from exporter.simulation.reviewing import LOOKS, review

BEFORE, THEN = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 10, 9, 12, tzinfo=UTC)
GENUS, SPECIES, SISTER = 10, 11, 12


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Three observations of a species with a photo each, named so by one person."""
    lake = Lake(tmp_path)
    taxa = [
        {"taxon_id": GENUS, "ancestry": "1", "rank": "genus", "rank_level": 20.0},
        {"taxon_id": SPECIES, "ancestry": "1/10", "rank": "species", "rank_level": 10.0},
        {"taxon_id": SISTER, "ancestry": "1/10", "rank": "species", "rank_level": 10.0},
    ]
    rows: dict[str, list[dict]] = {"taxa": taxa, "observations": [], "photos": [], "identifications": []}
    for number in (1, 2, 3):
        known = {"observation_id": number, "updated_at": BEFORE}
        rows["observations"].append(known | {"taxon_id": SPECIES, "quality_grade": "needs_id"})
        rows["photos"].append(known | {"photo_id": number})
        made = {"identification_id": number, "user_id": 7, "created_at": BEFORE, "is_current": True}
        rows["identifications"].append(known | made | {"taxon_id": SPECIES, "is_disagreement": False})
    with lake.staging() as staging:
        staging.begin_file()
        staging.is_simulated = True
        for table, result in rows.items():
            staging.add(table, "api", pa.Table.from_pylist(result))
        lake.upsert(staging)
    return lake


def look(observation_id: int, taxon_id: int, people: int) -> dict[str, object]:
    return {"observation_id": observation_id, "taxon_id": taxon_id, "people": people, "looked_at": THEN}


def test_agreement_confirms_disagreement_moves_and_the_rest_stays(lake: Lake) -> None:
    review(lake, pa.Table.from_pylist([look(1, SPECIES, 1), look(2, SISTER, 3)], LOOKS))
    with lake.connect() as con:
        observations = con.execute(
            "SELECT observation_id, taxon_id, community_taxon_id, quality_grade, updated_at"
            " FROM observations ORDER BY 1"
        ).fetchall()
        made = con.execute(
            "SELECT observation_id, count(*), count(DISTINCT user_id), max(created_at)"
            " FROM identifications GROUP BY 1 ORDER BY 1"
        ).fetchall()
        photos = con.execute("SELECT observation_id, photo_id FROM photos ORDER BY 1").fetchall()
    assert observations == [
        (1, SPECIES, SPECIES, "research", THEN),
        (2, SISTER, SISTER, "research", THEN),
        (3, SPECIES, None, "needs_id", BEFORE),
    ]
    assert made == [(1, 2, 2, THEN), (2, 4, 4, THEN), (3, 1, 1, BEFORE)]
    assert photos == [(1, 1), (2, 2), (3, 3)]
    assert lake.require_latest().is_simulated
