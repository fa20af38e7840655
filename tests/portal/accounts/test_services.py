"""Who somebody is, known by iNaturalist's id."""

from datetime import UTC, datetime

from django.contrib.auth import get_user_model

from portal.accounts import services
from portal.accounts.inaturalist import Account
from portal.accounts.models import Identity

NOW = datetime(2026, 12, 1, tzinfo=UTC)
BO = Account(inat_id=77, login="bo", identifications=1500)


def test_a_new_account_gets_a_user_without_a_password(db):
    user = services.arrive(BO, None, now=NOW)
    assert (user.username, user.has_usable_password(), user.is_staff) == ("bo", False, False)
    identity = Identity.objects.get(user=user)
    assert (identity.inat_id, identity.login, identity.identifications, identity.told_at) == (
        77, "bo", 1500, NOW,
    )  # fmt: skip


def test_the_same_account_is_the_same_user_whatever_its_name(db):
    user = services.arrive(BO, None)
    again = services.arrive(Account(77, "bo_renamed", 1600), None)
    assert again == user
    identity = Identity.objects.get()
    assert (identity.login, identity.identifications) == ("bo_renamed", 1600)
    other = services.arrive(Account(78, "bo", 3), None)
    assert (other.username, other == user) == ("bo-inat-78", False)


def test_a_name_that_somebody_has_here_gives_nothing_of_theirs(db):
    staff = get_user_model().objects.create_superuser("Bo")
    user = services.arrive(BO, None)
    assert (user == staff, user.username, user.is_superuser) == (False, "bo-inat-77", False)


def test_who_is_signed_in_keeps_their_user(db):
    anna = get_user_model().objects.create_user("anna")
    assert services.arrive(BO, anna) == anna
    assert services.arrive(Account(78, "second", 3), anna).username == "second"
    assert services.arrive(BO, None) == anna
