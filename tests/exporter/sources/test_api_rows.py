"""One observation of API v1 as rows. The records are written by hand after real answers."""

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest

from exporter.sources.api_rows import ObservationRows, observation_rows

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
    assert (rows.refused, rows.left_out) == ([], [])
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
        "lists_photos": True,
        "lists_identifications": True,
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
            "is_current": False,
            "is_own_observation": True,
            "is_hidden": True,
            "is_disagreement": True,
            "previous_observation_taxon_id": 47124,
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


def taxon_row(taxon_id: int, name: str, rank: str, **recorded: object) -> dict[str, object]:
    return {"taxon_id": taxon_id, "name": name, "rank": rank, "updated_at": UPDATED, **recorded}


def test_an_id_is_enough_and_everything_else_is_unknown() -> None:
    assert observation_rows({"id": 1}) == ObservationRows(observation={"observation_id": 1})


def test_what_is_null_is_empty_and_what_is_missing_is_unknown() -> None:
    rows = observation_rows({"id": 1, "taxon": None, "geojson": None, "location": None, "flags": None})
    assert rows == ObservationRows(
        observation={
            "observation_id": 1,
            "taxon_id": None,
            "latitude": None,
            "longitude": None,
            "is_flagged": None,
        }
    )


@pytest.mark.parametrize("nothing", [None, []])
def test_an_empty_list_of_photos_or_identifications_is_a_list(nothing: object) -> None:
    record = {"id": 1, "photos": nothing, "identifications": nothing}
    assert observation_rows(record).observation == {
        "observation_id": 1,
        "lists_photos": True,
        "lists_identifications": True,
    }


@pytest.mark.parametrize(
    "junk", [None, "text", 7, 1.5, True, [], [None, 3, "x"], {}, {"id": "x"}, [{"id": "x"}]]
)
def test_values_of_another_type_never_stop_a_record(junk: object) -> None:
    rows = observation_rows({**dict.fromkeys(RECORD, junk), "id": 1})
    assert rows.observation["observation_id"] == 1
    assert (rows.photos, rows.identifications, rows.taxa) == ([], [], [])


@pytest.mark.parametrize(
    ("observation_id", "why"),
    [
        (None, "not an observation: no whole number in its 'id'"),
        ("x5", "id 'x5': not a whole number"),
        (1.5, "id '1.5': not a whole number"),
        (True, "id 'True': not a whole number"),
        (-3, "id '-3': not an id: below zero"),
        (2**52, "id '4503599627370496': id too large"),
        (2**63, "id '9223372036854775808': id too large"),
        (1e30, "id '1e+30': id too large"),
    ],
)
def test_a_record_without_an_id_is_refused(observation_id: object, why: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(why)}$"):
        observation_rows({**RECORD, "id": observation_id})


@pytest.mark.parametrize("observation_id", [5, "5", 5.0, "5.0"])
def test_an_id_may_be_written_as_text_or_with_a_point(observation_id: object) -> None:
    assert observation_rows({"id": observation_id}).observation == {"observation_id": 5}


def test_an_observation_of_the_older_address_is_refused_with_what_to_load_instead() -> None:
    record = {
        "id": 1,
        "user_login": "x",
        "iconic_taxon_name": "Aves",
        "quality_grade": "research",
        "latitude": "1.5",
    }
    with pytest.raises(ValueError, match=r"/observations.json.*load the same observations from https://api"):
        observation_rows(record)


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("observed_on", "2099-01-01", "observed_on '2099-01-01': in the future"),
        ("observed_on", "0211-01-01", "observed_on '0211-01-01': before 1500"),
        ("observed_on", 7, "observed_on '7': not a day (YYYY-MM-DD)"),
        ("updated_at", "9999-12-31T23:59:59-14:00", "updated_at '9999-12-31T23:59:59-14:00': not a time"),
        (
            "geojson",
            {"coordinates": [200, 5]},
            "geojson.coordinates '[200, 5]': not within -180 and 180 degrees",
        ),
        ("taxon", {"id": 2**52}, "taxon.id '4503599627370496': id too large"),
        ("num_identification_agreements", 2**31, "num_identification_agreements '2147483648': too large"),
    ],
)
def test_a_value_that_cannot_be_true_is_left_out_and_named(field: str, value: object, why: str) -> None:
    rows = observation_rows({"id": 1, field: value})
    assert rows.observation == {"observation_id": 1}
    assert why in [str(fault) for fault in rows.left_out]


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
    assert (row.get("latitude"), row.get("longitude")) == told


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
    assert observation_rows({"id": 1, **accuracy}).observation.get("positional_accuracy") == told


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
    assert rows.refused == [
        ("photo 2 has no whole number in its 'id'", "photo without an id"),
        ("identification 1: id 'x': not a whole number", "identification: not a whole number"),
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
    assert row.get("ancestry") == ancestry


@pytest.mark.parametrize(
    ("ancestry", "why"),
    [
        ("48460/5/7", "the taxon is its own ancestor"),
        ("48460/1/2/1", "an ancestor comes twice"),
        (f"48460/{2**52}", "id too large"),
    ],
)
def test_an_ancestry_that_no_taxon_can_have_is_left_out(ancestry: str, why: str) -> None:
    rows = observation_rows({"id": 1, "taxon": {"id": 5, "name": "x", "ancestry": ancestry}})
    assert "ancestry" not in rows.taxa[0]
    assert [(fault.column, fault.reason) for fault in rows.left_out] == [("taxon.ancestry", why)]
