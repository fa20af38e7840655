"""Fixtures that several parts share."""

from collections.abc import Callable

import hypothesis
import pytest

from tests.portal import world as small
from tests.portal.hotspots import findings

# How long an example takes says what else the machine does; speed is measured in benchmarks/.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


@pytest.fixture
def make_taxa(db: None) -> Callable:
    """Puts taxa and their names into the database: `make_taxa(rows)`, each row as in `world.TAXA`."""
    return small.make_taxa


@pytest.fixture
def world(db: None) -> object:
    """The small world of tests/portal/world.py in the database; gives its last refresh."""
    return small.make_world()


@pytest.fixture
def hotspots(world: object) -> object:
    """The small world with the hotspots of tests/portal/hotspots/findings.py; gives its last refresh."""
    findings.make_hotspots(world)
    return world
