"""Each test begins with no request counted and no edition known."""

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache

from portal.accounts import services
from portal.accounts.models import Scope
from portal.api import edition
from portal.versions.queries import classes_of
from tests.portal.blitzes.conftest import at_state, ida, make_cutoff, person, propose

__all__ = ["at_state", "ida", "make_cutoff", "person", "propose"]


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    # However slow the machine, a test's second look at the edition costs no query.
    monkeypatch.setattr(edition, "KEPT_S", 3600.0)
    cache.clear()
    edition.forget()
    classes_of.cache_clear()


@pytest.fixture
def get(client):
    """`get(address, Accept="text/csv")` gives the response; the address begins after /api/v1."""
    return lambda address, **headers: client.get(f"/api/v1{address}", headers=headers)


def bearer_token(scope):
    """The text of a new token with that scope; a person's own is of a new account."""
    if scope == Scope.PERSON:
        return services.make_own_token(get_user_model().objects.create_user("an owner"), "a test")
    return services.make_token("a test", scope)[1]


def assert_refused(response, status, name=""):
    """A problem document with that status; of a bad request with the parameter that is wrong."""
    document = response.json()
    assert (response.status_code, document["status"]) == (status, status)
    assert response["Content-Type"] == "application/problem+json"
    assert document["detail"]
    assert [each["name"] for each in document.get("errors", [])] == ([name] if name else [])
