"""Making, using and revoking tokens."""

import hashlib
import os
import secrets
from datetime import timedelta
from pathlib import Path

from django.db.models import Q
from django.utils import timezone

from portal.api.models import Scope, Token

#: So that people and scanners of leaked secrets know one when they see it.
PREFIX = "leafline_"
_SHOWN = len(PREFIX) + 4
_USE_RECORDED_EVERY = timedelta(minutes=1)


def make_token(name: str, scope: Scope) -> tuple[Token, str]:
    """A new token, and its text, which nobody can find out again."""
    text = PREFIX + secrets.token_urlsafe(32)
    token = Token.objects.create(
        name=name, scope=scope, start=text[:_SHOWN], digest=digest(text), created_at=timezone.now()
    )
    return token, text


def token_file(path: Path, name: str, scope: Scope) -> Path:
    """A file of this machine's own, for its owner alone, with a token that is good; made if it has none."""
    if path.is_file() and token_with_text(path.read_text(encoding="ascii").strip()):
        return path
    _, text = make_token(name, scope)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    return path


def token_with_text(text: str) -> Token | None:
    """The token that is written so, unless it was revoked."""
    return Token.objects.filter(digest=digest(text), revoked_at=None).first()


def record_use(token: Token) -> None:
    """Note that the token was used just now, at most once a minute."""
    now = timezone.now()
    if token.last_used_at is None or token.last_used_at < now - _USE_RECORDED_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - _USE_RECORDED_EVERY)
        Token.objects.filter(stale, pk=token.pk).update(last_used_at=now)


def revoke(token: Token) -> None:
    """Let the token be worth nothing from now on."""
    Token.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())


def digest(text: str) -> str:
    """What is kept of a token. It holds 256 random bits, so a plain hash cannot be reversed by trying."""
    return hashlib.sha256(text.encode()).hexdigest()
