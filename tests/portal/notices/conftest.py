"""People and programs that want to be told."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from portal.notices import services
from portal.notices.models import Phase, Subscription, Webhook
from tests.portal.cutoffs.conftest import anna, announced, at_state, draft, person

__all__ = ["anna", "announced", "at_state", "draft", "person"]

#: A Tuesday.
NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)
EVERYTHING = list(Phase.values)


@pytest.fixture
def subscriber(db) -> Callable[..., Subscription]:
    """`subscriber("bo@example.org")`: an address that has confirmed, and is told of everything."""

    def subscriber(email: str = "bo@example.org", **values: object) -> Subscription:
        given = {"phases": EVERYTHING, "clade": None, "is_digest": False, "user": None} | values
        services.subscribe(email, **given, now=NOW)
        Subscription.objects.filter(email=email).update(question_sent_at=NOW)
        made = Subscription.objects.get(email=email)
        services.confirm(made, now=NOW)
        return Subscription.objects.get(pk=made.pk)

    return subscriber


@pytest.fixture
def webhook(db) -> Callable[..., Webhook]:
    """A program at https://hooks.example.org/leafline."""

    def webhook(**values: object) -> Webhook:
        given = {"name": "Forum", "url": "https://hooks.example.org/leafline", "phases": EVERYTHING}
        return services.add_webhook(given | values, now=NOW)

    return webhook
