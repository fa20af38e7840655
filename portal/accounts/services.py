"""Writes to accounts, and to the tokens of programs."""

import os
import secrets
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exporter.errors import DataError
from portal.accounts.forms import SignUpForm
from portal.accounts.inaturalist import Account
from portal.accounts.models import BrowserSession, Identity, LinkRequest, NamedAccount, Scope, Token
from portal.accounts.queries import digest, token_with_text
from portal.accounts.sessions import SessionStore

#: So that people and scanners of leaked secrets know one when they see it.
PREFIX = "leafline_"
_SHOWN = len(PREFIX) + 4
#: How many tokens of their own somebody has at a time.
MOST_OWN_TOKENS = 5
_USE_RECORDED_EVERY = timedelta(minutes=1)
#: How long an address waits for its link, and how long after a mail that failed the next one is tried.
KEPT_FOR = timedelta(hours=1)
TRY_AGAIN = timedelta(minutes=5)


def sign_up(form: SignUpForm) -> User:
    """Make a local account of what somebody filled in, once that is valid."""
    user: User = form.save()
    return user


def record_email(user: User, email: str) -> None:
    """Keep the address to which a link for a new password may go; empty for none."""
    get_user_model().objects.filter(pk=user.pk).update(email=email)


def sign_out_everywhere(user: User) -> int:
    """End every session of somebody, in whatever browser; gives how many there were."""
    return BrowserSession.objects.filter(user=user).delete()[0]


def remove_expired_sessions() -> None:
    """Remove the sessions whose time is over: browsers that never came back."""
    SessionStore.clear_expired()


def ask_for_link(email: str, language: str, now: datetime | None = None) -> None:
    """Write down that an address asks for a link; a worker mails it. Old requests go."""
    at = now or timezone.now()
    forget_old_requests(at)
    LinkRequest.objects.create(email=email, language=language, asked_at=at)


def forget_old_requests(now: datetime) -> None:
    """Remove the addresses that nothing could be mailed to for an hour."""
    LinkRequest.objects.filter(asked_at__lt=now - KEPT_FOR).delete()


def claim_request(request: LinkRequest, now: datetime) -> bool:
    """Whether this process is to mail the links that an address asks for; for a while no other one is."""
    is_free = Q(tried_at=None) | Q(tried_at__lte=now - TRY_AGAIN)
    return bool(LinkRequest.objects.filter(is_free, pk=request.pk).update(tried_at=now))


def record_mailed(request: LinkRequest, user: User) -> None:
    """Record that an account has its link, and so have those before it."""
    LinkRequest.objects.filter(pk=request.pk).update(mailed_up_to=user.pk)


def end_request(request: LinkRequest) -> None:
    """Forget an address that has all its links."""
    LinkRequest.objects.filter(pk=request.pk).delete()


class TooManyTokensError(DataError):
    """Somebody has as many tokens as one may have."""


class ClosedError(DataError):
    """Accounts are made by whoever runs this portal."""


@transaction.atomic
def arrive(account: Account, signed_in: User | None, now: datetime | None = None) -> User:
    """The user behind an iNaturalist account; made if there is none yet.

    Somebody who is signed in already, and has no such account yet, gets it. A user is known by the id, never
    by the name: a name on iNaturalist can be given up and taken by somebody else. ClosedError where nobody
    makes an account by themselves.
    """
    known = Identity.objects.filter(inat_id=account.inat_id).select_related("user").first()
    if known is not None:
        user = known.user
    elif signed_in is not None and not Identity.objects.filter(user=signed_in).exists():
        user = signed_in
    elif not settings.SIGN_UP:
        raise ClosedError(_("Accounts are made by whoever runs this portal: ask there for one."))
    else:
        user = get_user_model().objects.create_user(_free_name(account))
    Identity.objects.update_or_create(
        user=user,
        defaults={
            "inat_id": account.inat_id,
            "login": account.login,
            "identifications": account.identifications,
            "told_at": now or timezone.now(),
        },
    )
    return user


def _free_name(account: Account) -> str:
    """The login, unless somebody here has that name; the id makes it free."""
    users = get_user_model().objects
    name = account.login[:100]
    return name if not users.filter(username__iexact=name).exists() else f"{name}-inat-{account.inat_id}"


def name_account(user: User, inat_id: int, login: str, now: datetime | None = None) -> None:
    """Keep which iNaturalist account somebody says is theirs, in place of a former one."""
    values = {"inat_id": inat_id, "login": login, "named_at": now or timezone.now()}
    NamedAccount.objects.update_or_create(user=user, defaults=values)


def forget_named_account(user: User) -> None:
    """Forget which iNaturalist account somebody says is theirs."""
    NamedAccount.objects.filter(user=user).delete()


# Tokens ------------------------------------------------------------------------------------------


def make_token(name: str, scope: Scope, user: User | None = None) -> tuple[Token, str]:
    """A new token, and its text, which nobody can find out again. ``user``: whose own it is."""
    text = PREFIX + secrets.token_urlsafe(32)
    token = Token.objects.create(
        name=name,
        scope=scope,
        start=text[:_SHOWN],
        digest=digest(text),
        created_at=timezone.now(),
        user=user,
    )
    return token, text


def make_own_token(user: User, name: str) -> str:
    """A new token of somebody's own account: its text. TooManyTokensError where they have enough."""
    if Token.objects.filter(user=user, revoked_at=None).count() >= MOST_OWN_TOKENS:
        words = ngettext(
            "You have %(n)s token. Revoke one first.",
            "You have %(n)s tokens. Revoke one first.",
            MOST_OWN_TOKENS,
        )
        raise TooManyTokensError(words % {"n": MOST_OWN_TOKENS})
    return make_token(name, Scope.PERSON, user)[1]


def revoke_own_token(user: User, token_id: int) -> bool:
    """Let a token of somebody's own be worth nothing from now on; False where it is not theirs."""
    rows = Token.objects.filter(pk=token_id, user=user, revoked_at=None)
    return bool(rows.update(revoked_at=timezone.now()))


def token_file(path: Path, name: str, scope: Scope) -> Path:
    """A file of this machine's own, for its owner alone, with a token that is good; made if it has none."""
    if path.is_file() and token_with_text(path.read_text(encoding="ascii").strip()):
        return path
    _, text = make_token(name, scope)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    return path


def record_use(token: Token) -> None:
    """Note that the token was used just now, at most once a minute."""
    now = timezone.now()
    if token.last_used_at is None or token.last_used_at < now - _USE_RECORDED_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - _USE_RECORDED_EVERY)
        Token.objects.filter(stale, pk=token.pk).update(last_used_at=now)


def revoke(token: Token) -> None:
    """Let the token be worth nothing from now on."""
    Token.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())
