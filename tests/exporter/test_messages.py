"""Messages: codes with values, and the English that they stand for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.messages import TEXTS, Message, Text, english, message, parts, plain

#: Worked by hand: messages, and what they say.
WORKED = [
    ([], ""),
    ([message("little")], "Little speaks for the label."),
    ([message("disagree", against=1, of=3)], "1 of 3 identifications disagrees."),
    ([message("disagree", against=2, of=3)], "2 of 3 identifications disagree."),
    (
        [message("overturned", n=1, of=12_345)],
        "1 of 12,345 reviewed labels of this taxon was overturned.",
    ),
    (
        [message("suggested"), message("maybe", taxon="Bombus griseocollis")],
        "First named by a computer vision suggestion. It may be Bombus griseocollis.",
    ),
    (plain("Words {of} a person."), "Words {of} a person."),
    (plain(""), ""),
    # Of another version: shown as they are stored.
    ([{"code": "new", "n": 3}], "code: new, n: 3"),
    ([{"code": "maybe"}], "code: maybe"),
]


def values_of(text: Text) -> dict[str, st.SearchStrategy]:
    """Any values of the kinds that a text takes."""
    specs = {name: spec for form in (text.one, text.many) for _words, name, spec in parts(form) if name}
    decimals = st.floats(allow_nan=False, allow_infinity=False)
    numbers = st.integers(-(10**18), 10**18)
    return {
        name: numbers if name == text.count or spec == "d" else decimals if spec else st.text() | numbers
        for name, spec in specs.items()
    }


@st.composite
def messages(draw: st.DrawFn) -> list[Message]:
    """Any messages."""
    codes = draw(st.lists(st.sampled_from(sorted(TEXTS)), max_size=4))
    return [message(code, **draw(st.fixed_dictionaries(values_of(TEXTS[code])))) for code in codes]


@pytest.mark.parametrize(("told", "words"), WORKED)
def test_messages_in_english(told: list[Message], words: str) -> None:
    assert english(told) == words


@pytest.mark.parametrize("values", [{}, {"against": 1}, {"against": 1, "of": 3, "more": 2}])
def test_a_message_has_the_values_that_its_text_names(values: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="disagree"):
        message("disagree", **values)


@given(messages())
def test_any_messages_are_rendered_with_their_words(told: list[Message]) -> None:
    words = english(told)
    names = [
        value for one in told for name, value in one.items() if name != "code" and isinstance(value, str)
    ]
    assert [name for name in names if name not in words] == []


def test_a_text_has_a_number_for_its_plural_and_a_plural_for_its_number() -> None:
    wrong = [code for code, text in TEXTS.items() if bool(text.many) != bool(text.count)]
    missing = [code for code, text in TEXTS.items() if text.count and text.count not in text.values]
    assert (wrong, missing) == ([], [])
