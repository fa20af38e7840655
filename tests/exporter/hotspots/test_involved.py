"""Who is involved in a worklist, worked by hand on five observations."""

import pyarrow as pa
import pytest

from exporter.hotspots.involved import INVOLVED, involved
from exporter.pull.rereading import as_lake


def record(observation_id, observer, *identifications):
    """An observation by an observer, with identifications: (user, category, is current, is hidden)."""
    return {
        "id": observation_id,
        "user": {"id": observer},
        "taxon": {"id": 5, "name": "Apis", "rank": "genus", "rank_level": 20, "ancestor_ids": [5]},
        "identifications": [
            {
                "id": 10 * observation_id + place,
                "user": {"id": user},
                "category": category,
                "current": is_current,
                "hidden": is_hidden,
                "taxon": {"id": 5},
                "created_at": "2026-11-01T00:00:00Z",
            }
            for place, (user, category, is_current, is_hidden) in enumerate(identifications)
        ],
    }


RECORDS = [
    record(1, 70, (71, "maverick", True, False), (72, "supporting", True, False)),
    record(2, 70, (70, "maverick", True, False), (71, "leading", True, False)),
    record(3, 71, (72, "maverick", False, False), (73, "maverick", True, True)),
    record(4, 72, (74, "maverick", True, False), (74, "maverick", True, False)),
    record(9, 70, (71, "maverick", True, False)),
]


@pytest.fixture
def rows():
    """Who is involved in the observations 1 to 4; the lake has a fifth."""
    with as_lake(RECORDS) as con:
        yield involved(con, pa.chunked_array([[1, 2, 3, 4]])).to_pylist()


def test_each_observer_and_each_current_maverick_is_a_row(rows):
    assert [(row["inat_id"], row["role"], row["observation_id"]) for row in rows] == [
        (70, "maverick", 2),
        (70, "observer", 1),
        (70, "observer", 2),
        (71, "maverick", 1),
        (71, "observer", 3),
        (72, "observer", 4),
        (74, "maverick", 4),
    ]


def test_without_observations_nobody_is_involved():
    with as_lake([]) as con:
        assert involved(con, pa.chunked_array([[1]], pa.int64())).equals(INVOLVED.empty_table())
