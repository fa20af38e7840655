"""Blitzes in Spanish: no English is left on their pages but what people wrote."""

import pytest

from portal.blitzes import services
from portal.blitzes.states import State
from portal.hotspots.models import WorklistEntry
from tests.portal.blitzes.conftest import DAY, EXPECTED, STARTS_AT
from tests.portal.test_spanish import english_in, spanish

__all__ = ["spanish"]
WORDS = {"title": "Abejorros", "purpose": "Muchos lo son.", "for_whom": "Quien quiera", "shown_as": "Ida"}


@pytest.mark.parametrize("state", State)
def test_no_english_is_left_on_a_blitz_s_page_for_staff(at_state, anna, spanish, state):
    blitz = at_state(state, **WORDS)
    if state in (State.RUNNING, State.FINISHED):
        services.record(blitz, STARTS_AT + DAY, {**EXPECTED, "data_as_of": STARTS_AT + DAY})
    blitz.events.exclude(note="").update(note="", messages=[{"code": "withdrawn"}])
    WorklistEntry.objects.update(reasons=[{"code": "maybe_other"}])
    spanish.force_login(anna)
    for address in (f"/blitzes/{blitz.pk}/", "/blitzes/", "/hotspots/118970/", "/"):
        assert english_in(spanish.get(address)) == set()


def test_no_english_is_left_where_one_proposes(hotspots, anna, spanish):
    spanish.force_login(anna)
    assert english_in(spanish.get("/blitzes/new/")) == set()
