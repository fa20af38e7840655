"""Blitzes to try things on, in the small world: 35 bumble bees and a flesh fly are worth a look."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission

from portal.blitzes import services
from portal.blitzes.models import Blitz
from portal.blitzes.states import State
from portal.cutoffs import services as cutoffs
from portal.cutoffs.models import Cutoff
from portal.taxa.models import Taxon
from tests.portal.world import LAST_DAY

BOMBUS, INSECTA = 52775, 47158
CUTOFF_AT = datetime(2027, 1, 20, tzinfo=UTC)
PROPOSED_AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
STARTS_AT = datetime(2026, 11, 10, tzinfo=UTC)
ENDS_AT = datetime(2026, 11, 24, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
#: What the small world expects of the bumble bees at its last refresh.
EXPECTED = {
    "labels": 540,
    "expected_wrong": 61.4,
    "expected_wrong_low": 48.2,
    "expected_wrong_high": 77.9,
    "expected_wrong_photos": 88.0,
}
WORDS = {
    "title": "Bumble bees before the cutoff",
    "purpose": "Many are named from a suggestion alone.",
    "for_whom": "Whoever knows bumble bees",
    "shown_as": "Ida",
}
__all__ = ["LAST_DAY"]


@pytest.fixture
def person(db, django_user_model) -> Callable:
    """`person("anna", "review_blitz")`: somebody with these permissions on blitzes and cutoffs."""

    def person(name: str, *permissions: str):
        user = django_user_model.objects.create_user(name)
        user.user_permissions.set(
            Permission.objects.filter(
                content_type__app_label__in=("blitzes", "cutoffs"), codename__in=permissions
            )
        )
        return user

    return person


@pytest.fixture
def anna(person):
    """She reviews proposals."""
    return person("anna", "review_blitz")


@pytest.fixture
def ida(person):
    """She proposes, and looks through batches."""
    return person("ida")


@pytest.fixture
def make_cutoff(db) -> Callable[..., Cutoff]:
    """An announced cutoff on 20 January 2027."""

    def make_cutoff(**values: object) -> Cutoff:
        given = {"name": "Winter 2027", "cutoff_at": CUTOFF_AT} | values
        before = PROPOSED_AT - DAY
        return cutoffs.announce(cutoffs.draft(given, by=None, now=before), by=None, now=before)

    return make_cutoff


@pytest.fixture
def propose(hotspots, ida) -> Callable[..., Blitz]:
    """A proposal of Ida's for the bumble bees, from 10 to 24 November 2026."""

    def propose(clade: int = BOMBUS, now: datetime = PROPOSED_AT, **values: object) -> Blitz:
        given = {"by": ida, "cutoff": None, "starts_at": STARTS_AT, "ends_at": ENDS_AT, **WORDS}
        return services.propose(clade=Taxon.objects.get(pk=clade), now=now, **given | values)

    return propose


@pytest.fixture
def at_state(propose) -> Callable[..., Blitz]:
    """`at_state(State.RUNNING)`: a blitz that came into this state by the services."""

    def at_state(state: State, **values: object) -> Blitz:
        blitz = propose(**values)
        if state == State.PROPOSED:
            return blitz
        if state == State.DECLINED:
            return services.decline(blitz, "Too wide.", by=None, now=PROPOSED_AT)
        if state == State.WITHDRAWN:
            return services.withdraw(blitz, by=None, now=PROPOSED_AT)
        blitz = services.approve(blitz, by=None, now=PROPOSED_AT)
        if state == State.CANCELLED:
            return services.cancel(blitz, "No time.", by=None, now=PROPOSED_AT)
        for moment in (STARTS_AT,) * (state != State.APPROVED) + (ENDS_AT,) * (state == State.FINISHED):
            services.advance_due(now=moment)
        return Blitz.objects.select_related("clade", "cutoff").get(pk=blitz.pk)

    return at_state


@pytest.fixture
def running(at_state) -> Blitz:
    """The blitz for the bumble bees, under way."""
    return at_state(State.RUNNING)
