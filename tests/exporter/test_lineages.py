"""Taxa that a file tells by the names of their ancestors: their place in the tree, whatever came first."""

import csv
import io
import json
from itertools import permutations
from pathlib import Path
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.criteria import PRESETS
from exporter.hotspots import find
from exporter.ingest import ingest
from exporter.lake import Lake
from exporter.lineages import Name, lineage_of, provisional_id
from exporter.readiness import readiness
from exporter.tree import load_tree

ANIMALS, CHORDATES, BIRDS, LIFE = 1, 2, 3, 48460
RANKS = ("kingdom", "phylum", "class", "order", "family", "genus", "species")

RAVEN = {
    "taxon_id": "8010",
    "scientific_name": "Corvus corax",
    "taxon_kingdom_name": "Animalia",
    "taxon_phylum_name": "Chordata",
    "taxon_class_name": "Aves",
    "taxon_order_name": "Passeriformes",
    "taxon_family_name": "Corvidae",
    "taxon_genus_name": "Corvus",
    "taxon_species_name": "Corvus corax",
}
CROWS = {**RAVEN, "taxon_id": "7998", "scientific_name": "Corvus", "taxon_species_name": ""}
ROOK = {"taxon_id": "204496", "scientific_name": "Corvus frugilegus", "taxon_family_name": "Corvidae",
        "taxon_genus_name": "Corvus", "taxon_species_name": "Corvus frugilegus"}  # fmt: skip


def an_export(*rows: dict[str, str]) -> str:
    """A CSV export with an observation of each row's taxon."""
    header = ["id", "observed_on", "quality_grade", *dict.fromkeys(name for row in rows for name in row)]
    text = io.StringIO()
    writer = csv.DictWriter(text, header, restval="")
    writer.writeheader()
    for row in rows:
        number = str(crc32(repr(row).encode()))
        writer.writerow({"id": number, "observed_on": "2024-05-01", "quality_grade": "research", **row})
    return text.getvalue()


def taxonomy(*rows: tuple[int, str, str, str]) -> str:
    """An open-data table of taxa: id, ancestry, rank, name."""
    lines = ["taxon_id\tancestry\trank_level\trank\tname\tactive"]
    levels = {"kingdom": 70, "phylum": 60, "class": 50, "order": 40, "family": 30, "genus": 20, "species": 10}
    lines += [f"{number}\t{line}\t{levels[rank]}\t{rank}\t{name}\ttrue" for number, line, rank, name in rows]
    return "\n".join(lines) + "\n"


KNOWN = taxonomy(
    (1, "48460", "kingdom", "Animalia"),
    (2, "48460/1", "phylum", "Chordata"),
    (3, "48460/1/2", "class", "Aves"),
    (7251, "48460/1/2/3", "order", "Passeriformes"),
    (7823, "48460/1/2/3/7251", "family", "Corvidae"),
)


def a_lake(folder: Path, *files: str) -> Lake:
    """A lake of files, loaded one after the other."""
    lake = Lake(folder / "lake")
    for number, content in enumerate(files):
        path = folder / f"file{number}"
        path.write_text(content)
        ingest(lake, [path], strict=True)
    return lake


def places(lake: Lake) -> dict[str, tuple[str, str | None]]:
    """Each taxon's ancestors, by name, and its rank."""
    with lake.connect() as con:
        rows = con.execute("SELECT taxon_id, name, rank, ancestry FROM taxa").fetchall()
    names = {str(taxon_id): name for taxon_id, name, *_ in rows}
    return {
        name: (" > ".join(names[part] for part in (ancestry or "").split("/") if part), rank)
        for _, name, rank, ancestry in rows
    }


def ids(lake: Lake) -> dict[str, int]:
    with lake.connect() as con:
        return dict(con.execute("SELECT name, taxon_id FROM taxa").fetchall())


def test_names_of_ancestors_are_the_tree_of_an_export_alone(tmp_path: Path) -> None:
    lake = a_lake(tmp_path, an_export(RAVEN))
    above = "Life > Animalia > Chordata > Aves > Passeriformes > Corvidae > Corvus"
    assert places(lake)["Corvus corax"] == (above, "species")
    assert places(lake)["Aves"] == ("Life > Animalia > Chordata", "class")
    result = ids(lake)
    assert (result["Animalia"], result["Aves"], result["Corvus corax"]) == (ANIMALS, BIRDS, 8010)
    assert result["Corvus"] == provisional_id(Name("Animalia", "genus", "Corvus")) < -1


def test_a_label_at_a_genus_is_the_genus_of_the_species_below_it(tmp_path: Path) -> None:
    lake = a_lake(tmp_path, an_export(RAVEN, CROWS))
    assert ids(lake)["Corvus"] == 7998
    assert places(lake)["Corvus"] == ("Life > Animalia > Chordata > Aves > Passeriformes > Corvidae", "genus")
    with lake.connect() as con:
        rows = {row["name"]: row for row in readiness(con, PRESETS["inat-2022"]).to_pylist()}
    assert all(row["taxon_id"] >= 0 for row in rows.values())
    assert rows == {}, "neither has a photo"


def test_a_subgenus_with_the_name_of_its_genus_lies_below_it(tmp_path: Path) -> None:
    subgenus = {**CROWS, "taxon_id": "900001"}
    lake = a_lake(tmp_path, an_export(RAVEN, subgenus), an_export(CROWS))
    with lake.connect() as con:
        rows = con.execute(
            "SELECT taxon_id, rank, split_part(ancestry, '/', -1) FROM taxa WHERE name = 'Corvus' ORDER BY 1"
        ).fetchall()
    assert [row[:2] for row in rows] == [(7998, "genus"), (900001, None)]
    assert rows[1][2] == "7998"


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_order_of_loading_does_not_matter(tmp_path: Path, order: tuple[int, ...]) -> None:
    files = [an_export(ROOK), an_export(RAVEN, CROWS), KNOWN]
    lake = a_lake(tmp_path, *(files[number] for number in order))
    result = ids(lake)
    assert min(result.values()) >= 0, "every name has a taxon that answers to it"
    assert places(lake)["Corvus frugilegus"] == (
        "Life > Animalia > Chordata > Aves > Passeriformes > Corvidae > Corvus",
        "species",
    )
    assert result["Corvidae"] == 7823


def test_an_ancestry_with_ids_outranks_names(tmp_path: Path) -> None:
    moved = taxonomy(
        (1, "48460", "kingdom", "Animalia"),
        (8010, "48460/1/2", "species", "Corvus corax"),
        (2, "48460/1", "phylum", "Chordata"),
    )
    lake = a_lake(tmp_path, an_export(RAVEN), moved)
    assert places(lake)["Corvus corax"] == ("Life > Animalia > Chordata", "species")


def test_namesakes_in_other_kingdoms_are_other_taxa(tmp_path: Path) -> None:
    plant = taxonomy(
        (47126, "48460", "kingdom", "Plantae"),
        (1, "48460", "kingdom", "Animalia"),
        (50001, "48460/47126", "genus", "Oenanthe"),
        (50002, "48460/1", "genus", "Oenanthe"),
    )
    bird = {"taxon_id": "13100", "scientific_name": "Oenanthe oenanthe", "iconic_taxon_name": "Aves",
            "taxon_genus_name": "Oenanthe", "taxon_species_name": "Oenanthe oenanthe"}  # fmt: skip
    lake = a_lake(tmp_path, an_export(bird), plant)
    with lake.connect() as con:
        [(ancestry,)] = con.execute("SELECT ancestry FROM taxa WHERE taxon_id = 13100").fetchall()
    assert ancestry == "48460/1/50002"


def test_two_that_answer_to_a_name_leave_it_provisional(tmp_path: Path) -> None:
    twins = taxonomy(
        (1, "48460", "kingdom", "Animalia"),
        (50001, "48460/1", "genus", "Corvus"),
        (50002, "48460/1", "genus", "Corvus"),
    )
    lake = a_lake(tmp_path, an_export(RAVEN), twins)
    with lake.connect() as con:
        [(ancestry,)] = con.execute("SELECT ancestry FROM taxa WHERE taxon_id = 8010").fetchall()
    assert ancestry.endswith(f"/{provisional_id(Name('Animalia', 'genus', 'Corvus'))}")


def test_of_two_that_answer_to_a_name_the_one_below_the_known_ancestor_is_meant(tmp_path: Path) -> None:
    twins = taxonomy(
        (1, "48460", "kingdom", "Animalia"),
        (7823, "48460/1", "family", "Corvidae"),
        (50001, "48460/1", "genus", "Corvus"),
        (50002, "48460/1/7823", "genus", "Corvus"),
    )
    lake = a_lake(tmp_path, an_export(RAVEN), twins)
    with lake.connect() as con:
        [(ancestry,)] = con.execute("SELECT ancestry FROM taxa WHERE taxon_id = 8010").fetchall()
    assert ancestry == "48460/1/7823/50002"


def test_the_iconic_group_stands_in_for_ranks_that_a_file_lacks() -> None:
    recorded = lineage_of({"family": "Corvidae", "genus": "Corvus"}, "Aves")
    assert json.loads(recorded or "") == {
        "kingdom": "Animalia", "class": "Aves", "family": "Corvidae", "genus": "Corvus",
    }  # fmt: skip
    assert lineage_of({}, None) is None
    assert lineage_of({"kingdom": "Fungi"}, "Fungi") == '{"kingdom": "Fungi"}'


NAMES = st.sampled_from(["", "Animalia", "Corvus", "Aves", "aves", "×", "a/b", '"', "Żuk", "NA"])


@settings(max_examples=25)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "taxon_id": st.integers(0, 6).map(str),
                "scientific_name": NAMES,
                "iconic_taxon_name": st.sampled_from(["", "Aves", "Fungi", "Unknown"]),
                "taxon_rank": st.sampled_from(["", "genus", "species", "subspecies", "complex", "kingdom"]),
                **{f"taxon_{rank}_name": NAMES for rank in RANKS},
            }
        ),
        min_size=1,
        max_size=5,
    )
)
def test_odd_names_make_a_tree_and_no_made_up_id_leaves_the_lake(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]]
) -> None:
    photo = {"image_url": "https://inaturalist-open-data.s3.amazonaws.com/photos/5/medium.jpg"}
    lake = a_lake(tmp_path_factory.mktemp("odd"), an_export(*({**row, **photo} for row in rows)))
    with lake.connect() as con:
        tree = load_tree(con)
        assert len(set(tree.taxon_ids.tolist())) == len(tree)
        assert con.execute(
            "SELECT max(n) FROM (SELECT count(*) AS n FROM taxa GROUP BY taxon_id)"
        ).fetchall() == [(1,)]
        result = readiness(con, PRESETS["inat-2022"])
        for column in ("taxon_id", "leaf_taxon_id"):
            assert all(value is None or value >= 0 for value in result[column].to_pylist())
        findings = find(con, PRESETS["inat-2022"])
        for table in (findings.hotspots, findings.worklist, findings.confusions):
            for column in (name for name in table.column_names if name.endswith("taxon_id")):
                assert all(value is None or value >= 0 for value in table[column].to_pylist())
