"""The mails with a link to choose a new password. An address never gets into the log.

Any number of processes may send them at once: each request is claimed by one. What fails is tried again.
"""

import logging
from datetime import datetime
from smtplib import SMTPException

from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _

from portal.accounts import queries, services
from portal.accounts.models import LinkRequest
from portal.links import page_address

_log = logging.getLogger(__name__)


def mail_links(now: datetime | None = None) -> None:
    """Mail every address that requested it a link for each of its accounts, good for an hour and one use."""
    at = now or timezone.now()
    services.forget_old_requests(at)
    for request in queries.requests_for_links():
        if services.claim_request(request, at):
            _answer(request)


def _answer(request: LinkRequest) -> None:
    with translation.override(request.language):
        for user in queries.users_with_address(request.email, above=request.mailed_up_to):
            if not _send(user):
                return
            services.record_mailed(request, user)
    services.end_request(request)


def _send(user: User) -> bool:
    """Mail a link to an account; whether the mail server took it."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    link = page_address("accounts:choose_password", uid, default_token_generator.make_token(user))
    words = render_to_string("accounts/new_password.txt", {"name": user.get_username(), "link": link})
    try:
        EmailMessage(_("A new password for Leafline"), words, to=[user.email]).send()
    except (OSError, SMTPException) as error:
        _log.warning("Mail to user %s not sent: %s", user.pk, type(error).__name__)
        return False
    return True
