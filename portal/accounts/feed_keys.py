"""The key of a person's own feeds: programs that read them do not sign in. A new password makes a new key."""

from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac

from portal.accounts.queries import active_user
from portal.ids import id_written

#: Keys that people use depend on it, so it never changes.
_SALT = "portal.cutoffs.feeds"


def key_of(user: User) -> str:
    """The key with which a feed shows what this person may know."""
    return f"{user.pk}-{salted_hmac(_SALT, f'{user.pk}:{user.password}', algorithm='sha256').hexdigest()}"


def viewer_of(request: HttpRequest) -> User | AnonymousUser:
    """Whose key the address has; without one, nobody. Never the session, for feeds are cached and shared.

    PermissionDenied for a key that is not valid, or no more.
    """
    key = request.GET.get("key", "")
    if not key:
        return AnonymousUser()
    user_id = id_written(key.partition("-")[0])
    if user_id is not None:
        user = active_user(user_id)
        if user is not None and constant_time_compare(key, key_of(user)):
            return user
    raise PermissionDenied
