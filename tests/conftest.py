"""Fixtures that several parts share."""

from collections.abc import Callable

import pytest

from tests.portal import world as small


@pytest.fixture
def make_taxa(db: None) -> Callable:
    """Puts taxa and their names into the database: `make_taxa(rows)`, each row as in `world.TAXA`."""
    return small.make_taxa


@pytest.fixture
def world(db: None) -> object:
    """The small world of tests/portal/world.py in the database; gives its last refresh."""
    return small.make_world()
