"""How somebody is signed in with a password, and what they may do."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest

from portal import throttling
from portal.accounts.queries import digest, permissions_of, signed_in_user

#: How many passwords one visitor may try in an hour, and how many may be tried for one account.
TRIES_OF_A_VISITOR, TRIES_FOR_AN_ACCOUNT = 30, 10


class OneLookBackend(ModelBackend):
    """Django's own, but for one thing: a person's permissions and those of their groups are read at once.

    Almost every page asks for both, of everybody who is signed in. And passwords are not tried without
    end, on whatever page they are typed.
    """

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        """The user of that name and password. TooOftenError if too many were tried."""
        if request is None or username is None:
            return super().authenticate(request, username, password, **kwargs)
        account = f"sign-in-account-{digest(username.lower())}"
        throttling.take(f"sign-in-{throttling.address_of(request)}", TRIES_OF_A_VISITOR, throttling.HOUR_S)
        throttling.take(account, TRIES_FOR_AN_ACCOUNT, throttling.HOUR_S)
        user = super().authenticate(request, username, password, **kwargs)
        if user is not None:
            throttling.forget(account, throttling.HOUR_S)
        return user

    def get_user(self, user_id: Any) -> User | None:
        """Who is signed in, with what every page asks of them; None if the account was closed."""
        user = signed_in_user(user_id)
        return user if user and self.user_can_authenticate(user) else None

    def get_all_permissions(self, user_obj: User | AnonymousUser, obj: Any = None) -> set[str]:
        """Their permissions as ``app.codename``; none for one object, or of somebody inactive."""
        if not user_obj.is_active or user_obj.is_superuser or obj is not None:
            return super().get_all_permissions(user_obj, obj)
        kept: set[str] | None = getattr(user_obj, "_perm_cache", None)
        if kept is None:
            kept = permissions_of(user_obj)
            setattr(user_obj, "_perm_cache", kept)  # noqa: B010  # where Django keeps them itself
        return kept
