from collections import Counter, defaultdict

import pytest

from exporter.simulation.histories import Chance, History
from exporter.simulation.sightings import Sighting
from exporter.simulation.tree import load_tree
from tests.exporter.simulation.draws import END_AT, generator, some_histories

Histories = list[tuple[Sighting, History]]


@pytest.fixture(scope="module")
def histories() -> Histories:
    """Those of a world of the default size."""
    return list(some_histories(24_000))


def test_times_rise_from_upload_to_the_end(histories: Histories) -> None:
    for sighting, history in histories:
        times = [made.made_at for made in history.identifications]
        assert times == sorted(set(times))
        assert not times or sighting.created_at <= times[0] <= times[-1] < END_AT + 60


def test_a_person_has_one_current_identification(histories: Histories) -> None:
    for _, history in histories:
        current = [made.person for made in history.identifications if made.is_current]
        assert len(current) == len(set(current))


def test_what_is_stored_of_a_disagreement_follows_from_the_label(histories: Histories) -> None:
    tree = load_tree()
    for _, history in histories:
        for made in history.identifications:
            if made.previous_taxon_id is None:
                assert made.is_disagreement is None
            elif made.previous_taxon_id in tree[made.taxon_id].line:
                assert made.is_disagreement is False
            elif made.taxon_id not in tree[made.previous_taxon_id].line:
                assert made.is_disagreement is True


def test_own_identifications_are_the_observers(histories: Histories) -> None:
    for sighting, history in histories:
        for made in history.identifications:
            assert made.is_own == (made.person == sighting.observer)


def test_numbers_are_believable(histories: Histories) -> None:
    """About what iNaturalist has: 2.2 identifications an observation, three in five agreed at species."""
    tree, number = load_tree(), len(histories)
    made = [made for _, history in histories for made in history.identifications]
    agreed = sum(
        history.consensus.community_taxon_id is not None
        and tree[history.consensus.community_taxon_id].rank_level <= 10
        for _, history in histories
    )
    assert len(made) / number == pytest.approx(2.25, abs=0.15)
    assert agreed / number == pytest.approx(0.6, abs=0.05)
    assert 0.35 < sum(one.is_vision for one in made) / len(made) < 0.5
    assert 0.02 < sum(not one.is_current for one in made) / len(made) < 0.1


def test_who_overturns_a_label_is_mostly_right(histories: Histories) -> None:
    """On fourteen days of real histories no second visitor (of 72) took the side of an overturned species."""
    tree = load_tree()
    overturned = [
        made.previous_taxon_id in tree[sighting.true_taxon_id].line
        for sighting, history in histories
        for made in history.identifications
        if not made.is_own
        and made.is_disagreement
        and made.previous_taxon_id is not None
        and tree[made.previous_taxon_id].rank == "species"
    ]
    assert len(overturned) > 500
    assert sum(overturned) < 0.15 * len(overturned)


def test_most_that_is_called_carnaria_is_not(histories: Histories) -> None:
    labelled = [
        sighting.true_taxon_id for sighting, history in histories if history.consensus.taxon_id == 124550
    ]
    assert len(labelled) > 100
    assert sum(true != 124550 for true in labelled) > 0.7 * len(labelled)


def test_rare_labels_are_wrong_more_often_than_common_ones(histories: Histories) -> None:
    """As on iNaturalist, where the rarest third of the labels falls seven times as often as the commonest."""
    tree = load_tree()
    labelled = [
        (history.consensus.taxon_id, sighting.true_taxon_id)
        for sighting, history in histories
        if history.consensus.taxon_id is not None
        and tree[history.consensus.taxon_id].rank == "species"
        and tree[sighting.true_taxon_id].rank == "species"
    ]
    number = Counter(label for label, _ in labelled)
    labelled.sort(key=lambda pair: number[pair[0]])
    third = len(labelled) // 3
    rare, common = (
        sum(label != true for label, true in part) for part in (labelled[:third], labelled[-third:])
    )
    assert rare > 3 * common > 0


def test_every_status_occurs_at_the_default_size(histories: Histories) -> None:
    """By the rule of 2022, in short: 60 observations, 50 confirmed, a class above no other class."""
    statuses = _statuses(histories)
    tree = load_tree()
    at_species = {status for taxon_id, status in statuses.items() if tree[taxon_id].rank == "species"}
    at_genus = {status for taxon_id, status in statuses.items() if tree[taxon_id].rank == "genus"}
    assert at_species == {"leaf", "rolled_up", "dropped", "short", "excluded"}
    assert {"leaf", "covered", "short"} <= at_genus
    assert statuses[67747] == "leaf"  # Usnea: no species of it is
    assert statuses[409309] == statuses[329941] == "short"  # Oxysarcodexia varia, alone in its tribe
    assert statuses[52482] == "leaf"  # Episyrphus balteatus, alone in its genus
    assert statuses[243970] == statuses[126562] == statuses[57687] == "excluded"


def test_taxa_lie_close_to_the_line_on_both_sides(histories: Histories) -> None:
    totals, confirmed = _counts(histories)
    tree = load_tree()
    species = [taxon_id for taxon_id in totals if tree[taxon_id].rank == "species"]
    near = Counter(confirmed[taxon_id] >= 50 for taxon_id in species if 40 <= confirmed[taxon_id] < 60)
    assert min(near[True], near[False]) >= 8


def _counts(histories: Histories) -> tuple[Counter[int], Counter[int]]:
    """Observations with a photo and confirmed ones, by taxon, what lies below it included."""
    tree = load_tree()
    totals: Counter[int] = Counter()
    confirmed: Counter[int] = Counter()
    for sighting, history in histories:
        community, taxon = history.consensus
        if taxon is not None and sighting.photos and not (sighting.fails_metric or sighting.is_flagged):
            totals.update(tree[taxon].line)
            confirmed.update(tree[community].line if community is not None else ())
    return totals, confirmed


def _statuses(histories: Histories) -> dict[int, str]:
    totals, confirmed = _counts(histories)
    tree = load_tree()
    children = defaultdict(list)
    for taxon in tree.values():
        children[taxon.parent_id].append(taxon.taxon_id)
    statuses: dict[int, str] = {}

    def assess(taxon_id: int) -> bool:
        taxon = tree[taxon_id]
        have_class = [assess(child) for child in children[taxon_id]]
        if any(have_class):
            statuses[taxon_id] = "covered"
        elif taxon.rank in {"hybrid", "subspecies"} or not taxon.is_active:
            statuses[taxon_id] = "excluded"
        elif totals[taxon_id] >= 60 and confirmed[taxon_id] >= 50:
            statuses[taxon_id] = "leaf"
        return statuses.get(taxon_id) in {"covered", "leaf"}

    assess(48460)
    for taxon_id, taxon in tree.items():
        if taxon_id not in statuses:
            above = [statuses[ancestor] for ancestor in taxon.line[:-1]]
            below_line = "dropped" if set(above) == {"covered"} else "short"
            statuses[taxon_id] = "rolled_up" if "leaf" in above else below_line
    return statuses


def test_chance_repeats_itself_for_the_same_seed() -> None:
    draws = [
        (chance.uniform(), chance.normal(), chance.delay(1.0, 1.0))
        for chance in (Chance(generator()), Chance(generator()))
    ]
    assert draws[0] == draws[1]


def test_a_delay_is_a_minute_at_least() -> None:
    chance = Chance(generator())
    assert min(chance.delay(0.0, 1.0) for _ in range(100)) == 60
