"""How somebody is signed in with a password, and what they may do."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AbstractUser, AnonymousUser

from portal.accounts.queries import permissions_of


class OneLookBackend(ModelBackend):
    """Django's own, but for one thing: a person's permissions and those of their groups are read at once.

    Almost every page asks for both, of everybody who is signed in.
    """

    def get_all_permissions(self, user_obj: AbstractUser | AnonymousUser, obj: Any = None) -> set[str]:
        """Their permissions as ``app.codename``; none for one object, or of somebody inactive."""
        if not user_obj.is_active or user_obj.is_superuser or obj is not None:
            return super().get_all_permissions(user_obj, obj)
        if not hasattr(user_obj, "_perm_cache"):
            user_obj._perm_cache = permissions_of(user_obj)
        return user_obj._perm_cache
