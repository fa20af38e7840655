"""Names that are nearly so written: wherever in the word the error is."""

import pytest
from django.db import connection

from portal.taxa.models import Taxon, TaxonName
from portal.taxa.queries import spelling
from portal.taxa.queries.spelling import close_to, starts_meant

BOMBUS, SARCOPHAGA = 52775, 120489


def ids(text: str) -> list[int]:
    return [taxon.id for taxon in close_to(text, 8)]


@pytest.mark.parametrize(
    "typed",
    [
        "Pombus",  # a wrong first letter
        "ombus",  # it is missing
        "Bbombus",  # it is there twice
        "obmbus",  # in the wrong order
        "Bonbus",  # later
        "bombsu",
        "Bómbuß",  # folded as names are
    ],
)
def test_an_error_anywhere_in_a_name_is_forgiven(world, typed):
    assert ids(typed)[0] == BOMBUS


@pytest.mark.parametrize("letter", range(len("sarcophaga")))
def test_each_letter_of_a_name_may_be_wrong_missing_or_twice(world, letter):
    name = "sarcophaga"
    before, after = name[:letter], name[letter + 1 :]
    for typed in (f"{before}x{after}", before + after, f"{before}{name[letter]}{name[letter]}{after}"):
        assert SARCOPHAGA in ids(typed), typed


def test_f_is_taken_for_ph(world):
    Taxon.objects.create(pk=900, name="Phylloscopus", rank="genus", ancestry="48460", observations=7)
    TaxonName.objects.create(taxon_id=900, key="phylloscopus", popularity=3)
    assert ids("Fylloscopus") == [900]


def test_the_closest_comes_first_and_the_most_observed_of_those_alike(world):
    assert [taxon.name for taxon in close_to("vombus terrestris", 1)] == ["Bombus terrestris"]


def test_a_text_too_short_or_like_nothing_gives_none(world, django_assert_max_num_queries):
    for typed in ("", "bo", "bom", "xylophone", "Sarawak weaver ant", "%%%%%%", "_ombus__"):
        with django_assert_max_num_queries(7):
            assert BOMBUS not in ids(typed) or typed == "_ombus__"


def test_starts_are_those_of_one_error(db):
    """By hand: each of the first three letters wrong, missing, one too many, or swapped with the next."""
    meant = starts_meant("bombus")
    assert {"pombu", "bambu", "boobu", "xbomb", "bxomb", "boxmb", "ombus", "bmbus", "bobus"} <= meant
    assert {"obmbu", "bmobu", "bobmu"} <= meant
    assert "bombu" not in meant
    assert {len(start) for start in meant} == {5}
    assert "phall" in starts_meant("fallo")


def test_without_taxa_there_is_nothing(db):
    assert close_to("bombus", 8) == []


def test_an_error_at_the_beginning_walks_the_index_for_each_start(world):
    """And sorts what it finds, in place of going through all names until enough of them fit."""
    is_lite = connection.vendor == "sqlite"
    statement = spelling._BEGINNING_WITH.format(popularities="0, 1, 2", starts="(%s, %s), (%s, %s)")
    with connection.cursor() as cursor:
        if not is_lite:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
        explain = "EXPLAIN QUERY PLAN" if is_lite else "EXPLAIN"
        cursor.execute(f"{explain} {statement}", ["aombu", "aombv", "bambu", "bambv", "", "es", 20])
        plan = "\n".join(str(row[-1]) for row in cursor.fetchall())
    if is_lite:
        assert "USING COVERING INDEX name_search (popularity=? AND key>? AND key<?)" in plan
        assert plan.index("MATERIALIZE found") < plan.index("USE TEMP B-TREE FOR ORDER BY")
    else:
        found, sort = plan.index("CTE found"), plan.index("Sort Key: found.popularity DESC")
        assert found < plan.index("Index Only Scan using name_search") < sort
