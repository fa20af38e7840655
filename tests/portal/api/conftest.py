"""Each test begins with no request counted and no edition known."""

import pytest
from django.core.cache import cache

from portal.api import edition
from portal.training.queries import classes_of


@pytest.fixture(autouse=True)
def fresh():
    cache.clear()
    edition.forget()
    classes_of.cache_clear()


@pytest.fixture
def get(client):
    """`get(address, Accept="text/csv")` gives the response; the address begins after /api/v1."""
    return lambda address, **headers: client.get(f"/api/v1{address}", headers=headers)
