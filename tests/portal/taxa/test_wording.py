"""The sentences, each against a hand-worked case."""

import pytest

from portal.taxa import wording
from portal.taxa.models import Readiness, Taxon
from portal.taxa.queries import Cover
from portal.taxa.wording import Measure

SPECIES = {"rank": "species", "rank_level": 10.0}
GRISEOCOLLIS = Taxon(id=120215, name="Bombus griseocollis", **SPECIES)
IMPATIENS = Taxon(id=118970, name="Bombus impatiens", **SPECIES)
BEST = '<i lang="la">Bombus impatiens</i>'
BOMBUS = Taxon(id=52775, name="Bombus", rank="genus", rank_level=20.0)
INSECTS = Taxon(id=47158, name="Insecta", rank="class", rank_level=50.0)


def row(status="short", taxon=GRISEOCOLLIS, short=(0, 0, 0), **fields):
    """A readiness row; `short` is what is missing: observations, confirmed ones, photos."""
    observations, confirmed, photos = short
    return Readiness(
        **{
            "taxon": taxon,
            "criteria": "inat-2022",
            "status": status,
            "observations": 86,
            "community_confirmed": 38,
            "photos": 110,
            "short_observations": observations,
            "short_confirmed": confirmed,
            "short_photos": photos,
            "margin": -observations,
            "incomplete_observations": 0,
        }
        | fields
    )


@pytest.mark.parametrize(
    ("short", "words"),
    [
        ((12, 12, 0), "12 more confirmed observations"),
        ((1, 1, 0), "1 more confirmed observation"),
        ((10, 0, 50), "50 photos more, from at least 10 more observations"),
        ((1, 0, 1), "1 photo more, from at least 1 more observation"),
        ((45, 35, 50), "35 more confirmed observations, and 50 photos more from at least 10 others"),
        ((3, 2, 4), "2 more confirmed observations, and 4 photos more from at least 1 other"),
        ((40, 12, 0), "40 more observations, 12 of them confirmed"),
        ((1200, 0, 0), "1,200 more observations"),
    ],
)
def test_what_is_missing(short, words):
    assert wording.missing(row(short=short)) == words


@pytest.mark.parametrize(
    ("short", "words"),
    [
        ((12, 12, 0), "at most 12 more confirmed observations"),
        ((45, 35, 50), "at most 35 more confirmed observations and 50 photos more"),
        ((7, 0, 0), "at most 7 more observations"),
        ((20, 10, 0), "at most 20 more observations, 10 of them confirmed"),
    ],
)
def test_where_counts_are_lower_bounds_what_is_missing_is_an_upper_one(short, words):
    assert wording.missing(row(short=short, incomplete_observations=1)) == words


@pytest.mark.parametrize(
    ("cover", "words"),
    [
        (
            Cover(BOMBUS, IMPATIENS, leaves=1, was_class=True),
            f"Its genus lost its class when {BEST} qualified: 110 photos unused.",
        ),
        (
            Cover(BOMBUS, IMPATIENS, leaves=1, was_class=False),
            f"Its genus has no class of its own, for {BEST} is one: 110 photos unused.",
        ),
        (
            Cover(BOMBUS, IMPATIENS, leaves=3, was_class=True),
            f"Its genus lost its class when taxa below it qualified, {BEST} and 2 more: 110 photos unused.",
        ),
        (
            Cover(INSECTS, IMPATIENS, leaves=3, was_class=False),
            f"Its parent taxon has no class of its own, for {BEST} and 2 more below it"
            " are classes: 110 photos unused.",
        ),
        (None, "110 photos unused."),
    ],
)
def test_why_photos_are_dropped(cover, words):
    assert wording.reason(row("dropped"), cover) == words


@pytest.mark.parametrize(
    ("status", "fields", "words"),
    [
        ("leaf", {"margin": 0}, "One observation lost could cost it the class."),
        ("leaf", {"margin": 1}, "Stays a class even if it loses 1 observation."),
        ("leaf", {"margin": 1300}, "Stays a class even if it loses 1,300 observations."),
        ("covered", {}, "Taxa below it are classes."),
        ("short", {"short": (2, 2, 0)}, "Needs 2 more confirmed observations."),
        ("rolled_up", {"short": (2, 2, 0)}, "Needs 2 more confirmed observations."),
    ],
)
def test_why_it_has_its_status(status, fields, words):
    assert wording.reason(row(status, **fields), None) == words


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"is_active": False}, "not an accepted name: a taxon change replaced it"),
        ({"rank_level": None}, "the data do not give its rank"),
        ({"is_extinct": True}, "globally extinct taxa are never classes"),
        ({"rank": "hybrid"}, "hybrids are never classes"),
        ({"rank": "genushybrid", "rank_level": 20.0}, "hybrids are never classes"),
        ({"rank": "subspecies", "rank_level": 5.0}, "taxa below species count toward their species"),
        ({}, "it lies within a taxon that is never a class"),
    ],
)
def test_why_it_is_never_a_class(fields, words):
    assert wording.excluded_because(Taxon(**{"name": "x", **SPECIES} | fields), "inat-2022") == words


def test_by_the_rule_of_2021_a_hybrid_is_kept_out_by_what_it_lies_in_alone():
    hybrid = Taxon(name="x", **SPECIES | {"rank": "hybrid"})
    assert wording.excluded_because(hybrid, "inat-2021") == "it lies within a taxon that is never a class"


@pytest.mark.parametrize(
    ("status", "leaf", "words"),
    [
        ("rolled_up", BOMBUS, 'Its photos teach the genus <i lang="la">Bombus</i>.'),
        ("excluded", IMPATIENS, 'Its photos teach the species <i lang="la">Bombus impatiens</i>.'),
        ("short", None, "Its photos teach no class."),
        ("dropped", None, "To be a class itself it needs 12 more confirmed observations."),
        ("leaf", None, ""),
        ("excluded", None, ""),
    ],
)
def test_what_its_photos_do_meanwhile(status, leaf, words):
    assert wording.meanwhile(row(status, short=(12, 12, 0)), leaf) == words


def test_names_are_escaped():
    evil = Taxon(name="<script>", **SPECIES)
    assert wording.scientific(evil) == '<i lang="la">&lt;script&gt;</i>'
    assert "<script>" not in wording.reason(row("dropped"), Cover(BOMBUS, evil, leaves=1, was_class=False))


def test_scientific_names_are_in_italics_up_to_the_genus():
    assert wording.scientific(BOMBUS) == '<i lang="la">Bombus</i>'
    assert wording.scientific(INSECTS) == "Insecta"
    assert wording.scientific(Taxon(name="taxon 5")) == "taxon 5"


@pytest.mark.parametrize(
    ("confirmed", "words"),
    [
        (86, ""),
        (85, "1 observation already there is not confirmed"),
        (38, "48 observations already there are not confirmed"),
    ],
)
def test_what_is_there_to_be_checked(confirmed, words):
    assert wording.to_check(row(community_confirmed=confirmed)) == words


def test_measures_of_the_smallest_class():
    smallest = row("leaf", observations=60, community_confirmed=50, photos=100)
    assert wording.measures(smallest) == [
        Measure("observations", 60, 60),
        Measure("confirmed", 50, 50),
        Measure("photos", 100, 100),
    ]
    assert all(measure.is_met for measure in wording.measures(smallest))


def test_measures_of_a_taxon_whose_held_out_observations_have_several_photos():
    """52 confirmed with 2 photos each: 50 are set aside with their 100 photos, 2 give 4: 46 are missing."""
    short = row(observations=52, community_confirmed=52, photos=104, short=(10, 0, 46))
    assert wording.measures(short) == [
        Measure("observations", 52, 60),
        Measure("confirmed", 52, 50),
        Measure("photos", 104, 150),
    ]
    assert [measure.is_met for measure in wording.measures(short)] == [False, True, False]


def test_measures_of_a_taxon_that_is_short_of_confirmed_ones():
    """30 confirmed and 10 others with 1 photo each: 20 more to be set aside, and 40 more for training."""
    short = row(observations=40, community_confirmed=30, photos=40, short=(28, 20, 40))
    assert wording.measures(short)[2] == Measure("photos", 40, 100)


def test_the_rule_of_2021_asks_for_100_observations():
    assert wording.measures(row(criteria="inat-2021"))[0] == Measure("observations", 86, 100)
    assert wording.criteria_meaning("inat-2021") == (
        "100 observations, 50 of them confirmed (their community taxon is the taxon shown)"
    )
    assert wording.criteria_meaning("inat-2022") == "50 confirmed observations and, beyond those, 50 photos"
