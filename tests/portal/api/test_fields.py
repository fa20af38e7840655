"""Fields of answers: what a row becomes, its columns and its example."""

from types import SimpleNamespace

from rest_framework import serializers

from portal.api.fields import Blank, Flag, Whole, Words, columns, example, field, listed, maker


class Bee(serializers.Serializer):
    id = Whole("Its number.", 7, of="taxon.id")
    name = Words("", "Apis", of="taxon.name")


class Hive(serializers.Serializer):
    """A hive; its queen may be unknown, and its count may not have begun."""

    place = Blank("", "")
    is_full = Flag("", True, of=lambda row: row.bees > 9)
    queen = field(Bee, null=True, of="queen")
    oldest = field(Bee, of="oldest")
    workers = field(Bee, many=True)


def bee(number: int, name: str) -> SimpleNamespace:
    return SimpleNamespace(taxon=SimpleNamespace(id=number, name=name))


HIVE = SimpleNamespace(place="Bonn", bees=10, queen=bee(1, "A"), oldest=bee(2, "B"), workers=[bee(3, "C")])


def test_an_answer_is_made_of_its_fields_sources() -> None:
    assert maker(Hive)(HIVE) == {
        "place": "Bonn",
        "is_full": True,
        "queen": {"id": 1, "name": "A"},
        "oldest": {"id": 2, "name": "B"},
        "workers": [{"id": 3, "name": "C"}],
    }


def test_without_a_row_what_is_nested_is_null_or_all_of_it_is() -> None:
    made = maker(Hive)(SimpleNamespace(place="", bees=0, queen=None, oldest=None, workers=[]))
    assert made == {
        "place": "",
        "is_full": False,
        "queen": None,
        "oldest": {"id": None, "name": None},
        "workers": [],
    }


def test_what_is_given_by_name_takes_the_place_of_the_row_s() -> None:
    made = maker(Hive)(HIVE, place="Graz", queen=bee(9, "Z"), workers=[])
    assert (made["place"], made["queen"], made["workers"]) == ("Graz", {"id": 9, "name": "Z"}, [])


def test_what_is_nested_is_made_of_the_same_row_unless_it_has_a_source() -> None:
    class Counts(serializers.Serializer):
        bees = Whole("", 10)

    class Counted(serializers.Serializer):
        counts = field(Counts)

    assert maker(Counted)(HIVE) == {"counts": {"bees": 10}}


def test_columns_join_what_is_nested_and_leave_lists_out() -> None:
    assert list(columns(Hive)) == ["place", "is_full", "queen_id", "queen_name", "oldest_id", "oldest_name"]


def test_the_example_is_made_of_the_fields_examples() -> None:
    one = {"id": 7, "name": "Apis"}
    expected = {"place": "", "is_full": True, "queen": one, "oldest": one, "workers": [one]}
    assert example(Hive) == expected
    assert example(Hive, place="Bonn", queen=None) == expected | {"place": "Bonn", "queen": None}
    answer = listed("Answer", Bee, "All of them.", next=Blank("", "end"))
    assert example(answer) == {"results": [one], "next": "end"}


def test_a_field_tells_the_schema_its_meaning_and_whether_it_may_be_null() -> None:
    described = Hive().fields
    assert (described["queen"].allow_null, described["oldest"].allow_null) == (True, False)
    assert (Bee().fields["id"].help_text, described["place"].allow_blank) == ("Its number.", True)
