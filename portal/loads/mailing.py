"""The mail that says that hotspots are there. An e-mail address never gets into the log."""

import logging
from datetime import datetime, timedelta
from smtplib import SMTPException

from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from portal import text
from portal.links import absolute, page_address
from portal.loads import queries, services
from portal.loads.models import Load
from portal.present import present

_log = logging.getLogger(__name__)
#: How long a mail is tried.
TRIED_FOR = timedelta(days=1)


def send_due(now: datetime | None = None) -> None:
    """Send the mails that are due, each once. Who has no address by then gets none."""
    at = now or timezone.now()
    for load in queries.to_mail(at, TRIED_FOR):
        if present(load.by).email and services.claim_mail(load, at):
            _send(load)


def _send(load: Load) -> None:
    try:
        _mail(load).send()
    except (OSError, SMTPException) as error:
        services.mail_not_sent(load)
        _log.warning("Mail about load %s not sent: %s", load.pk, type(error).__name__)


def _mail(load: Load) -> EmailMessage:
    with translation.override(load.language):
        context = {
            "load": load,
            "hotspots": queries.hotspots_of(load),
            "list": absolute(f"{reverse('hotspots:list')}?clade={load.taxon_id}"),
            "page": page_address("loads:load", load.pk),
        }
        return EmailMessage(
            text.line(_("Loaded: %(load)s") % {"load": load}),
            text.plain(render_to_string("loads/mail.txt", context)),
            to=[present(load.by).email],
            headers={"Auto-Submitted": "auto-generated"},
        )
