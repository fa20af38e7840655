"""Cutoffs to try things on."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission

from portal.cutoffs import services
from portal.cutoffs.models import Cutoff
from portal.cutoffs.states import State

#: The day of the cutoff, and when its settling window begins.
CUTOFF_AT = datetime(2027, 1, 20, tzinfo=UTC)
WINDOW_START = datetime(2027, 1, 6, tzinfo=UTC)
ANNOUNCED_AT = datetime(2026, 12, 1, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def person(db, django_user_model) -> Callable:
    """`person("anna", "schedule_cutoff")`: somebody with these permissions on cutoffs."""

    def person(name: str, *permissions: str):
        user = django_user_model.objects.create_user(name)
        user.user_permissions.set(
            Permission.objects.filter(content_type__app_label="cutoffs", codename__in=permissions)
        )
        return user

    return person


@pytest.fixture
def anna(person):
    """She schedules and reviews."""
    return person("anna", "view_cutoff", "schedule_cutoff", "review_snapshot")


@pytest.fixture
def draft(db) -> Callable[..., Cutoff]:
    """A draft for 20 January 2027 with 14 days to settle."""

    def draft(**values: object) -> Cutoff:
        given = {"name": "Winter 2027", "cutoff_at": CUTOFF_AT} | values
        return services.draft(given, by=None, now=ANNOUNCED_AT - timedelta(days=1))

    return draft


@pytest.fixture
def announced(draft) -> Callable[..., Cutoff]:
    """The same, announced on 1 December 2026."""

    def announced(**values: object) -> Cutoff:
        return services.announce(draft(**values), by=None, now=ANNOUNCED_AT)

    return announced


@pytest.fixture
def at_state(draft, announced) -> Callable[..., Cutoff]:
    """`at_state(State.HELD)`: a cutoff that was put into this state, with no past to speak of."""

    def at_state(state: State, **values: object) -> Cutoff:
        if state == State.DRAFT:
            return draft(**values)
        cutoff = announced(**values)
        Cutoff.objects.filter(pk=cutoff.pk).update(state=state)
        cutoff.refresh_from_db()
        return cutoff

    return at_state


def guard_report(*fired: str) -> dict:
    """A report of the guards of which these fired; it names *Bombus terrestris*, and a taxon nobody knows."""
    return {
        "fired": list(fired),
        "not_judged": {"drift": "no previous snapshot was given"},
        "words": {name: f"Words of {name}." for name in ("settle", "influx", "bunching", "drift")},
        "influx": [
            {"taxon_id": 57516, "identifications": 1040, "expected": 3.14, "accounts": 3, "q_value": 1.2e-9}
        ]
        if "influx" in fired
        else [],
        "bunching": {"taxa": [57516, 5]},
    }
