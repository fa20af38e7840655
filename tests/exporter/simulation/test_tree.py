import csv
import gzip
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from exporter.simulation.groups import GENERA, GROUPS, PLANNED_OBSERVATIONS
from exporter.simulation.places import REGION_SHARES, TOWNS
from exporter.simulation.tree import genus_of, ids_by_name, load_tree


def test_parents_precede_and_ranks_descend() -> None:
    seen: set[int] = set()
    for taxon in load_tree().values():
        assert taxon.parent_id is None or taxon.parent_id in seen, taxon
        seen.add(taxon.taxon_id)
        levels = [load_tree()[taxon_id].rank_level for taxon_id in taxon.line]
        assert all(above > below for above, below in pairwise(levels)), taxon


def test_there_is_one_root_and_it_is_life() -> None:
    roots = [taxon for taxon in load_tree().values() if taxon.parent_id is None]
    assert [(root.taxon_id, root.name) for root in roots] == [(48460, "Life")]


def test_the_line_of_a_bumble_bee() -> None:
    tree = load_tree()
    bee = tree[ids_by_name()["Bombus terrestris"]]
    assert [tree[taxon_id].name for taxon_id in bee.line] == [
        "Life",
        "Animalia",
        "Arthropoda",
        "Hexapoda",
        "Insecta",
        "Pterygota",
        "Hymenoptera",
        "Apocrita",
        "Aculeata",
        "Apoidea",
        "Anthophila",
        "Apidae",
        "Apinae",
        "Bombini",
        "Bombus",
        "Bombus terrestris",
    ]
    assert (bee.taxon_id, bee.rank_level, bee.iconic_taxon_id) == (57516, 10.0, 47158)


def test_size_of_the_world() -> None:
    tree = load_tree().values()
    assert sum(taxon.rank == "species" for taxon in tree) == 240
    assert sum(taxon.rank == "genus" for taxon in tree) == 55


def test_every_special_case_is_there() -> None:
    tree = load_tree().values()
    assert {taxon.name for taxon in tree if taxon.rank == "hybrid"} == {"Larus glaucescens × occidentalis"}
    assert {taxon.name for taxon in tree if taxon.rank == "subspecies"} == {
        "Amanita muscaria flavivolvata",
        "Setophaga coronata auduboni",
        "Setophaga coronata coronata",
    }
    assert {taxon.name for taxon in tree if not taxon.is_active} == {"Xylocopa varipuncta"}


def test_names_of_genera_and_finer_taxa_are_unique() -> None:
    tree = load_tree().values()
    assert len(ids_by_name()) == sum(taxon.rank_level <= 20 for taxon in tree)


def test_everything_below_genus_says_where_it_lives() -> None:
    for taxon in load_tree().values():
        assert set(taxon.regions) <= set(REGION_SHARES), taxon
        assert bool(taxon.regions) == (taxon.rank_level < 20), taxon


def test_regions_have_towns_and_shares_that_add_up() -> None:
    assert {town.region for town in TOWNS} == set(REGION_SHARES)
    assert sum(REGION_SHARES.values()) == pytest.approx(1.0)


def test_parameters_name_taxa_that_exist() -> None:
    ids, tree = ids_by_name(), load_tree()
    groups = {group.name for group in GROUPS}
    assert sorted(genus.name for genus in GENERA) == sorted(
        taxon.name for taxon in tree.values() if taxon.rank == "genus"
    )
    for genus in GENERA:
        assert genus.group in groups
        named = {*genus.lookalikes, *genus.lookalikes.values(), *filter(None, [genus.collapse_onto])}
        assert {genus_of(tree[ids[name]]).name for name in named} <= {genus.name}
    assert set(PLANNED_OBSERVATIONS) <= set(ids)


#: From a public repository that reads iNaturalist's API with this id, not from the shared data.
KNOWN_OTHERWISE = {(124550, "Sarcophaga carnaria")}


@pytest.mark.shared_data
def test_every_id_is_inaturalists(shared_data: Path) -> None:
    known = set(_names_by_id(shared_data))
    ours = {(taxon.taxon_id, taxon.name) for taxon in load_tree().values()}
    assert ours - known == KNOWN_OTHERWISE


def _names_by_id(shared_data: Path) -> Iterator[tuple[int, str]]:
    """Every taxon id with its name in the taxonomies and the CSV exports."""
    columns = (
        ("taxon_id", "name"),
        ("taxon_id", "scientific_name"),
        ("taxon.id", "taxon.name"),
        ("taxon_id", "taxon_species_name"),
    )
    for folder in ("1_observation_csv", "3_taxonomy"):
        for path in sorted((shared_data / folder).rglob("*.csv*")):
            content = path.read_bytes()
            text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode()
            for row in csv.DictReader(text.splitlines()):
                for id_column, name_column in columns:
                    if row.get(id_column, "").isdigit() and row.get(name_column):
                        yield int(row[id_column]), row[name_column]
                if row.get("rank") and row.get("id", "").isdigit():
                    yield int(row["id"]), row.get(row["rank"]) or row.get("name") or ""
