"""What a lake holds and lacks, counted by hand."""

from typing import Any

import pytest

from exporter.gaps import Gap, holdings
from exporter.schema import OBSERVATIONS, PHOTOS
from exporter.sources.taxon_facts import LIFE_ID
from tests.exporter.world import Row, connect

NO_COMMUNITY = OBSERVATIONS.bits["community_taxon_id"]
NO_LICENCE = PHOTOS.bits["license"]
BIRDS = {"taxon_id": 3, "rank": "class", "ancestry": f"{LIFE_ID}/1/2"}
#: An observation and a photo of which everything is known.
SEEN: Row = {"observation_id": 1, "taxon_id": 3, "community_taxon_id": 3, "lists_photos": True}
SEEN |= {"lists_identifications": True, "known_empty": 0}
PHOTO: Row = {"observation_id": 1, "photo_id": 1, "host": "static", "license": "cc0", "known_empty": 0}


def gaps(**tables: list[Row]) -> dict[str, tuple[int, int]]:
    """How many lack what, of how many, by code."""
    with connect(**{"taxa": [BIRDS], "observations": [SEEN], "photos": [PHOTO]} | tables) as con:
        return {gap.code: (gap.missing, gap.total) for gap in holdings(con).gaps}


def test_a_lake_that_knows_everything_lacks_nothing() -> None:
    with connect(taxa=[BIRDS], observations=[SEEN], photos=[PHOTO]) as con:
        result = holdings(con)
    assert (result.taxa, result.observations, result.photos, result.identifications) == (1, 1, 1, 0)
    assert result.gaps == ()


def test_what_is_held_is_counted_by_rows() -> None:
    identifications = [{"observation_id": 1, "identification_id": number} for number in (1, 2, 3)]
    photos = [PHOTO | {"photo_id": number} for number in (1, 2)]
    others = [SEEN | {"observation_id": number} for number in (1, 2, 3, 4)]
    with connect(taxa=[BIRDS], observations=others, photos=photos, identifications=identifications) as con:
        result = holdings(con)
    assert (result.taxa, result.observations, result.photos, result.identifications) == (1, 4, 2, 3)


def test_ranks_and_ancestors_are_those_of_observed_taxa() -> None:
    """Of six labels two have no rank and one no row; Life has no ancestors, and needs none."""
    taxa = [
        BIRDS,
        {"taxon_id": 4, "rank": None, "ancestry": "1"},
        {"taxon_id": 5, "rank": "genus", "ancestry": None},
        {"taxon_id": 6, "rank": None, "ancestry": None},
        {"taxon_id": LIFE_ID, "rank": "stateofmatter", "ancestry": None},
        # Not observed.
        {"taxon_id": 7, "rank": None, "ancestry": None},
    ]
    labels = [3, 3, 4, 5, 6, 8, LIFE_ID, None]
    observations = [SEEN | {"observation_id": n, "taxon_id": label} for n, label in enumerate(labels)]
    assert gaps(taxa=taxa, observations=observations) == {"ranks": (3, 6), "ancestors": (3, 6)}


def test_taxa_known_by_name_alone_are_said_so() -> None:
    taxa = [BIRDS, {"taxon_id": -7, "rank": "species", "ancestry": f"{LIFE_ID}/1"}]
    observations = [SEEN | {"observation_id": n, "taxon_id": label} for n, label in enumerate((3, -7, -7))]
    assert gaps(taxa=taxa, observations=observations) == {"taxon_ids": (1, 2)}


@pytest.mark.parametrize(
    ("columns", "missing"),
    [
        # A list that is empty is knowledge, a list that was never loaded is none.
        ({"lists_identifications": True}, {}),
        ({"lists_identifications": False}, {"identifications": (1, 2)}),
        ({"lists_identifications": None}, {"identifications": (1, 2)}),
        ({"lists_photos": True}, {}),
        ({"lists_photos": False}, {"photos": (1, 2)}),
        ({"lists_photos": None}, {"photos": (1, 2)}),
        # So is a community taxon that is known to be none.
        ({"community_taxon_id": None, "known_empty": NO_COMMUNITY}, {}),
        ({"community_taxon_id": None}, {"community_taxa": (1, 2)}),
        ({"community_taxon_id": None, "known_empty": None}, {"community_taxa": (1, 2)}),
    ],
)
def test_what_observations_lack(columns: dict[str, Any], missing: dict[str, tuple[int, int]]) -> None:
    """The first observation has a photo and an identification; the second has neither."""
    observations = [SEEN, SEEN | {"observation_id": 2} | columns]
    assert gaps(observations=observations) == missing
    # What is there is there, whether it is listed or not.
    held = [PHOTO, PHOTO | {"observation_id": 2, "photo_id": 2}]
    named = [{"observation_id": number, "identification_id": number} for number in (1, 2)]
    lacking = {code: number for code, number in missing.items() if code == "community_taxa"}
    assert gaps(observations=observations, photos=held, identifications=named) == lacking


@pytest.mark.parametrize(
    ("columns", "missing"),
    [
        ({"host": None}, {"addresses": (1, 2)}),
        ({"host": "elsewhere"}, {"elsewhere": (1, 2)}),
        ({"license": None}, {"licences": (1, 2)}),
        # All rights reserved is known.
        ({"license": None, "known_empty": NO_LICENCE}, {}),
    ],
)
def test_what_photos_lack(columns: dict[str, Any], missing: dict[str, tuple[int, int]]) -> None:
    assert gaps(photos=[PHOTO, PHOTO | {"photo_id": 2} | columns]) == missing


def test_a_gap_in_words() -> None:
    with connect(taxa=[BIRDS], observations=[SEEN], photos=[PHOTO | {"host": "elsewhere"}]) as con:
        [gap] = holdings(con).gaps
    assert gap == Gap(
        code="elsewhere",
        missing=1,
        total=1,
        name="photos there",
        what="photos that are not iNaturalist's files",
        effect="Neither iNaturalist's exporter nor ours takes them.",
        remedy=None,
    )


def test_gaps_come_in_the_order_in_which_they_matter() -> None:
    blank = {"observation_id": 1, "taxon_id": 9}
    photo = {"observation_id": 2, "photo_id": 1}
    assert gaps(taxa=[], observations=[blank], photos=[photo, photo | {"host": "elsewhere"}]) == {
        "ranks": (1, 1),
        "ancestors": (1, 1),
        "identifications": (1, 1),
        "community_taxa": (1, 1),
        "photos": (1, 1),
        "addresses": (1, 2),
        "elsewhere": (1, 2),
        "licences": (2, 2),
    }
    with connect(observations=[blank], photos=[photo, photo | {"host": "elsewhere"}]) as con:
        assert [gap.code for gap in holdings(con).gaps] == [
            "ranks",
            "ancestors",
            "identifications",
            "community_taxa",
            "photos",
            "addresses",
            "elsewhere",
            "licences",
        ]
