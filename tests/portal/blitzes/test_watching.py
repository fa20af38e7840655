"""Clades of blitzes are pulled before others, after those that whoever runs the portal named."""

from django.utils import timezone

from portal.blitzes.states import State
from portal.notices.models import Subscription
from portal.sync import queries
from tests.portal.blitzes.conftest import BOMBUS, INSECTA


def test_clades_of_blitzes_under_way_come_after_the_named_and_before_the_subscribed(at_state, settings):
    settings.WATCHED_TAXA = [48460]
    now = timezone.now()
    Subscription.objects.create(email="a@example.org", clade_id=47822, asked_at=now, confirmed_at=now)
    for state in (State.APPROVED, State.PROPOSED, State.FINISHED, State.CANCELLED):
        at_state(state, clade=900001)
    at_state(State.RUNNING)
    assert queries.watch_list()[:3] == [48460, BOMBUS, 47822]


def test_a_clade_too_large_to_follow_is_left_to_the_monthly_dump(at_state, settings, monkeypatch):
    settings.WATCHED_TAXA = []
    at_state(State.RUNNING, clade=INSECTA)
    assert queries.watch_list()[0] == INSECTA
    monkeypatch.setattr(queries, "LARGEST_CLADE", 829)
    assert queries.watch_list()[0] != INSECTA
