"""How somebody is signed in with a password, and what they may do."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser, User

from portal.accounts.queries import permissions_of


class OneLookBackend(ModelBackend):
    """Django's own, but for one thing: a person's permissions and those of their groups are read at once.

    Almost every page asks for both, of everybody who is signed in.
    """

    def get_all_permissions(self, user_obj: User | AnonymousUser, obj: Any = None) -> set[str]:
        """Their permissions as ``app.codename``; none for one object, or of somebody inactive."""
        if not user_obj.is_active or user_obj.is_superuser or obj is not None:
            return super().get_all_permissions(user_obj, obj)
        kept: set[str] | None = getattr(user_obj, "_perm_cache", None)
        if kept is None:
            kept = permissions_of(user_obj)
            setattr(user_obj, "_perm_cache", kept)  # noqa: B010  # where Django keeps them itself
        return kept
