"""Hotspots in words: whole sentences, as people read them."""

import re
from html import unescape

import pytest
from django.utils import translation

from exporter.hotspots.yields import Yield
from exporter.shares import Share
from portal import numbers
from portal.hotspots import queries, wording
from portal.hotspots.grounds import grounds
from portal.hotspots.models import Evidence, Hotspot, Kind
from portal.taxa.models import Taxon
from tests.portal.hotspots.findings import AXYRIDIS, BOMBUS, CARNARIA, IMPATIENS


def plain(words):
    return unescape(re.sub(r"<[^>]+>", "", str(words)))


def item(taxon_id, **changes):
    result, _confusions = queries.of_label(Taxon.objects.get(id=taxon_id), "inat-2022")
    for name, value in changes.items():
        setattr(result.row, name, value)
    return result


@pytest.mark.parametrize(
    ("rank_level", "leaf", "said"),
    [
        (10.0, None, ""),
        (10.0, BOMBUS, ""),
        (20.0, IMPATIENS, ""),  # a genus that is the class itself
        (20.0, BOMBUS, "could be identified further"),
        (30.0, IMPATIENS, "could be identified further"),  # a family never is a hotspot
        (None, IMPATIENS, ""),
    ],
)
def test_a_label_that_is_merely_coarse_is_told_apart(hotspots, rank_level, leaf, said):
    result = item(IMPATIENS, leaf_taxon_id=leaf)
    result.row.taxon.rank_level = rank_level
    assert wording.coarseness(result) == said


@pytest.mark.parametrize(
    ("value", "said", "first"),
    [
        (0, "less than 1", "Less than 1"),
        (0.94, "less than 1", "Less than 1"),
        (1.4, "1", "About 1"),
        (1234.6, "1,235", "About 1,235"),
    ],
)
def test_an_expected_number_is_whole_and_never_a_precise_nought(value, said, first):
    assert (numbers.roughly(value), numbers.about(value)) == (said, first)


@pytest.mark.parametrize(("value", "whole"), [(0, 1), (0.94, 1), (1.4, 1), (1.6, 2)])
def test_a_sentence_agrees_with_the_number_that_it_says(value, whole):
    assert numbers.whole(value) == whole
    about_53 = Yield(of=53, expected=value, low=0, high=4)
    assert (" are probably" in wording.expected(about_53)) is (whole > 1)
    with translation.override("es"):
        assert (" son probablemente erróneas" in wording.expected(about_53)) is (whole > 1)


@pytest.mark.parametrize(
    ("taxon_id", "said"),
    [
        (
            IMPATIENS,
            "About 61 of 540 observations labelled Bombus impatiens are probably something else, mostly"
            " Bombus griseocollis (48 to 78).",
        ),
        (
            CARNARIA,
            "About 2 of 30 observations labelled Sarcophaga carnaria are probably others of its genus or"
            " beyond (0 to 6).",
        ),
        (
            AXYRIDIS,
            "Of 50 observations labelled Harmonia axyridis, fewer than one is expected to be wrong (0 to 5).",
        ),
    ],
)
def test_the_headline_is_a_sentence_with_its_interval(hotspots, taxon_id, said):
    assert plain(wording.headline(item(taxon_id))) == said


def test_a_partner_that_is_less_than_half_is_one_among_others(hotspots):
    result = item(IMPATIENS, confused_with_expected=30.0)
    assert "something else, Bombus griseocollis among others (48 to 78)." in plain(wording.headline(result))


@pytest.mark.parametrize(
    ("taxon_id", "said"),
    [
        (IMPATIENS, "Of its 860 photos in the next export, about 88 would be wrong."),
        (
            CARNARIA,
            "Of its 40 photos in the next export, about 3 would be wrong. They teach the class Sarcophaga:"
            " wrong is what lies outside it. A mistake within Sarcophaga does no harm to the export; below,"
            " it is counted all the same.",
        ),
        (AXYRIDIS, "None of its photos would be in the next export as things stand."),
    ],
)
def test_the_harm_is_told_by_photos(hotspots, taxon_id, said):
    assert plain(wording.harm(item(taxon_id))) == said


def test_advice_is_given_only_where_photos_cannot_tell(hotspots):
    assert wording.advice(item(IMPATIENS)) == ""
    assert "leave it at Sarcophaga." in plain(wording.advice(item(CARNARIA)))


def test_each_pattern_has_its_sentence(hotspots):
    assert [plain(words) for words in wording.causes(item(IMPATIENS))] == [
        "Observations of Bombus griseocollis are labelled Bombus impatiens.",
        "Labels that came from a suggestion are changed more often than others: 15 of 70 (21 %, 90 % interval"
        " 15 to 30 %) against 2 of 50 (4 %, 90 % interval 1 to 11 %). About 4 in 1,000 differences as large"
        " as this are accidents.",
    ]
    assert [plain(words) for words in wording.causes(item(CARNARIA))] == [
        "Its genus is named as this one species: it makes 92 % of the species that suggestions name in its"
        " genus, and 11 % of those that skilled people name. Fewer than 1 in 1,000 such differences"
        " are accidents.",
    ]


@pytest.mark.parametrize("kind", Kind.values)
def test_a_pattern_of_which_little_is_known_has_a_sentence_too(hotspots, kind):
    result = item(AXYRIDIS, kinds={kind: 1}, suggested_share=None)
    (words,) = wording.causes(result)
    assert plain(words).endswith(".")
    assert wording.KIND_NAMES[kind]


def test_the_grounds_are_this_hotspot_s_own_figures(hotspots):
    assert grounds(item(IMPATIENS).row) == [
        "540 observations carry this label; computer vision suggested it for 310.",
        "The data say who identified what, in which order, and what was suggested by computer vision.",
        "People with a record of being right in this clade judged observations that had this label then, and"
        " named another taxon for 17 of 120 (14 %, 90 % interval 10 to 20 %). Agreeing with the label already"
        " there counts for less than naming the taxon first.",
        "Those that none of them has judged are taken to be wrong as often as the ones judged, of the same"
        " name and source; where these are few, the genus and the family count too. If skilled people look"
        " mostly at doubtful ones, that is too often.",
        "Added up over its observations, the probabilities of being wrong give 61; the 90 % interval is 48 to"
        " 78. It narrows as more is looked at.",
    ]


def test_weak_evidence_is_said_to_be_weak(hotspots):
    steps = grounds(item(AXYRIDIS).row)
    assert "The intervals are widest here." in steps[1]
    assert "usual in its genus" in steps[2]
    votes = grounds(item(AXYRIDIS, evidence=Evidence.VOTES).row)
    assert "The intervals are wider for it." in votes[1]


def test_nobody_looked_is_said_so():
    row = Hotspot(
        kinds={"lookalike": 1},
        labels=1,
        reviewed=0,
        evidence="identifications",
        expected_wrong=0.2,
        from_vision=0,
    )
    row.expected_wrong_low, row.expected_wrong_high = 0.0, 0.9
    assert "1 observation carries this label" in grounds(row)[0]
    assert "has looked at any of them" in grounds(row)[2]
    assert wording.share(Share(0, 0)) == "none looked at yet"


@pytest.mark.parametrize(
    ("south", "west", "said"),
    [
        (40, -80, "40 to 50° N, 80 to 70° W"),
        (-10, -180, "10 to 0° S, 180 to 170° W"),
        (0, 170, "0 to 10° N, 170 to 180° E"),
    ],
)
def test_a_square_is_named_by_its_edges(south, west, said):
    assert wording.square(south, west) == said


def test_shades_are_told_in_words():
    assert [wording.shade(step) for step in (0, 1, 5)] == ["less than 0.5 %", "0.5 to 2 %", "40 % and more"]


@pytest.mark.parametrize(
    ("q_value", "said"),
    [
        (None, ""),
        (0.0004, " Fewer than 1 in 1,000 such differences are accidents."),
        (0.04, " About 40 in 1,000 differences as large as this are accidents."),
    ],
)
def test_a_tested_difference_says_how_often_it_is_an_accident(q_value, said):
    assert wording.chance(q_value) == said
