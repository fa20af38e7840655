"""A small stand-in."""

from collections.abc import Iterator

import pytest

from tests.standin.__main__ import simulated
from tests.standin.server import StandIn
from tests.standin.world import World


@pytest.fixture(scope="session")
def records() -> list[dict]:
    """The observations of a small simulated world."""
    return simulated(600)


@pytest.fixture
def standin(records: list[dict]) -> Iterator[StandIn]:
    """A stand-in that serves them, without a limit that matters."""
    with StandIn(World(records), requests=10_000) as serving:
        yield serving
