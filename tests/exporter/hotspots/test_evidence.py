"""What counts as a review, and how many of them it takes."""

from datetime import datetime

import duckdb
import pytest

from exporter.criteria import INAT_2022
from exporter.hotspots import find
from exporter.hotspots.evidence import LEAST_REVIEWS, Reviews, count_reviews
from exporter.hotspots.history import read_rows
from exporter.hotspots.observed import read_observed
from exporter.messages import english
from tests.exporter.hotspots.scenes import TINY, Scene, says
from tests.exporter.world import day


def counted(con: duckdb.DuckDBPyConnection, at: datetime | None) -> Reviews:
    return count_reviews(read_observed(con, at), read_rows(con, at))


PULL = "Load API observation JSON, or run `python -m exporter pull --taxon ID`."


def test_an_observation_is_reviewed_once_a_second_person_has_identified_it() -> None:
    scene = Scene()
    scene.story(11, says(1, 11))
    scene.story(11, says(1, 11), says(1, 12))
    scene.story(11, says(1, 11), says(2, 11))
    scene.story(11, says(1, 11), says(2, 12), says(3, 12))
    scene.story(11, says(1, 11), says(2, 11, is_taxon_change=True))
    scene.story(11, says(1, 11), says(2, 11, is_hidden=True))
    with scene.connect() as con:
        assert counted(con, None) == Reviews(identified=6, reviewed=2)
        # The second person of the third story spoke on day 5, those of the fourth on days 7 and 8.
        assert counted(con, day(6)) == Reviews(identified=4, reviewed=1)


def test_where_no_identification_is_known_votes_are_reviews() -> None:
    scene = Scene()
    for agreements, disagreements in ((1, 0), (0, 2), (0, 0), (None, None)):
        scene.observe(
            1,
            11,
            source="csv",
            identification_agreements=agreements,
            identification_disagreements=disagreements,
        )
    with scene.connect() as con:
        assert counted(con, None) == Reviews(identified=2, reviewed=2)


@pytest.mark.parametrize(
    ("reviews", "missing"),
    [
        (Reviews(0, 0), f"No identifications in this lake: hotspots need them. {PULL}"),
        (
            Reviews(40, LEAST_REVIEWS - 1),
            "Not enough evidence for hotspots: a second person has identified 29 observations of this lake,"
            f" and at least 30 are needed. {PULL}",
        ),
        (Reviews(40, LEAST_REVIEWS), ""),
    ],
)
def test_what_is_missing(reviews: Reviews, missing: str) -> None:
    assert english(reviews.missing) == missing


def test_without_evidence_the_findings_are_not_worth_listing() -> None:
    scene = Scene()
    scene.stories(LEAST_REVIEWS - 1, 11, says(1, 11), says(2, 12))
    result = find(scene.connect(), TINY)
    assert result.missing[0]["code"] == "few_reviews"
    assert result.hotspots.num_rows == 1
    listed = result.worth_listing()
    assert [listed.hotspots.num_rows, listed.worklist.num_rows, listed.confusions.num_rows] == [0, 0, 0]
    assert listed.hotspots.schema == result.hotspots.schema
    scene.story(11, says(1, 11), says(2, 12))
    result = find(scene.connect(), TINY)
    assert result.worth_listing() is result


def test_where_no_taxon_is_a_class_nothing_would_be_exported() -> None:
    scene = Scene()
    scene.stories(LEAST_REVIEWS, 11, says(1, 11), says(2, 12))
    assert find(scene.connect(), INAT_2022).missing == [{"code": "no_class", "rule": "inat-2022"}]
