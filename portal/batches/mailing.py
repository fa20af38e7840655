"""The one mail that reminds of a batch before it lapses. An e-mail address never gets into the log."""

import logging
from datetime import datetime
from smtplib import SMTPException

from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from portal import text
from portal.batches import queries
from portal.batches.models import Batch
from portal.batches.services import taking
from portal.links import page_address
from portal.present import present

_log = logging.getLogger(__name__)


def send_due(now: datetime | None = None) -> None:
    """Send the reminders that are due, each once. Who has no address by then gets none."""
    at = now or timezone.now()
    for batch in queries.to_remind(at):
        if queries.may_be_reminded(batch.holder) and taking.claim_reminder(batch, at):
            _send(batch)


def _send(batch: Batch) -> None:
    try:
        _mail(batch).send()
    except (OSError, SMTPException) as error:
        taking.reminder_not_sent(batch)
        _log.warning("Reminder of batch %s not sent: %s", batch.pk, type(error).__name__)


def _mail(batch: Batch) -> EmailMessage:
    with translation.override(batch.language):
        context = {"batch": batch, "page": page_address("batches:batch", batch.pk)}
        return EmailMessage(
            text.line(_("Leafline: your batch lapses soon")),
            text.plain(render_to_string("batches/reminder.txt", context)),
            to=[present(present(batch.holder.user).email)],
            headers={"Auto-Submitted": "auto-generated"},
        )
