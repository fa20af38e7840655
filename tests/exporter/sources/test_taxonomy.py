"""Taxonomies. The header is line 1."""

from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.exporter.sources.conftest import Loaded

Load = Callable[[bytes | str], Loaded]


def taxon(
    taxon_id: int, ancestry: str | None, name: str, rank: str | None, level: float, **more: Any
) -> dict[str, Any]:
    row = {
        "taxon_id": taxon_id,
        "ancestry": ancestry,
        "name": name,
        "rank": rank,
        "rank_level": level,
        **more,
    }
    return {**{key: value for key, value in row.items() if value is not None}, "source": "taxonomy"}


def test_the_taxonomy_of_a_vision_export(load: Load) -> None:
    """The exporter leaves the parent of kingdoms empty. Levels 10 and 20 are shared with hybrids: no rank."""
    loaded = load(
        "parent_taxon_id,taxon_id,rank_level,leaf_class_id,iconic_class_id,spatial_class_id,name,iconic_taxon_id\n"
        "54321,54322,10.0,0,2,1,Bombus 'x',47158\n"
        ",1,70.0,,,,Animalia,\n"
        "1,47120,60,,,,Arthropoda,1\n"
        "47120,54321,20,,,,Bombus,47158\n"
    )
    assert loaded == Loaded(
        "taxonomy",
        4,
        [],
        {
            "taxa": [
                taxon(1, "48460", "Animalia", "kingdom", 70.0),
                taxon(47120, "48460/1", "Arthropoda", "phylum", 60.0, iconic_taxon_id=1),
                taxon(54321, "48460/1/47120", "Bombus", None, 20.0, iconic_taxon_id=47158),
                taxon(54322, "48460/1/47120/54321", "Bombus 'x'", None, 10.0, iconic_taxon_id=47158),
            ]
        },
    )


def test_names_may_stand_in_a_column_for_each_rank(load: Load) -> None:
    loaded = load(
        "id,parent_id,rank,kingdom,genus,species\n"
        "47126,48460,kingdom,Plantae,,\n"
        "7,47126,genus,Plantae,Iris,\n"
        "8,7,species,Plantae,Iris,Iris germanica\n"
    )
    assert loaded.refusals == []
    assert loaded.taxa == [
        taxon(7, "48460/47126", "Iris", "genus", 20.0),
        taxon(8, "48460/47126/7", "Iris germanica", "species", 10.0),
        taxon(47126, "48460", "Plantae", "kingdom", 70.0),
    ]


def test_an_ancestry_that_is_told_is_taken(load: Load) -> None:
    loaded = load(
        "taxon_id,ancestry,rank,name,active\n"
        "48460,,stateofmatter,Life,true\n"
        "1,48460,kingdom,Animalia,true\n"
        "9,48460/1/3,species,Corvus corax,false\n"
        "10,1/3,,Corvus,\n"
    )
    assert loaded.refusals == []
    assert loaded.taxa == [
        taxon(1, "48460", "Animalia", "kingdom", 70.0, is_active=True),
        taxon(9, "48460/1/3", "Corvus corax", "species", 10.0, is_active=False),
        {"taxon_id": 10, "ancestry": "48460/1/3", "name": "Corvus", "source": "taxonomy"},
        taxon(48460, "", "Life", "stateofmatter", 100.0, is_active=True),
    ]


def test_parents_that_lead_out_of_the_file_leave_the_ancestry_untold(load: Load) -> None:
    loaded = load("id,parent_id,name,rank\n5,4,Iris,genus\n6,5,Iris x,species\n7,,Lost,genus\n")
    assert loaded.refusals == []
    assert loaded.taxa == [
        taxon(5, None, "Iris", "genus", 20.0),
        taxon(6, None, "Iris x", "species", 10.0),
        taxon(7, None, "Lost", "genus", 20.0),
    ]


def test_parents_in_a_circle_and_bad_values_are_left_out(load: Load) -> None:
    loaded = load(
        "id,parent_id,name,rank,rank_level,active,iconic_taxon_id\n"
        "1,48460,Animalia,kingdom,,,\n"
        "5,6,a,genus,,,\n"
        "6,5,b,genus,,,\n"
        "7,7,c,genus,,,\n"
        "8,5,d,genus,,,\n"
        ",1,e,genus,,,\n"
        "x,1,f,genus,,,\n"
        "9,y,g,genus,,,\n"
        "10,1,h,genus,high,,\n"
        "11,1,i,genus,,perhaps,\n"
        "12,1,j,genus,,,z\n"
    )
    assert loaded.taxa == [
        taxon(1, "48460", "Animalia", "kingdom", 70.0),
        *(
            taxon(number, None, name, "genus", 20.0)
            for number, name in zip((5, 6, 7, 8, 9), "abcdg", strict=True)
        ),
        *(
            taxon(number, "48460/1", name, "genus", 20.0)
            for number, name in zip((10, 11, 12), "hij", strict=True)
        ),
    ]
    assert loaded.refusals == [("line 7", "no taxon id"), ("line 8", "id 'x': not a whole number")]
    assert loaded.notes == [
        ("line 3", "parent_id '6': its parents go in a circle (5 > 6 > 5)"),
        ("line 4", "parent_id '5': its parents go in a circle (6 > 5 > 6)"),
        ("line 5", "parent_id '7': its parents go in a circle (7 > 7)"),
        ("line 6", "parent_id '5': its parents go in a circle (8 > 5 > 6 > 5)"),
        ("line 9", "parent_id 'y': not a whole number"),
        ("line 10", "rank_level 'high': not a number"),
        ("line 11", "active 'perhaps': neither true nor false"),
        ("line 12", "iconic_taxon_id 'z': not a whole number"),
    ]


@settings(max_examples=25)
@given(st.data())
def test_every_ancestry_is_the_parents_followed_to_life(load: Load, data: st.DataObject) -> None:
    """Trees in any order of rows, each taxon's parent drawn from the taxa before it."""
    size = data.draw(st.integers(1, 30))
    ids = [48460, *(1_000_000 + number for number in range(size))]
    ancestry = {48460: ""}
    parents = {48460: ""}
    for place in range(1, len(ids)):
        parent = data.draw(st.sampled_from(ids[:place]))
        parents[ids[place]] = str(parent)
        ancestry[ids[place]] = f"{ancestry[parent]}/{parent}".lstrip("/")
    rows = data.draw(st.permutations(ids))
    loaded = load("id,parent_id,name\n" + "".join(f"{each},{parents[each]},n\n" for each in rows))
    assert {row["taxon_id"]: row["ancestry"] for row in loaded.taxa} == ancestry
