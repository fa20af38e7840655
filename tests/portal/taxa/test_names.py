import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.taxa.names import KEY_LENGTH, word_starts
from portal.text import fold


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("Common Eastern Bumble Bee", "common eastern bumble bee"),
        ("Wilson's Warbler", "wilsons warbler"),
        ("Wilson’s Warbler", "wilsons warbler"),
        ("Buff-tailed Bumble Bee", "buff tailed bumble bee"),
        ("Mésange à tête noire", "mesange a tete noire"),
        ("Blåhake", "blahake"),
        ("Løvsanger", "lovsanger"),
        ("Weißstorch", "weissstorch"),
        ("Salix × fragilis", "salix fragilis"),
        ("  two   words ", "two words"),
        ("四川", "四川"),
        ("×", ""),
    ],
)
def test_names_fold_to_plain_lower_case_words(name, folded):
    assert fold(name) == folded


def test_a_name_is_found_from_each_of_its_words():
    assert word_starts("Bombus impatiens", "Common Eastern Bumble Bee") == {
        "bombus impatiens",
        "impatiens",
        "common eastern bumble bee",
        "eastern bumble bee",
        "bumble bee",
        "bee",
    }


def test_names_without_letters_have_no_word():
    assert word_starts("", "?") == set()


@given(st.text())
def test_folding_twice_is_folding_once(name):
    assert fold(fold(name)) == fold(name)


@given(st.text(max_size=300))
def test_every_key_fits_its_field_and_is_a_folded_end_of_the_name(name):
    for key in word_starts(name):
        assert 0 < len(key) <= KEY_LENGTH
        assert f" {fold(name)} ".find(f" {key}") >= 0
