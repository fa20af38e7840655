"""The mail with a link to choose a new password. An address never gets into the log."""

import logging
from smtplib import SMTPException

from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _

from portal.accounts.queries import active_user
from portal.links import page_address

_log = logging.getLogger(__name__)


def mail_new_password(user_ids: list[int], language: str) -> None:
    """Send each of these a link that is good for an hour and for one use; none without an address."""
    with translation.override(language):
        for user_id in user_ids:
            user = active_user(user_id)
            if user is not None and user.email:
                _send(user)


def _send(user: User) -> None:
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    link = page_address("accounts:choose_password", uid, default_token_generator.make_token(user))
    words = render_to_string("accounts/new_password.txt", {"name": user.get_username(), "link": link})
    try:
        EmailMessage(_("A new password for Leafline"), words, to=[user.email]).send()
    except (OSError, SMTPException) as error:
        _log.warning("Mail to user %s not sent: %s", user.pk, type(error).__name__)
