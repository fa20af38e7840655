"""Holders to try batches with, in the small world: 35 bumble bees and a flesh fly are worth a look."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.batches.models import Holder
from portal.batches.services import holders

NOW = datetime(2026, 11, 10, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FIRST, REST = list(range(1000, 1030)), [2000, *range(1030, 1035)]


@pytest.fixture
def account(hotspots, django_user_model):
    """`account("ida")`: the holder that an account of that name is."""

    def account(name: str, **fields: object) -> Holder:
        return holders.of_account(django_user_model.objects.create_user(name, **fields), NOW)

    return account


@pytest.fixture
def ida(account):
    return account("ida", email="ida@example.org")


@pytest.fixture
def ben(account):
    return account("ben")


@pytest.fixture
def browser_holder(hotspots):
    """Somebody without an account."""
    made, _key = holders.new_browser(NOW)
    return made


def ids(batch):
    return [row.observation_id for row in batch.rows.order_by("place")]
