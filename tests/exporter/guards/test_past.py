"""Past dates, against readiness as of the same times."""

from hypothesis import given, settings

from exporter.criteria import INAT_2022
from exporter.guards.past import past_dates, stand_at
from exporter.readiness import readiness
from exporter.settling import settle
from tests.exporter.exporting import worlds
from tests.exporter.reference import has_address
from tests.exporter.world import World, day


def test_past_dates_reach_back_as_far_as_the_data() -> None:
    world = World()
    world.taxon(1, None, "species")
    world.observe(1, 1, created_at=day(1))
    with world.connect() as con:
        assert past_dates(con, day(30), 7) == [day(23), day(16), day(9), day(2)]
        assert past_dates(con, day(101), 7) == [day(101 - 7 * step) for step in range(1, 7)]
        assert past_dates(con, day(5), 7) == []


def test_an_empty_lake_has_no_past_dates() -> None:
    with World().connect() as con:
        assert past_dates(con, day(30), 7) == []


def test_a_past_date_by_hand() -> None:
    """One species of three observations: one was made since, and one has been agreed with since."""
    world = World()
    world.taxon(1, None, "genus")
    world.taxon(2, 1, "species")
    for made in (2, 3, 8):
        world.observe(1, 2, 2, created_at=day(made))
        number = len(world.observations)
        world.identify(number, taxon_id=2, user_id=number, created_at=day(made))
        world.identify(number, taxon_id=2, user_id=100, created_at=day(4 if made == 2 else 9))
    with world.connect() as con:
        settle(con, INAT_2022, day(10), day(18))
        then = stand_at(con, INAT_2022, day(6), day(18)).rows.to_pylist()
        now = readiness(con, INAT_2022).to_pylist()
    columns = ("taxon_id", "observations", "community_confirmed")
    assert [tuple(row[name] for name in columns) for row in then] == [(1, 2, 1), (2, 2, 1)]
    assert [tuple(row[name] for name in columns) for row in now] == [(1, 3, 3), (2, 3, 3)]


@settings(max_examples=25)
@given(worlds())
def test_a_past_date_stands_as_readiness_gave_it_then(world: World) -> None:
    """By the photos that a snapshot can write."""
    with world.connect() as con:
        settle(con, INAT_2022, day(10), day(18))
        result = stand_at(con, INAT_2022, day(6), day(18)).rows
    world.photos = [photo for photo in world.photos if has_address(photo)]
    with world.connect() as con:
        assert result.equals(readiness(con, INAT_2022, at=day(6)))
