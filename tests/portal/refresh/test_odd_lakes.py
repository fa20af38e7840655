"""A refresh takes any lake over: small odd ones, in which whatever may be empty is."""

from datetime import UTC, datetime

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.criteria import PRESETS
from exporter.errors import DataError
from exporter.hotspots import evidence
from exporter.lake import LakeVersion
from exporter.schema import TABLES
from portal.lake.models import Refresh
from portal.refresh import reading, services
from portal.taxa.models import Readiness, Taxon
from tests.exporter.hotspots.scenes import TINY
from tests.exporter.odd_lakes import EXAMPLES, odd_lakes
from tests.exporter.world import World

VERSION = LakeVersion(1, datetime(2026, 1, 1, tzinfo=UTC), dict.fromkeys(TABLES, 1), False)


@pytest.fixture
def take_over(db, monkeypatch, tmp_path):
    """Refreshes the database from a world, and puts it back: `take_over(world, as_of)`."""
    # Under the real rules a lake this small holds no class, and too little evidence to list anything.
    monkeypatch.setitem(PRESETS, "inat-2021", TINY)
    monkeypatch.setattr(evidence, "LEAST_REVIEWS", 0)

    def take_over(world: World, as_of: datetime | None) -> Refresh:
        class OddLake:
            root = local = tmp_path

            def __init__(self, folder):
                pass

            def latest(self):
                return VERSION

            def connect(self, version):
                return world.connect()

        monkeypatch.setattr(reading, "Lake", OddLake)
        with transaction.atomic():
            refresh = services.refresh(["inat-2021", "inat-2022"], as_of)
            listed = set(Readiness.objects.values_list("taxon_id", flat=True))
            assert listed <= set(Taxon.objects.values_list("id", flat=True))
            transaction.set_rollback(True)
        return refresh

    return take_over


@settings(
    max_examples=EXAMPLES,
)
@given(odd_lakes(), st.sampled_from([None, datetime(2024, 9, 1, tzinfo=UTC)]))
def test_a_refresh_takes_any_lake_over(take_over, world: World, as_of: datetime | None) -> None:
    try:
        assert take_over(world, as_of).state == Refresh.State.DONE
    except DataError as error:
        if "the data end at" not in str(error):
            raise
