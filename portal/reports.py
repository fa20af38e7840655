"""Reports of our own faults to a server that speaks Sentry's protocol, where LEAFLINE_SENTRY_DSN names one.

Off by default. A report has the fault's type, words and place in the code, and the address that was asked for
without its query. It has nobody's name, address, cookie, form or value of a variable, and no mail address is
left in its words.
"""

import re
from typing import Any

from django.core.exceptions import ImproperlyConfigured

#: What an event may have: all else is left out.
_KEPT = frozenset(
    {
        "event_id",
        "exception",
        "level",
        "logger",
        "logentry",
        "platform",
        "release",
        "sdk",
        "timestamp",
        "transaction",
    }
)
_MAIL = re.compile(r"[\w.+%-]+@[\w.-]+\.\w+")


def start(dsn: str) -> None:
    """Send reports from now on; nothing without a DSN. ImproperlyConfigured if that cannot be."""
    if not dsn:
        return
    try:
        import sentry_sdk
    except ImportError:
        raise ImproperlyConfigured(
            "LEAFLINE_SENTRY_DSN is set, and sentry-sdk is not installed:"
            " pip install --require-hashes -r locks/reports.txt."
        ) from None
    try:
        sentry_sdk.init(
            dsn=dsn,
            before_send=without_people,
            send_default_pii=False,
            include_local_variables=False,
            max_request_body_size="never",
            max_breadcrumbs=0,
            auto_session_tracking=False,
            server_name="leafline",
        )
    except ValueError as error:
        raise ImproperlyConfigured(
            f"LEAFLINE_SENTRY_DSN cannot be used ({error}): write it as https://KEY@HOST/PROJECT."
        ) from None


def without_people(event: Any, _hint: Any = None) -> Any:
    """The event without whatever could name a person."""
    kept = {name: value for name, value in event.items() if name in _KEPT}
    request = event.get("request") or {}
    kept["request"] = {name: request[name] for name in ("method", "url") if name in request}
    return _scrubbed(kept)


def _scrubbed(value: Any) -> Any:
    """The same with every mail address taken out of its texts, and no variable of any frame."""
    if isinstance(value, str):
        return _MAIL.sub("(mail address)", value)
    if isinstance(value, dict):
        return {name: _scrubbed(each) for name, each in value.items() if name != "vars"}
    if isinstance(value, list | tuple):
        return [_scrubbed(each) for each in value]
    return value
