"""Saying who one is on iNaturalist: the name is looked up once, at a stand-in of its API."""

import pytest
from django.core.cache import cache

from portal.accounts.models import NamedAccount
from tests.portal.taxa.test_views import words
from tests.standin.server import StandIn
from tests.standin.world import World

ADDRESS = "/accounts/named/"


@pytest.fixture
def standin(settings, tmp_path):
    """iNaturalist, with the account 77 called bo."""
    settings.DATA_DIR, settings.LAKE_DIR, settings.PULL = tmp_path, tmp_path / "lake", True
    with StandIn(
        World([{"id": 1, "updated_at": "2026-11-01T00:00:00Z", "user": {"id": 77, "login": "bo"}}])
    ) as serving:
        settings.API_URL = serving.url
        yield serving


@pytest.fixture
def ana(db, client, django_user_model):
    cache.clear()
    user = django_user_model.objects.create_user("ana")
    client.force_login(user)
    return user


def named():
    return list(NamedAccount.objects.values_list("user__username", "inat_id", "login"))


@pytest.mark.parametrize("name", ["bo", "77"])
def test_a_name_or_a_number_is_looked_up_once(standin, client, ana, name):
    page = client.post(ADDRESS, {"name": name}, follow=True)
    assert "You say that you are bo." in words(page)
    assert named() == [("ana", 77, "bo")]
    assert [asked.path for asked in standin.log] == [f"/v1/users/{name}"]
    client.get("/accounts/")
    assert len(standin.log) == 1


def test_two_people_may_say_the_same_for_nothing_proves_it(standin, client, ana, django_user_model):
    client.post(ADDRESS, {"name": "bo"})
    client.force_login(django_user_model.objects.create_user("ben"))
    client.post(ADDRESS, {"name": "bo"})
    assert sorted(named()) == [("ana", 77, "bo"), ("ben", 77, "bo")]


def test_it_can_be_removed(standin, client, ana):
    client.post(ADDRESS, {"name": "bo"})
    assert "Add your user name" in words(client.post(ADDRESS, {"forget": "1"}, follow=True))
    assert named() == []


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nobody", "iNaturalist has no user “nobody”. Check the spelling."),
        ("../taxa", "A user name has letters, digits, “-”, “_” and “.” alone."),
        ("a b", "A user name has letters, digits"),
        ("", "This field is required."),
        ("x" * 101, "Ensure this value has at most 100 characters"),
    ],
)
def test_a_name_that_is_none_is_one_clear_line(standin, client, ana, name, says):
    assert says in words(client.post(ADDRESS, {"name": name}, follow=True))
    assert named() == []


def test_where_inaturalist_does_not_answer_the_page_says_so(standin, client, ana):
    standin.faults.next("500")
    page = client.post(ADDRESS, {"name": "bo"}, follow=True)
    assert "iNaturalist does not answer now. Try again in a few minutes." in words(page)
    assert named() == []


def test_where_the_portal_reads_nothing_a_number_does(settings, client, ana):
    settings.PULL = False
    assert "Write your user number instead" in words(client.post(ADDRESS, {"name": "bo"}, follow=True))
    assert named() == []
    assert "You say that you are 77." in words(client.post(ADDRESS, {"name": "77"}, follow=True))
    assert named() == [("ana", 77, "77")]


def test_nobody_looks_up_names_without_end_or_without_an_account(standin, client, ana):
    assert [client.post(ADDRESS, {"name": "bo"}).status_code for _ in range(6)] == [302] * 5 + [429]
    client.logout()
    assert client.post(ADDRESS, {"name": "bo"})["Location"].startswith("/accounts/sign-in/")
    assert client.get(ADDRESS).status_code == 405
