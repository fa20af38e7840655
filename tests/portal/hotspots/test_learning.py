"""How the probabilities were learned, as pages show it."""

import re
from datetime import UTC, datetime

import pytest

from portal.hotspots.learning import FACTORS, Fifth, Fit, Move, fit
from tests.portal.taxa.test_views import words

LEARNED_AT = datetime(2026, 10, 3, 12, tzinfo=UTC)
ROWS = [
    {"part": "coefficient", "name": "one", "value": -3.0, "found": None},
    {"part": "coefficient", "name": "number", "value": -0.5, "found": None},
    {"part": "coefficient", "name": "suggested", "value": -0.2, "found": None},
    {"part": "data", "name": "labels that somebody reviewed", "value": 1200.0, "found": None},
    {"part": "data", "name": "labels that were overturned", "value": 60.0, "found": None},
    {"part": "data", "name": "learned at", "value": LEARNED_AT.timestamp(), "found": None},
    {"part": "data", "name": "slope of the calibration", "value": 2.0, "found": None},
    {"part": "calibration", "name": "fifth 1: 600 labels", "value": 10.0, "found": 5.0},
    {"part": "calibration", "name": "fifth 2: 600 labels", "value": 30.0, "found": 40.0},
    {"part": "moves", "name": "disagreements it takes: 1", "value": 0.92, "found": 130.0},
    {"part": "moves", "name": "disagreements it takes: 2 or more", "value": 0.4, "found": 12.0},
    {"part": "source", "name": "Somewhere", "value": None, "found": None},
]


@pytest.fixture
def learned(hotspots):
    """The refresh of the hotspots, with a fit."""
    hotspots.counts["hotspots_fit"] = {"inat-2022": ROWS}
    hotspots.save()
    return hotspots


def test_a_stored_fit_is_read_with_its_slope_and_its_picture(learned):
    result = fit(learned)
    assert result == Fit(
        learned_at=LEARNED_AT,
        days=7,
        cases=1200,
        overturned=60,
        factors=[
            (FACTORS["number"][0], pytest.approx(0.5, abs=0.001)),  # exp(2 x -0.5 x ln 2)
            (FACTORS["suggested"][0], pytest.approx(0.6703, abs=0.001)),
        ],
        fifths=[
            Fifth(10.0, 5, x=0, expected_y=75.0, expected_height=25.0, found_y=87.5, found_height=12.5),
            Fifth(30.0, 40, x=10, expected_y=25.0, expected_height=75.0, found_y=0.0, found_height=100.0),
        ],
        moves=[Move(1, False, 0.92, 130), Move(2, True, 0.4, 12)],
    )
    assert result.width == 20


@pytest.mark.parametrize("criteria", ["inat-2021", "unheard-of"])
def test_there_is_none_for_another_rule(learned, criteria):
    assert fit(learned, criteria) is None
    assert fit(None) is None


@pytest.mark.parametrize("address", ["/hotspots/118970/", "/methods/"])
def test_a_page_shows_what_was_learned(learned, client, address):
    response = client.get(address)
    text = words(response)
    assert "from 1,200 labels that somebody reviewed in these data, of which 60 fell" in text
    assert (
        "They were learned on 3 October 2026. They are learned anew after 7 days, or sooner if the number of"
        " reviewed labels changes by a tenth."
    ) in text
    assert "twice as many other observations carry the label" in text
    assert "× 0.50" in text
    [label] = re.findall(r'aria-label="(expected [^"]*)"', response.content.decode())
    assert label == "expected 10, found 5; expected 30, found 40"
    assert "Rejected labels in these data 1 disagreement 92 % 130 2 or more disagreements 40 % 12" in text


def test_what_an_earlier_version_stored_has_no_moves(learned, client):
    learned.counts["hotspots_fit"] = {"inat-2022": [row for row in ROWS if row["part"] != "moves"]}
    learned.save()
    assert fit(learned).moves == []
    assert "Does one look settle it?" not in words(client.get("/methods/"))


def test_without_a_fit_nothing_is_said_of_one(hotspots, client):
    assert "What these data taught" not in words(client.get("/methods/"))
