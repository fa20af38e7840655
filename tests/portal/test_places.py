"""Places by the names that people type."""

import pytest
from django.utils import translation

from portal.places import Where, place_called, place_with_code, places_starting_so, places_with_codes


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Spain", "ES"),
        ("españa", "ES"),
        ("ES", "ES"),
        ("us-ca", "US-CA"),
        ("California", "US-CA"),
        ("north america", "north_america"),
        ("Georgia", "GE"),  # the country before the state
        ("Georgia, United States", "US-GA"),
        ("Cataluña", "ES-cataluna"),
        ("Atlantis", None),
        ("", None),
        ("…", None),
        ("\x00", None),
    ],
)
def test_a_place_is_known_by_its_code_and_by_its_name_in_any_language(text, code):
    place = place_called(text)
    assert (place.code if place else None) == code


def test_places_are_named_in_the_readers_language_with_their_country():
    assert str(place_with_code("US-CA")) == "California, United States"
    with translation.override("es"):
        assert place_with_code("US-CA") == Where("US-CA", "California", "Estados Unidos")
        assert str(place_with_code("ES")) == "España"
    assert places_with_codes(["ES", "nowhere", "africa"]) == (Where("ES", "Spain"), Where("africa", "Africa"))


def test_larger_places_are_offered_first():
    assert [place.code for place in places_starting_so("california", 9)][:2] == ["US-CA", "MX-BCN"]
    assert places_starting_so("geor", 3)[0].code == "GE"
    assert [place.code for place in places_starting_so("zealand", 2)] == ["DK-85", "NZ"]
    assert places_starting_so(" ", 5) == []
