"""What somebody may do: their own permissions and their groups', as Django's backend has it, in one query."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser, Group, Permission


def permissions(*codenames):
    return Permission.objects.filter(content_type__app_label="cutoffs", codename__in=codenames)


@pytest.fixture
def make(db):
    """`make(is_active=False)`: somebody with permissions, in two groups that have some."""

    def make(**values):
        user = get_user_model().objects.create_user("bo", **values)
        user.user_permissions.set(permissions("schedule_cutoff", "view_snapshot"))
        for name, codenames in (("a", ["view_cutoff"]), ("b", ["view_cutoff", "view_snapshot"])):
            group = Group.objects.create(name=name)
            group.permissions.set(permissions(*codenames))
            user.groups.add(group)
        others = Group.objects.create(name="others")
        others.permissions.set(permissions("delete_cutoff"))
        return get_user_model().objects.get(pk=user.pk)

    return make


def test_own_permissions_and_those_of_groups_are_read_at_once(make, django_assert_num_queries):
    user = make()
    with django_assert_num_queries(1):
        assert user.get_all_permissions() == {
            "cutoffs.schedule_cutoff", "cutoffs.view_cutoff", "cutoffs.view_snapshot",
        }  # fmt: skip
        held = ("schedule_cutoff", "view_cutoff", "delete_cutoff")
        assert [user.has_perm(f"cutoffs.{name}") for name in held] == [True, True, False]
        assert (user.has_module_perms("cutoffs"), user.has_module_perms("blitzes")) == (True, False)


@pytest.mark.parametrize("values", [{}, {"is_active": False}, {"is_superuser": True}])
def test_it_says_what_django_s_own_says(make, values):
    user = make(**values)
    again = get_user_model().objects.get(pk=user.pk)
    assert user.get_all_permissions() == ModelBackend().get_all_permissions(again)
    assert user.get_all_permissions(obj=object()) == set()


def test_a_superuser_may_everything_and_somebody_inactive_nothing(make):
    user = make(is_superuser=True)
    assert user.has_perm("cutoffs.delete_cutoff")
    user.is_active = False
    assert not user.has_perm("cutoffs.schedule_cutoff")


def test_a_stranger_may_nothing(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert AnonymousUser().get_all_permissions() == set()
        assert not AnonymousUser().has_perm("cutoffs.view_cutoff")
