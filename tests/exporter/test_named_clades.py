"""Clades by what people call them, those known by name alone among them: on the command line."""

import csv
import io
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.__main__ import main
from exporter.errors import DataError
from exporter.lake import Lake
from exporter.lineages import Name, provisional_id
from exporter.named_clades import clades_by_name_alone, find_clade
from exporter.tree import load_tree
from tests.exporter.test_lineages import CROWS, KNOWN, NAMES, RANKS, RAVEN, a_lake, an_export, taxonomy

PHOTO = {"image_url": "https://inaturalist-open-data.s3.amazonaws.com/photos/5/medium.jpg"}
JAY = {
    **RAVEN,
    "taxon_id": "8229",
    "scientific_name": "Cyanocitta cristata",
    "common_name": "Blue Jay",
    "taxon_genus_name": "Cyanocitta",
    "taxon_species_name": "Cyanocitta cristata",
}
WHEATEAR = {**RAVEN, "taxon_id": "13100", "scientific_name": "Oenanthe oenanthe",
            "taxon_family_name": "Muscicapidae", "taxon_genus_name": "Oenanthe",
            "taxon_species_name": "Oenanthe oenanthe"}  # fmt: skip
DROPWORT = {"taxon_id": "500", "scientific_name": "Oenanthe crocata", "taxon_kingdom_name": "Plantae",
            "taxon_family_name": "Apiaceae", "taxon_genus_name": "Oenanthe",
            "taxon_species_name": "Oenanthe crocata"}  # fmt: skip


def found(lake: Lake, text: str) -> int:
    with lake.connect() as con:
        return find_clade(con, text)


def refusal(lake: Lake, text: str) -> str:
    with pytest.raises(DataError) as refused:
        found(lake, text)
    return str(refused.value)


@pytest.mark.parametrize("text", ["Corvidae", "corvidae", "CORVIDAE", "family/Corvidae", "aves / Corvidae"])
def test_a_family_known_by_name_alone_is_found_by_its_name(tmp_path: Path, text: str) -> None:
    lake = a_lake(tmp_path, an_export(RAVEN, JAY))
    assert found(lake, text) == provisional_id(Name("Animalia", "family", "Corvidae")) < -1


@pytest.mark.parametrize("order", [1, -1])
def test_it_is_found_by_its_id_once_that_is_known_whatever_was_loaded_first(
    tmp_path: Path, order: int
) -> None:
    lake = a_lake(tmp_path, *[an_export(RAVEN), KNOWN][::order])
    assert found(lake, "Corvidae") == found(lake, "7823") == 7823


def test_a_common_name_will_do(tmp_path: Path) -> None:
    assert found(a_lake(tmp_path, an_export(RAVEN, JAY)), "blue jay") == 8229


def test_of_a_genus_and_a_subgenus_of_its_name_the_genus_is_meant(tmp_path: Path) -> None:
    lake = a_lake(tmp_path, an_export(RAVEN, CROWS, {**CROWS, "taxon_id": "900001"}))
    assert found(lake, "Corvus") == 7998


def test_an_accepted_name_goes_before_one_that_is_not(tmp_path: Path) -> None:
    inactive = "taxon_id\tancestry\trank_level\trank\tname\tactive\n"
    inactive += "71\t48460\t20\tgenus\tCorvus\tfalse\n72\t48460\t20\tgenus\tCorvus\ttrue\n"
    inactive += "73\t48460\t20\tgenus\tOldus\tfalse\n"
    lake = a_lake(tmp_path, inactive)
    assert (found(lake, "Corvus"), found(lake, "Oldus")) == (72, 73)


def test_a_name_that_several_have_is_one_line_that_tells_them_apart(tmp_path: Path) -> None:
    plant = taxonomy((47126, "48460", "kingdom", "Plantae"), (50001, "48460/47126", "genus", "Oenanthe"))
    lake = a_lake(tmp_path, an_export(WHEATEAR), plant)
    assert refusal(lake, "oenanthe") == (
        "clade 'oenanthe': 2 taxa have that name: one known by name alone (genus, in Animalia),"
        " 50001 (genus, in Plantae); give an id, or write a rank or a taxon above it before the name, as in"
        " genus/oenanthe"
    )
    assert found(lake, "Plantae/Oenanthe") == 50001
    assert found(lake, "Animalia/genus/Oenanthe") == provisional_id(Name("Animalia", "genus", "Oenanthe"))


def test_two_known_by_name_alone_are_told_apart_by_what_lies_above(tmp_path: Path) -> None:
    lake = a_lake(tmp_path, an_export(WHEATEAR, DROPWORT))
    assert refusal(lake, "Oenanthe").count("one known by name alone (genus, in ") == 2
    assert found(lake, "Apiaceae/Oenanthe") == provisional_id(Name("Plantae", "genus", "Oenanthe"))


@pytest.mark.parametrize("text", ["Nobody", "genus/Corvidae", "Plantae/Corvidae", "/", "-2", "Corvid"])
def test_a_name_that_no_taxon_has_is_one_line(tmp_path: Path, text: str) -> None:
    assert refusal(a_lake(tmp_path, an_export(RAVEN)), text) == (
        f"clade {text!r}: no taxon of the lake has that name; `python -m exporter readiness` lists those with"
        " observations"
    )


def test_readiness_of_a_clade_known_by_name_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lake = a_lake(tmp_path, an_export({**RAVEN, **PHOTO}, {**WHEATEAR, **PHOTO}, {**DROPWORT, **PHOTO}))

    def names(clade: str) -> list[str]:
        command = ["readiness", "--lake", str(lake.root), "--clade", clade, "--format", "csv"]
        assert main(command) == 0
        return [row["name"] for row in csv.DictReader(io.StringIO(capsys.readouterr().out))]

    assert names("passeriformes") == ["Corvus corax", "Oenanthe oenanthe"]
    assert names("Corvidae") == names("8010") == ["Corvus corax"]
    assert names("Apiaceae") == ["Oenanthe crocata"]


@pytest.mark.parametrize("command", ["hotspots", "worklist", "readiness"])
def test_a_clade_that_is_none_stops_every_command_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    lake = a_lake(tmp_path, an_export(RAVEN))
    assert main([command, "--lake", str(lake.root), "--clade", "Nobody"]) == 1
    assert capsys.readouterr().err.startswith("exporter: clade 'Nobody': no taxon of the lake has that name;")


def test_places_of_clades_known_by_name_alone(tmp_path: Path) -> None:
    with a_lake(tmp_path, an_export(RAVEN, JAY)).connect() as con:
        tree = load_tree(con)
        clades = {row["name"]: row for row in clades_by_name_alone(con, tree).to_pylist()}
    assert {name: row["rank"] for name, row in clades.items()} == {
        "Chordata": "phylum",
        "Passeriformes": "order",
        "Corvidae": "family",
        "Corvus": "genus",
        "Cyanocitta": "genus",
    }
    raven, jay = (tree.positions(np.array([8010, 8229])) + 1).tolist()
    ends = {name: range(row["tree_left"], row["tree_right"] + 1) for name, row in clades.items()}
    assert {name for name in ends if raven in ends[name]} == {*clades} - {"Cyanocitta"}
    assert {name for name in ends if jay in ends[name]} == {*clades} - {"Corvus"}


@settings(max_examples=15)
@given(
    st.lists(
        st.fixed_dictionaries(
            {"taxon_id": st.integers(1, 6).map(str), "scientific_name": NAMES}
            | {f"taxon_{rank}_name": NAMES for rank in RANKS}
        ),
        min_size=1,
        max_size=4,
    ),
    NAMES.filter(bool),
)
def test_whatever_is_asked_for_no_made_up_id_is_written(
    tmp_path_factory: pytest.TempPathFactory,
    capsys: pytest.CaptureFixture[str],
    rows: list[dict[str, str]],
    name: str,
) -> None:
    lake = a_lake(tmp_path_factory.mktemp("odd"), an_export(*({**row, **PHOTO} for row in rows)))
    code = main(["readiness", "--lake", str(lake.root), "--clade", name, "--format", "csv"])
    output = capsys.readouterr()
    assert code in (0, 1)
    refusals = [line for line in output.err.splitlines() if line.startswith("exporter: clade ")]
    assert len(refusals) == code
    assert not any(int(row["taxon_id"]) < 0 for row in csv.DictReader(io.StringIO(output.out)))
    assert not re.search(r"-\d{9,}", output.out + output.err)
