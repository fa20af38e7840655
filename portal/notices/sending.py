"""One round of sending: questions to new addresses, mails, and calls of webhooks.

Any number of processes may do it at once: each message is claimed by one. What fails is tried again.
An e-mail address never gets into the log.
"""

import logging
from datetime import datetime
from smtplib import SMTPException

import urllib3
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from exporter.errors import DataError
from portal.messages import english, message
from portal.notices import addresses, messages, queries, searches, services
from portal.notices.models import Delivery, Subscription
from portal.present import present

_log = logging.getLogger(__name__)
_MAIL_FAULTS = (OSError, SMTPException)


def deliver(now: datetime | None = None) -> None:
    """Write down what is new, and send what is due."""
    at = now or timezone.now()
    services.tidy(at)
    services.fan_out(at)
    for subscription in queries.unasked():
        _ask(subscription, at)
    for subscription, deliveries in queries.due_mails(at):
        _mail(subscription, services.claim(deliveries, at), at)
    searches.deliver(at)
    for delivery in queries.due_calls(at):
        _call(services.claim([delivery], at), at)


def _ask(subscription: Subscription, at: datetime) -> None:
    if not services.claim_question(subscription, at):
        return
    try:
        messages.question(subscription).send()
    except _MAIL_FAULTS as error:
        services.question_not_sent(subscription)
        _log.warning("Question to subscription %s not sent: %s", subscription.pk, type(error).__name__)


def _mail(subscription: Subscription, deliveries: list[Delivery], at: datetime) -> None:
    """Send one mail for all of them, without what the receiver may not know or need any more."""
    viewer = subscription.user or AnonymousUser()
    pairs = [(one, news) for one, news in queries.with_news(deliveries) if news and news.is_for(viewer, at)]
    known = [one for one, _news in pairs]
    services.withdraw(one for one in deliveries if one not in known)
    if not known:
        return
    try:
        messages.mail(subscription, [news for _one, news in pairs]).send()
    except _MAIL_FAULTS as error:
        # What a mail server says may hold the address.
        services.not_sent(known, [message("not_sent", error=type(error).__name__)], at)
        _log.warning("Mail to subscription %s not sent: %s", subscription.pk, type(error).__name__)
    else:
        services.sent(known, at)


def _call(claimed: list[Delivery], at: datetime) -> None:
    for delivery, news in queries.with_news(claimed):
        if news is None or not news.is_for(AnonymousUser(), at):
            services.withdraw([delivery])
            continue
        webhook = present(delivery.webhook)
        body, headers = messages.call(webhook, news, str(delivery.pk), at)
        try:
            status = addresses.post(webhook.url, body, headers)
        except (DataError, OSError, urllib3.exceptions.HTTPError) as error:
            no_answer = message("not_sent", error=type(error).__name__)
            why = error.messages if isinstance(error, DataError) else [no_answer]
        else:
            why = [] if 200 <= status < 300 else [message("answered", status=status)]
        if why:
            services.not_sent([delivery], why, at)
            _log.warning("Delivery %s to webhook %s failed: %s", delivery.pk, webhook.pk, english(why))
        else:
            services.sent([delivery], at)
