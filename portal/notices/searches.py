"""Mails about searches: on Mondays, how many observations came onto the worklist of a search.

Any number of processes may send at once: each mail is claimed by one. No e-mail address gets into the log.
"""

import logging
from dataclasses import replace
from datetime import datetime
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal import text
from portal.hotspots import wording
from portal.hotspots.facets import Facets
from portal.hotspots.queries import offering
from portal.links import page_address
from portal.notices import queries, services
from portal.notices.messages import one_click, subject
from portal.notices.models import SearchMail
from portal.notices.queries import New
from portal.numbers import number
from portal.present import present

_log = logging.getLogger(__name__)
_FAULTS = (OSError, SMTPException)


def deliver(at: datetime) -> None:
    """Ask new addresses, and send what is due."""
    for mailed in queries.unasked_for_searches():
        if services.claim_question(mailed, at):
            _ask(mailed)
    for mailed in queries.due_search_mails(at):
        if services.claim_search_mail(mailed, at):
            _send(mailed, at)


def _ask(mailed: SearchMail) -> None:
    try:
        question(mailed).send()
    except _FAULTS as error:
        services.question_not_sent(mailed)
        _log.warning("Question about search mail %s not sent: %s", mailed.pk, type(error).__name__)


def _send(mailed: SearchMail, at: datetime) -> None:
    """Send what is new, if anything is."""
    new = queries.new_in(mailed)
    try:
        if new is not None:
            mail(mailed, new).send()
    except _FAULTS as error:
        services.search_mail_not_sent(mailed, at)
        _log.warning("Search mail %s not sent: %s", mailed.pk, type(error).__name__)
    else:
        services.search_mail_done(mailed, new.refresh.pk if new else mailed.counted_to, at)


def question(mailed: SearchMail) -> EmailMessage:
    """The mail that asks an address whether it wants any."""
    with translation.override(mailed.language):
        context = {
            # Not the search's name: nobody sends words of their own to a stranger from here.
            "site": settings.SITE_URL,
            "link": page_address("notices:confirm_search", mailed.token),
        }
        return EmailMessage(
            subject(_("do you want mails about a saved search?")),
            text.plain(render_to_string("notices/search_question.txt", context)),
            to=[mailed.email],
            headers={"Auto-Submitted": "auto-generated"},
        )


def mail(mailed: SearchMail, new: New) -> EmailMessage:
    """The mail about what is new, with a link and a header that end these mails by one click."""
    with translation.override(mailed.language):
        unsubscribe = page_address("notices:unsubscribe_search", mailed.token)
        since = date_format(present(new.since.moment), "DATE_FORMAT")
        words = _headline(mailed, new)
        context = {
            "headline": words,
            "since": _("New on the list since the count of %(day)s.") % {"day": since},
            "expected": wording.expected(offering.expected_of(new.first, new.facets.criteria)),
            "is_part": new.observations > len(new.first),
            "link": _page(new),
            "searches": page_address("hotspots:worklist"),
            "unsubscribe": unsubscribe,
        }
        return EmailMessage(
            subject(words),
            text.plain(render_to_string("notices/search_mail.txt", context)),
            to=[mailed.email],
            headers=one_click(unsubscribe),
        )


def _headline(mailed: SearchMail, new: New) -> str:
    words = ngettext(
        "%(number)s new observation matches “%(name)s”",
        "%(number)s new observations match “%(name)s”",
        new.observations,
    ) % {"number": number(new.observations), "name": text.line(mailed.search.name)}
    return _("Simulated: %(title)s") % {"title": words} if new.refresh.is_simulated else words


def _page(new: New) -> str:
    """The address of the worklist with what is new; a search that has a day of its own keeps it."""
    facets: Facets = new.facets
    if not facets.since:
        facets = replace(facets, since=present(new.since.moment).date().isoformat())
    return f"{page_address('hotspots:worklist')}?{facets.query}"
