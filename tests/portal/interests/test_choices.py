"""A choice as addresses, cookies and tables carry it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.interests.choices import LONGEST, MOST, NOTHING, Choice, choice_of, of_address, read, written

texts = st.lists(
    st.text(min_size=1, max_size=LONGEST).map(str.strip).filter(bool), max_size=MOST, unique=True
)


@given(texts, texts)
def test_a_cookie_gives_back_what_was_put_into_it(groups, places):
    choice = Choice(tuple(groups), tuple(places))
    assert read(written(choice)) == choice


def test_an_address_carries_a_choice():
    choice = Choice(("47822", "Diptera sp."), ("ES", "US-CA"))
    assert choice.query() == {"groups": "47822,Diptera sp.", "places": "ES,US-CA"}
    assert of_address(choice.query()) == choice
    assert of_address({"groups": ""}) is None
    assert NOTHING.query() == {}


def test_one_more_and_one_less():
    choice = Choice(("1",)).with_one("places", "ES").with_one("groups", "2").with_one("groups", "1")
    assert choice == Choice(("2", "1"), ("ES",))
    assert choice.without("groups", "2").without("groups", "3") == Choice(("1",), ("ES",))
    assert choice.only(groups=False, places=True) == Choice((), ("ES",))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "7", '{"groups": 7, "places": [1, null]}', '{"groups": "ab"}']
)
def test_what_is_no_choice_is_none(text):
    assert read(text) == NOTHING


def test_there_is_an_end_to_it():
    many = choice_of({"groups": [str(number) for number in range(99)], "places": ["x" * (LONGEST + 1), " "]})
    assert many == Choice(tuple(str(number) for number in range(MOST)))
