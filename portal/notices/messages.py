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
from portal.cutoffs import clades, wording
from portal.cutoffs.models import Event
from portal.cutoffs.states import AHEAD
from portal.links import page_address
from portal.notices import queries
from portal.notices.models import Subscription, Webhook
from portal.taxa.queries.mine import mine


def _in_its_language(write: Callable[..., EmailMessage]) -> Callable[..., EmailMessage]:
    """A mail, written in the language of the subscription that it is for."""

    @wraps(write)
    def written(subscription: Subscription, *arguments: object) -> EmailMessage:
        with translation.override(subscription.language):
            return write(subscription, *arguments)

    return written


def title(event: Event) -> str:
    """An event in a line: "Winter 2027: announced"."""
    what = event.get_after_display() if event.is_transition else _("changed")
    line = f"{event.cutoff.name}: {what}"
    return text.line(_("Simulated: %(title)s") % {"title": line} if event.cutoff.is_simulated else line)


def subject(words: str) -> str:
    """What stands in a mailbox: whose mail it is, before what it says."""
    return text.line(_("Leafline: %(words)s") % {"words": words})


def link(event: Event) -> str:
    """The page of an event's cutoff."""
    return page_address("cutoffs:cutoff", event.cutoff_id)


@_in_its_language
def question(subscription: Subscription) -> EmailMessage:
    """The mail that asks an address whether it wants any."""
    context = {"link": page_address("notices:confirm", subscription.token), "site": settings.SITE_URL}
    return EmailMessage(
        subject(_("do you want mails about iNaturalist cutoffs?")),
        render_to_string("notices/question.txt", context),
        to=[subscription.email],
    )


@_in_its_language
def mail(subscription: Subscription, events: Sequence[Event]) -> EmailMessage:
    """One mail about these events, with a link and a header that end the subscription by one click."""
    unsubscribe = page_address("notices:unsubscribe", subscription.token)
    context = {
        "events": [
            {
                "title": title(event),
                "note": wording.note(event),
                "moment": wording.moment(event.cutoff.cutoff_at),
                "counts_now": wording.counts_now(event.cutoff) if event.cutoff.state != "cancelled" else "",
                "link": link(event),
            }
            for event in events
        ],
        "standing": _standing(subscription, events[-1]),
        "worklist": _worklist(subscription, events[-1]),
        "manage": page_address("notices:manage", subscription.token),
        "unsubscribe": unsubscribe,
    }
    news = _("iNaturalist cutoff %(title)s") % {"title": title(events[0])}
    return EmailMessage(
        subject(news if len(events) == 1 else _("what is new of iNaturalist cutoffs")),
        text.plain(render_to_string("notices/mail.txt", context)),
        to=[subscription.email],
        headers={
            "List-Unsubscribe": f"<{unsubscribe}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
        },
    )


def _standing(subscription: Subscription, event: Event) -> str:
    """How the groups stand, a line each; empty without any."""
    criteria = event.cutoff.criteria
    chosen = mine(queries.choice_for(subscription), criteria)
    return "\n".join(filter(None, (clades.standing(clade, criteria) for clade in chosen.clades)))


def _worklist(subscription: Subscription, event: Event) -> str:
    """The address of what there is to review in the groups and places, while the cutoff is ahead."""
    if event.cutoff.state not in AHEAD:
        return ""
    query = urlencode({"criteria": event.cutoff.criteria, **queries.choice_for(subscription).query()})
    return f"{page_address('hotspots:worklist')}?{query}"


def call(webhook: Webhook, event: Event, delivery_id: str, now: datetime) -> tuple[bytes, dict[str, str]]:
    """Return the body for a webhook in its format, and its headers, signed as Standard Webhooks asks."""
    body = json.dumps(_FORMATS[Webhook.Format(webhook.format)](webhook, event), ensure_ascii=False).encode()
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


def _json(webhook: Webhook, event: Event) -> dict[str, object]:
    cutoff = event.cutoff
    return {
        "event": queries.phase_of(event),
        "at": event.at.isoformat(),
        "note": text.plain(wording.note(event)),
        "cutoff": {
            "id": cutoff.pk,
            "uid": str(cutoff.uid),
            "sequence": cutoff.sequence,
            "name": text.line(cutoff.name),
            "state": cutoff.state,
            "cutoff_at": cutoff.cutoff_at.isoformat(),
            "window_start": cutoff.window_start.isoformat(),
            "criteria": cutoff.criteria,
            "commitment": cutoff.commitment,
            "model": cutoff.model_name,
            "is_simulated": cutoff.is_simulated,
            "url": link(event),
        },
    }


def _slack(webhook: Webhook, event: Event) -> dict[str, object]:
    """Slack reads &, < and > as markup unless they are written as entities."""
    words = _plain(event)
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        words = words.replace(sign, entity)
    return {"text": f"{words}\n{link(event)}"}


def _discourse(webhook: Webhook, event: Event) -> dict[str, object]:
    post: dict[str, object] = {"raw": f"{_plain(event)}\n\n{link(event)}"}
    return post | ({"topic_id": webhook.topic_id} if webhook.topic_id else {"title": _own_title(event)})


def _own_title(event: Event) -> str:
    """A title for this event alone: Discourse refuses one that it has seen before."""
    number = queries.updates_until(event)
    day = f"{event.cutoff.cutoff_at:%Y-%m-%d}"
    return text.title(
        _("%(title)s (cutoff on %(day)s, update %(n)s)") % {"title": title(event), "day": day, "n": number}
    )


def _plain(event: Event) -> str:
    when = _("The cutoff is on %(moment)s.") % {"moment": wording.moment(event.cutoff.cutoff_at)}
    return text.plain("\n".join(part for part in (title(event), wording.note(event), when) if part))


_FORMATS = {
    Webhook.Format.JSON: _json,
    Webhook.Format.SLACK: _slack,
    Webhook.Format.DISCOURSE: _discourse,
}
