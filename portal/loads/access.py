"""Who may choose what this portal loads."""

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User

from portal.loads.models import Load, State

STAFF, MEMBERS, OFF = "STAFF", "MEMBERS", "OFF"


def is_staff(user: User | AnonymousUser) -> bool:
    """Whether this person may load much, and stop what others load."""
    return user.has_perm("loads.add_load")


def may_load(user: User | AnonymousUser) -> bool:
    """Whether this person may choose something to load."""
    if settings.LOADS == OFF:
        return False
    return is_staff(user) or (settings.LOADS == MEMBERS and user.is_authenticated)


def may_change(user: User | AnonymousUser, load: Load) -> bool:
    """Whether this person may start or stop it."""
    return may_load(user) and (is_staff(user) or load.by_id == user.pk)


def may_see(user: User | AnonymousUser, load: Load) -> bool:
    """Whether this person may know of it: everybody may, once it is started."""
    return load.state != State.PROPOSED or may_change(user, load)
