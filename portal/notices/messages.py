"""What mails and webhooks say."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import wraps
from urllib.parse import urlencode

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from standardwebhooks import Webhook as Signer

from portal import text
from portal.cutoffs import clades
from portal.cutoffs.models import Event
from portal.cutoffs.states import AHEAD
from portal.interests.choices import Choice
from portal.links import page_address
from portal.news import News
from portal.notices import queries
from portal.notices.cutoff_news import CutoffNews
from portal.notices.models import Subscription, Webhook
from portal.taxa.queries.mine import mine

#: The longest message that Discord takes, in characters.
LONGEST_ON_DISCORD = 2_000


def _in_its_language(write: Callable[..., EmailMessage]) -> Callable[..., EmailMessage]:
    """A mail, written in the language of the subscription that it is for."""

    @wraps(write)
    def written(subscription: Subscription, *arguments: object) -> EmailMessage:
        with translation.override(subscription.language):
            return write(subscription, *arguments)

    return written


def subject(words: str) -> str:
    """What stands in a mailbox: whose mail it is, before what it says."""
    return text.line(_("Leafline: %(words)s") % {"words": words})


@_in_its_language
def question(subscription: Subscription) -> EmailMessage:
    """The mail that asks an address whether it wants any."""
    context = {"link": page_address("notices:confirm", subscription.token), "site": settings.SITE_URL}
    return EmailMessage(
        subject(_("do you want mails about iNaturalist cutoffs and blitzes?")),
        render_to_string("notices/question.txt", context),
        to=[subscription.email],
    )


@_in_its_language
def mail(subscription: Subscription, news: Sequence[News]) -> EmailMessage:
    """One mail about these news, with a link and a header that end the subscription by one click."""
    unsubscribe = page_address("notices:unsubscribe", subscription.token)
    context = {
        "news": news,
        **_of_groups(subscription, news),
        "manage": page_address("notices:manage", subscription.token),
        "unsubscribe": unsubscribe,
    }
    return EmailMessage(
        subject(_subject_of(news)),
        text.plain(render_to_string("notices/mail.txt", context)),
        to=[subscription.email],
        headers=one_click(unsubscribe),
    )


def one_click(unsubscribe: str) -> dict[str, str]:
    """The headers of a mail that a program may end by posting to this address (RFC 8058)."""
    return {
        "List-Unsubscribe": f"<{unsubscribe}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
    }


def _subject_of(news: Sequence[News]) -> str:
    if len(news) == 1:
        return news[0].subject
    if all(isinstance(one, CutoffNews) for one in news):
        return _("what is new of iNaturalist cutoffs")
    return _("what is new of iNaturalist cutoffs and blitzes")


def _of_groups(subscription: Subscription, news: Sequence[News]) -> dict[str, str]:
    """How the groups stand and what there is to review in them: with news of a cutoff, of the last one."""
    events = [one.event for one in news if isinstance(one, CutoffNews)]
    if not events:
        return {}
    choice = queries.choice_for(subscription)
    return {"standing": _standing(choice, events[-1]), "worklist": _worklist(choice, events[-1])}


def _standing(choice: Choice, event: Event) -> str:
    """How the groups stand, a line each; empty without any."""
    criteria = event.cutoff.criteria
    chosen = mine(choice, criteria)
    return "\n".join(filter(None, (clades.standing(clade, criteria) for clade in chosen.clades)))


def _worklist(choice: Choice, event: Event) -> str:
    """The address of what there is to review in the groups and places, while the cutoff is ahead."""
    if event.cutoff.state not in AHEAD:
        return ""
    query = urlencode({"criteria": event.cutoff.criteria, **choice.query()})
    return f"{page_address('hotspots:worklist')}?{query}"


def call(webhook: Webhook, news: News, delivery_id: str, now: datetime) -> tuple[bytes, dict[str, str]]:
    """Return the body for a webhook in its format, and its headers, signed as Standard Webhooks asks."""
    body = json.dumps(_FORMATS[Webhook.Format(webhook.format)](webhook, news), ensure_ascii=False).encode()
    at = now.astimezone(UTC)
    timestamp = str(int(at.timestamp()))
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": f"Leafline ({settings.SITE_URL})",
        "webhook-id": delivery_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": Signer(signing_secret(webhook)).sign(delivery_id, at, body.decode()),
        **_headers_of_old(webhook, delivery_id, timestamp, body),
    }
    if webhook.format == Webhook.Format.DISCOURSE:
        headers |= {
            "Api-Key": text.http_header(webhook.api_key),
            "Api-Username": text.http_header(webhook.api_user),
        }
    return body, headers


def signing_secret(webhook: Webhook) -> str:
    """Return what the receiver gives to a library of Standard Webhooks to verify our calls."""
    return f"whsec_{base64.b64encode(webhook.secret.encode()).decode()}"


def _headers_of_old(webhook: Webhook, delivery_id: str, timestamp: str, body: bytes) -> dict[str, str]:
    """Return the headers that receivers compare who have not moved to Standard Webhooks; to go after 0.1."""
    signed = f"{timestamp}.".encode() + body
    signature = hmac.new(webhook.secret.encode(), signed, hashlib.sha256).hexdigest()
    return {
        "X-Leafline-Delivery": delivery_id,
        "X-Leafline-Timestamp": timestamp,
        "X-Leafline-Signature": f"sha256={signature}",
    }


def _json(webhook: Webhook, news: News) -> dict[str, object]:
    return {"event": news.phase, "at": news.at.isoformat(), **news.facts()}


def _slack(webhook: Webhook, news: News) -> dict[str, object]:
    """Slack reads &, < and > as markup unless they are written as entities."""
    words = _plain(news)
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        words = words.replace(sign, entity)
    return {"text": f"{words}\n{news.link}"}


def _discord(webhook: Webhook, news: News) -> dict[str, object]:
    """Discord takes 2,000 characters, and calls nobody whom a title happens to name."""
    words = _plain(news)[: LONGEST_ON_DISCORD - len(news.link) - 1]
    return {"content": f"{words}\n{news.link}", "allowed_mentions": {"parse": []}}


def _discourse(webhook: Webhook, news: News) -> dict[str, object]:
    post: dict[str, object] = {"raw": f"{_plain(news)}\n\n{news.link}"}
    if webhook.topic_id:
        return post | {"topic_id": webhook.topic_id}
    return post | {"title": text.title(news.own_title)}


def _plain(news: News) -> str:
    return text.plain("\n".join((news.title, *news.lines)))


_FORMATS = {
    Webhook.Format.JSON: _json,
    Webhook.Format.SLACK: _slack,
    Webhook.Format.DISCORD: _discord,
    Webhook.Format.DISCOURSE: _discourse,
}
