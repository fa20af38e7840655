"""Reads of accounts and tokens."""

import hashlib
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser, Permission, User
from django.db.models import Q, QuerySet

from portal.accounts.models import Identity, LinkRequest, NamedAccount, Token


def active_user(user_id: int) -> User | None:
    """The user of that id, unless the account was closed."""
    return get_user_model().objects.filter(pk=user_id, is_active=True).first()


def signed_in_user(user_id: Any) -> User | None:
    """The user of a session, whether the account was closed or not, with the groups and places they chose."""
    return get_user_model().objects.select_related("interests").filter(pk=user_id).first()


def users_with_address(email: str, above: int) -> list[User]:
    """The accounts that gave this address for a new password, by id, those above one."""
    return list(
        get_user_model().objects.filter(email__iexact=email, is_active=True, pk__gt=above).order_by("pk")
    )


def requests_for_links() -> list[LinkRequest]:
    """The addresses that wait for a link, the oldest first."""
    return list(LinkRequest.objects.order_by("asked_at", "pk"))


def permissions_of(user: User) -> set[str]:
    """A person's own permissions and those of their groups, as ``app.codename``, in one query."""
    names = ("content_type__app_label", "codename")
    own = Permission.objects.filter(user=user).order_by().values_list(*names)
    of_groups = Permission.objects.filter(group__user=user).order_by().values_list(*names)
    return {f"{app}.{codename}" for app, codename in own.union(of_groups)}


@dataclass(frozen=True)
class Person:
    """Who somebody is on iNaturalist. ``is_proven``: they signed in there; otherwise they say so."""

    inat_id: int
    login: str
    is_proven: bool


def person_of(user: User | AnonymousUser | None) -> Person | None:
    """Return who a user is on iNaturalist, proven before said; None for a stranger or where unknown."""
    if user is None or not user.is_authenticated:
        return None
    for model, is_proven in ((Identity, True), (NamedAccount, False)):
        row = model.objects.filter(user=user).first()
        if row is not None:
            return Person(row.inat_id, row.login, is_proven)
    return None


# Tokens ------------------------------------------------------------------------------------------


def every_token() -> QuerySet[Token]:
    """Every token, the newest first."""
    return Token.objects.all()


def tokens_that_start_with(start: str) -> list[Token]:
    """The tokens whose text begins so."""
    return list(Token.objects.filter(start__startswith=start))


def token_with_text(text: str) -> Token | None:
    """The token that is written so, with its account; unless it was revoked, or the account is closed."""
    is_open = Q(user=None) | Q(user__is_active=True)
    rows = Token.objects.filter(is_open, digest=digest(text), revoked_at=None)
    return rows.select_related("user").first()


def tokens_of(user: User) -> list[Token]:
    """The tokens that somebody made for their own account and did not revoke, the newest first."""
    return list(Token.objects.filter(user=user, revoked_at=None))


def digest(text: str) -> str:
    """What is kept of a token. It holds 256 random bits, so a plain hash cannot be reversed by trying."""
    return hashlib.sha256(text.encode()).hexdigest()
