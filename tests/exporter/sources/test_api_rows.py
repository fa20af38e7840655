"""One observation of API v1 as rows. The records are written by hand after real answers."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from exporter.sources.api_rows import observation_rows

UPDATED = datetime(2021, 2, 19, 2, 29, 10, tzinfo=UTC)
LIFE_TO_CIRSIUM = "48460/47126/47124"

TAXON = {
    "id": 61340,
    "name": "Cirsium discolor",
    "preferred_common_name": "field thistle",
    "rank": "species",
    "rank_level": 10,
    "ancestry": f"{LIFE_TO_CIRSIUM}/48561",
    "ancestor_ids": [48460, 47126, 47124, 48561, 61340],
    "is_active": True,
    "extinct": False,
    "iconic_taxon_id": 47126,
    "ancestors": [
        {"id": 48561, "name": "Cirsium", "rank": "genus", "rank_level": 20, "ancestry": LIFE_TO_CIRSIUM}
    ],
}

RECORD: dict[str, Any] = {
    "id": 30814713,
    "uuid": "4CB7BF8D-76AF-4020-81D9-0E6B28CF1A83",
    "quality_grade": "research",
    "taxon": TAXON,
    "community_taxon_id": 61340,
    "user": {"id": 2115051, "login": "someone"},
    "observed_on": "2019-08-14",
    "created_at": "2019-08-14T10:39:55-05:00",
    "updated_at": "2021-02-18T20:29:10-06:00",
    "geojson": {"type": "Point", "coordinates": [-93.5, 42.25]},
    "location": "0,0",
    "private_location": "1,1",
    "private_geojson": {"coordinates": [1, 1]},
    "positional_accuracy": 5,
    "public_positional_accuracy": 28,
    "obscured": True,
    "captive": False,
    "out_of_range": False,
    "flags": [{"resolved": True}],
    "quality_metrics": [{"metric": "location", "agree": True}],
    "num_identification_agreements": 1,
    "num_identification_disagreements": 0,
    "observation_photos": [
        {
            "position": 1,
            "photo": {
                "id": 48530,
                "url": "https://static.inaturalist.org/photos/48530/square.png?1",
                "license_code": None,
                "hidden": True,
                "flags": [{"resolved": False}],
            },
        },
        {
            "position": 0,
            "photo": {
                "id": 48529,
                "url": "https://inaturalist-open-data.s3.amazonaws.com/photos/48529/square.jpeg",
                "license_code": "CC-BY-NC",
                "original_dimensions": {"width": 2048, "height": 1536},
                "flags": [],
            },
        },
    ],
    "photos": [{"id": 1}],
    "identifications": [
        {
            "id": 155554077,
            "user": {"id": 4013012},
            "taxon": {"id": 48561, "name": "Cirsium", "preferred_common_name": "thistles", "rank": "genus"},
            "created_at": "2021-02-18T20:29:06-06:00",
            "current": True,
            "own_observation": False,
            "vision": True,
            "hidden": False,
            "disagreement": None,
            "previous_observation_taxon_id": 61340,
            "category": "maverick",
            "taxon_change": None,
        },
        {
            "id": 155554078,
            "user": {"id": 2115051},
            "taxon_id": 61340,
            "current": False,
            "hidden": True,
            "disagreement": True,
            "previous_observation_taxon": {"id": 47124, "name": "Magnoliopsida", "rank": "class"},
            "taxon_change": {"id": 9, "type": "TaxonSwap"},
        },
    ],
}


def test_a_whole_record_becomes_rows_of_every_table() -> None:
    rows = observation_rows(RECORD)
    assert rows.faults == []
    assert rows.observation == {
        "observation_id": 30814713,
        "observation_uuid": "4cb7bf8d-76af-4020-81d9-0e6b28cf1a83",
        "taxon_id": 61340,
        "community_taxon_id": 61340,
        "quality_grade": "research",
        "observer_id": 2115051,
        "observed_on": date(2019, 8, 14),
        "created_at": datetime(2019, 8, 14, 15, 39, 55, tzinfo=UTC),
        "latitude": 42.25,
        "longitude": -93.5,
        "positional_accuracy": 28.0,
        "is_obscured": True,
        "is_captive": False,
        "is_flagged": False,
        "fails_quality_metric": False,
        "identification_agreements": 1,
        "identification_disagreements": 0,
        "is_out_of_range": False,
        "updated_at": UPDATED,
    }
    assert rows.photos == [
        {
            "observation_id": 30814713,
            "photo_id": 48530,
            "position": 1,
            "updated_at": UPDATED,
            "host": "static",
            "extension": "png",
            "license": None,
            "width": None,
            "height": None,
            "is_flagged": True,
            "is_hidden": True,
        },
        {
            "observation_id": 30814713,
            "photo_id": 48529,
            "position": 0,
            "updated_at": UPDATED,
            "host": "open-data",
            "extension": "jpeg",
            "license": "cc-by-nc",
            "width": 2048,
            "height": 1536,
            "is_flagged": False,
            "is_hidden": None,
        },
    ]
    assert rows.identifications == [
        {
            "observation_id": 30814713,
            "identification_id": 155554077,
            "user_id": 4013012,
            "taxon_id": 48561,
            "created_at": datetime(2021, 2, 19, 2, 29, 6, tzinfo=UTC),
            "is_current": True,
            "is_own_observation": False,
            "is_vision": True,
            "is_hidden": False,
            "is_disagreement": None,
            "previous_observation_taxon_id": 61340,
            "category": "maverick",
            "is_taxon_change": False,
            "updated_at": UPDATED,
        },
        {
            "observation_id": 30814713,
            "identification_id": 155554078,
            "user_id": 2115051,
            "taxon_id": 61340,
            "created_at": None,
            "is_current": False,
            "is_own_observation": True,
            "is_vision": None,
            "is_hidden": True,
            "is_disagreement": True,
            "previous_observation_taxon_id": 47124,
            "category": None,
            "is_taxon_change": True,
            "updated_at": UPDATED,
        },
    ]
    assert rows.taxa == [
        taxon_row(
            61340,
            "Cirsium discolor",
            "species",
            ancestry=f"{LIFE_TO_CIRSIUM}/48561",
            common_name="field thistle",
            rank_level=10.0,
            is_active=True,
            is_extinct=False,
            iconic_taxon_id=47126,
        ),
        taxon_row(48561, "Cirsium", "genus", ancestry=LIFE_TO_CIRSIUM, rank_level=20.0),
        taxon_row(48561, "Cirsium", "genus", common_name="thistles"),
        taxon_row(47124, "Magnoliopsida", "class"),
    ]


def taxon_row(taxon_id: int, name: str, rank: str, **told: object) -> dict[str, object]:
    columns = ("ancestry", "common_name", "rank_level", "is_active", "is_extinct", "iconic_taxon_id")
    return {
        "taxon_id": taxon_id,
        "name": name,
        "rank": rank,
        "updated_at": UPDATED,
        **dict.fromkeys(columns),
        **told,
    }


def test_an_id_is_enough_and_everything_else_counts_as_not_told() -> None:
    rows = observation_rows({"id": 1})
    assert {column: value for column, value in rows.observation.items() if value is not None} == {
        "observation_id": 1
    }
    assert (rows.photos, rows.identifications, rows.taxa, rows.faults) == ([], [], [], [])


@pytest.mark.parametrize(
    "junk", [None, "text", 7, 1.5, True, [], [None, 3, "x"], {}, {"id": "x"}, [{"id": "x"}]]
)
def test_values_of_another_type_never_stop_a_record(junk: object) -> None:
    rows = observation_rows({**dict.fromkeys(RECORD, junk), "id": 1})
    assert rows.observation["observation_id"] == 1
    assert (rows.photos, rows.identifications, rows.taxa) == ([], [], [])


@pytest.mark.parametrize("observation_id", [None, "5", 1.0, True, -3, 2**63])
def test_a_record_without_an_id_is_refused(observation_id: object) -> None:
    with pytest.raises(ValueError, match="not an observation: no whole number in its 'id'"):
        observation_rows({**RECORD, "id": observation_id})


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ({"location": "42.25,-93.5"}, (42.25, -93.5)),
        ({"location": [42.25, -93.5]}, (42.25, -93.5)),
        ({"geojson": {"coordinates": ["-93.5", "42.25"]}}, (42.25, -93.5)),
        ({"geojson": None, "location": "42.25,-93.5"}, (42.25, -93.5)),
        ({"geojson": {"coordinates": [42.25, -93.5]}}, (None, None)),
        ({"location": "somewhere"}, (None, None)),
        ({"private_location": "42.25,-93.5", "location": None}, (None, None)),
    ],
)
def test_the_public_place_is_read_however_it_is_written(place: dict[str, Any], told: object) -> None:
    row = observation_rows({"id": 1, **place}).observation
    assert (row["latitude"], row["longitude"]) == told


@pytest.mark.parametrize(
    ("accuracy", "told"),
    [
        ({"positional_accuracy": 5}, 5.0),
        ({"positional_accuracy": 5, "obscured": False}, 5.0),
        ({"positional_accuracy": 5, "obscured": True}, None),
        ({"positional_accuracy": 5, "public_positional_accuracy": None}, None),
        ({"positional_accuracy": 5, "public_positional_accuracy": 28}, 28.0),
    ],
)
def test_the_true_accuracy_of_a_moved_place_is_not_taken(accuracy: dict[str, Any], told: object) -> None:
    assert observation_rows({"id": 1, **accuracy}).observation["positional_accuracy"] == told


def vote(metric: str, agree: bool) -> dict[str, Any]:
    return {"metric": metric, "agree": agree}


@pytest.mark.parametrize(
    ("votes", "fails"),
    [
        ([], False),
        ([vote("date", False)], True),
        ([vote("date", False), vote("date", True)], False),
        ([vote("date", False), vote("date", False), vote("date", True)], True),
        ([vote("date", False), vote("location", True)], True),
        ([vote("wild", False)], False),
        (None, None),
    ],
)
def test_a_metric_fails_when_more_vote_against_it_but_wild_does_not_count(
    votes: object, fails: object
) -> None:
    assert observation_rows({"id": 1, "quality_metrics": votes}).observation["fails_quality_metric"] is fails


@pytest.mark.parametrize(
    ("flags", "is_flagged"),
    [
        ([], False),
        ([{"resolved": True}, {"resolved": False}], True),
        ([{"resolved": True}], False),
        (None, None),
    ],
)
def test_only_unresolved_flags_count(flags: object, is_flagged: object) -> None:
    assert observation_rows({"id": 1, "flags": flags}).observation["is_flagged"] is is_flagged


def test_photos_alone_keep_their_order_and_one_listed_twice_comes_once() -> None:
    rows = observation_rows({"id": 1, "photos": [{"id": 9}, {"id": 8}, {"id": 9}, {"id": 7}]})
    assert [(row["photo_id"], row["position"]) for row in rows.photos] == [(9, 0), (8, 1), (7, 3)]


def test_what_cannot_be_stored_within_a_record_is_told() -> None:
    rows = observation_rows(
        {"id": 1, "photos": [{"id": 9}, {"url": "x"}], "identifications": [{"id": "x"}, {"id": 2}]}
    )
    assert rows.faults == [
        "photo 2 has no whole number in its 'id'",
        "identification 1 has no whole number in its 'id'",
    ]
    assert [row["photo_id"] for row in rows.photos] == [9]
    assert [row["identification_id"] for row in rows.identifications] == [2]


@pytest.mark.parametrize(
    ("told", "ancestry"),
    [
        ({"ancestor_ids": [48460, 1, 2, 5]}, "48460/1/2"),
        ({"ancestor_ids": [48460, 1, 2]}, "48460/1/2"),
        ({"ancestor_ids": [47126, 211194, 5]}, "48460/47126/211194"),
        ({"ancestry": "47126/211194", "ancestor_ids": None}, "48460/47126/211194"),
        ({"ancestor_ids": [5]}, ""),
        ({"ancestry": None, "ancestor_ids": [None, 5]}, None),
        ({"ancestry": "48460/...", "ancestor_ids": [48460, 1, 5]}, "48460/1"),
        ({}, None),
    ],
)
def test_the_ancestry_begins_with_life_and_leaves_out_the_taxon_itself(
    told: dict[str, Any], ancestry: object
) -> None:
    [row] = observation_rows({"id": 1, "taxon": {"id": 5, "name": "x", **told}}).taxa
    assert row["ancestry"] == ancestry
