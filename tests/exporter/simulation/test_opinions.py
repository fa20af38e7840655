import pytest

from exporter.simulation.opinions import SUGGESTION, Opinions
from exporter.simulation.people import EXPERT, KEEN, NOVICE
from exporter.simulation.sightings import true_numbers
from exporter.simulation.tree import genus_of, ids_by_name, load_tree
from tests.exporter.simulation.draws import generator

SOURCES = (NOVICE, KEEN, EXPERT, SUGGESTION)


@pytest.fixture(scope="module")
def numbers() -> dict[int, int]:
    return true_numbers(generator(), 24_000)


@pytest.fixture(scope="module")
def opinions(numbers: dict[int, int]) -> Opinions:
    return Opinions(difficulty=1.0)


def test_shares_add_up_to_one_and_are_positive(opinions: Opinions, numbers: dict[int, int]) -> None:
    for taxon_id in numbers:
        for source in SOURCES:
            shares = opinions.shares(taxon_id, source)
            assert sum(shares.values()) == pytest.approx(1.0)
            assert min(shares.values()) > 0


def test_names_stay_in_the_iconic_taxon_or_go_up_the_line_of_the_genus(
    opinions: Opinions, numbers: dict[int, int]
) -> None:
    tree = load_tree()
    for taxon_id in numbers:
        genus = genus_of(tree[taxon_id])
        for source in SOURCES:
            for named in opinions.shares(taxon_id, source):
                assert named in genus.line or tree[named].iconic_taxon_id == genus.iconic_taxon_id


def test_most_mistakes_are_taxa_of_another_genus(opinions: Opinions) -> None:
    tree, bee = load_tree(), ids_by_name()["Bombus vagans"]
    species = {
        named: share
        for named, share in opinions.shares(bee, NOVICE).items()
        if tree[named].rank == "species" and named != bee
    }
    strays = sum(share for named, share in species.items() if genus_of(tree[named]).name != "Bombus")
    assert strays == pytest.approx(0.65 * sum(species.values()))


def test_a_species_alone_in_its_genus_is_mistaken_less_often(opinions: Opinions) -> None:
    ids = ids_by_name()
    bumblebee, honeybee = ids["Bombus impatiens"], ids["Apis mellifera"]
    honest = [opinions.shares(bee, NOVICE)[bee] for bee in (bumblebee, honeybee)]
    assert honest[0] < honest[1]


def test_nobody_names_an_inactive_taxon_for_another(opinions: Opinions, numbers: dict[int, int]) -> None:
    inactive = ids_by_name()["Xylocopa varipuncta"]
    naming = [taxon_id for taxon_id in numbers if inactive in opinions.shares(taxon_id, NOVICE)]
    assert naming == [inactive]


def test_suggestions_collapse_flesh_flies_onto_one_species(opinions: Opinions) -> None:
    ids = ids_by_name()
    genus, species = ids["Sarcophaga"], ids["Sarcophaga carnaria"]
    suggested = opinions.shares(genus, SUGGESTION)[species]
    assert suggested > 0.75
    assert suggested > 10 * opinions.shares(genus, EXPERT)[species]
    assert opinions.collapses(genus, species)
    assert not opinions.collapses(species, species)
    assert not opinions.collapses(ids["Bombus vagans"], ids["Bombus impatiens"])


def test_suggestions_fall_by_mistake_on_known_species_alone(numbers: dict[int, int]) -> None:
    """But for the look-alike and the species that stands for a genus; people take anything for it."""
    tree, ids = load_tree(), ids_by_name()
    known = frozenset({ids["Bombus impatiens"], ids["Apis mellifera"]})
    opinions, bee = Opinions(1.0, known), ids["Bombus vagans"]
    fallen = {
        source: {
            named
            for named in opinions.shares(bee, source)
            if tree[named].rank == "species" and named not in {bee, ids["Bombus impatiens"]}
        }
        for source in (SUGGESTION, NOVICE)
    }
    assert fallen[SUGGESTION] == {ids["Apis mellifera"]}
    assert len(fallen[NOVICE]) > 20
    assert sum(opinions.shares(bee, SUGGESTION).values()) == pytest.approx(1.0)


def test_a_lookalike_takes_most_of_the_mistakes_within_the_genus(opinions: Opinions) -> None:
    ids, tree = ids_by_name(), load_tree()
    shares = opinions.shares(ids["Bombus sandersoni"], NOVICE)
    mistakes = {
        taxon_id: share
        for taxon_id, share in shares.items()
        if tree[taxon_id].rank == "species"
        and genus_of(tree[taxon_id]).name == "Bombus"
        and taxon_id != ids["Bombus sandersoni"]
    }
    assert mistakes[ids["Bombus vagans"]] > 0.75 * sum(mistakes.values())


def test_skill_pays(opinions: Opinions) -> None:
    bee = ids_by_name()["Bombus vagans"]
    novice, keen, expert = (opinions.shares(bee, level)[bee] for level in (NOVICE, KEEN, EXPERT))
    assert novice < keen < expert


def test_without_difficulty_nobody_errs(numbers: dict[int, int]) -> None:
    easy, tree = Opinions(difficulty=0.0), load_tree()
    for taxon_id in numbers:
        for source in SOURCES:
            assert set(easy.shares(taxon_id, source)) <= set(tree[taxon_id].line)


def test_draw_falls_on_the_shares_in_order(opinions: Opinions) -> None:
    ids = ids_by_name()
    genus, species = ids["Sarcophaga"], ids["Sarcophaga carnaria"]
    share = opinions.shares(genus, SUGGESTION)[species]
    assert opinions.draw(genus, SUGGESTION, 0.0) == species
    drawn = [opinions.draw(genus, SUGGESTION, (step + 0.5) / 1000) for step in range(1000)]
    assert drawn.count(species) / 1000 == pytest.approx(share, abs=0.002)
