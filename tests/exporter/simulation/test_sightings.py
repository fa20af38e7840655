from collections import Counter

import pytest

from exporter.simulation.groups import PLANNED_OBSERVATIONS
from exporter.simulation.sightings import DAY, known_taxa, obscure, true_numbers
from exporter.simulation.tree import ids_by_name, load_tree
from tests.exporter.simulation.draws import END_AT, generator, some_sightings


def test_planned_numbers_hold_at_the_default_size() -> None:
    numbers, ids = true_numbers(generator(), 24_000), ids_by_name()
    for name, planned in PLANNED_OBSERVATIONS.items():
        assert abs(numbers[ids[name]] - planned) <= 1, name


def test_numbers_add_up_at_any_size() -> None:
    for observations in (1, 99, 24_000):
        assert sum(true_numbers(generator(), observations).values()) == observations


def test_a_model_knows_taxa_of_60_observations_or_more_at_the_default_size_and_as_large_a_share_at_any() -> (
    None
):
    assert known_taxa({1: 60, 2: 59, 3: 23_881}) == {1, 3}
    assert known_taxa({1: 15, 2: 14, 3: 5_971}) == {1, 3}


def test_most_flesh_flies_are_species_that_nobody_names() -> None:
    numbers, ids = true_numbers(generator(), 24_000), ids_by_name()
    assert numbers[ids["Sarcophaga"]] > 5 * numbers[ids["Sarcophaga carnaria"]]


def test_sightings_come_in_the_order_of_their_upload_within_four_years_and_some() -> None:
    sightings = some_sightings(3_000)
    uploads = [sighting.created_at for sighting in sightings]
    assert uploads == sorted(uploads)
    assert [sighting.index for sighting in sightings] == list(range(3_000))
    for sighting in sightings:
        assert END_AT - (4 * 365 + 2) * DAY < sighting.observed_at < sighting.created_at < END_AT


def test_sightings_are_made_where_the_taxon_lives() -> None:
    tree = load_tree()
    for sighting in some_sightings(3_000):
        regions = tree[sighting.true_taxon_id].regions
        assert not regions or sighting.town.region in regions
        assert abs(sighting.latitude - sighting.town.latitude) < 3
        assert abs(sighting.longitude - sighting.town.longitude) < 3


def test_photos_are_believable() -> None:
    photos = Counter(sighting.photos for sighting in some_sightings(6_000))
    mean = sum(number * times for number, times in photos.items()) / 6_000
    assert set(photos) == set(range(7))
    assert mean == pytest.approx(1.6, abs=0.1)


def test_seasons_turn_round_in_the_south() -> None:
    sightings = [sighting for sighting in some_sightings(6_000) if sighting.group == 1]
    months = {
        is_southern: Counter(
            (sighting.observed_at // DAY) % 365 // 30
            for sighting in sightings
            if sighting.town.is_southern == is_southern
        )
        for is_southern in (False, True)
    }
    assert months[False].most_common(1)[0][0] != months[True].most_common(1)[0][0]


@pytest.mark.parametrize("point", [(51.75, -1.26), (-39.06, 174.08), (36.97, -122.03)])
def test_an_obscured_place_tells_the_cell_and_nothing_else(point: tuple[float, float]) -> None:
    low, high = obscure(*point, (0.0, 0.0)), obscure(*point, (1.0, 1.0))
    for true, from_, to in zip(point, low, high, strict=True):
        assert from_ <= true <= to
        assert to - from_ == pytest.approx(0.2)
