"""Batches of a blitz: its clade's worklist, while it is under way, one mechanism with all other batches."""

import pytest

from portal.batches.models import Batch
from portal.batches.pools import Part, pool_of
from portal.batches.services import holders, taking
from portal.blitzes import queries
from portal.blitzes.states import State
from portal.lifecycle import NotAllowedError
from tests.portal.batches.conftest import ids
from tests.portal.blitzes.conftest import DAY, ENDS_AT, HOUR, INSECTA, MINUTE, STARTS_AT

FIRST, SECOND = list(range(1000, 1030)), list(range(1030, 1035))


def take(blitz, who, query="", now=STARTS_AT):
    return taking.take(holders.of_account(who, now), Part(f"blitz-{blitz.pk}", query), now=now)


@pytest.fixture
def ben(person):
    return person("ben")


def test_the_first_batch_has_the_most_worthwhile_and_the_next_one_what_follows(running, ida, ben):
    assert ids(take(running, ida)) == FIRST
    assert ids(take(running, ben)) == SECOND


def test_what_is_held_of_a_worklist_is_held_in_a_blitz_too(running, ida, ben):
    taking.take(holders.of_account(ida, STARTS_AT), Part(query="clade=52775"), now=STARTS_AT)
    assert ids(take(running, ben)) == SECOND


def test_a_batch_of_one_label_or_one_continent(at_state, ida, ben):
    blitz = at_state(State.RUNNING, clade=INSECTA)
    assert ids(take(blitz, ida, "label=900001")) == [2000]
    assert ids(take(blitz, ben, "place=north_america")) == FIRST


@pytest.mark.parametrize("query", ["place=asia", "label=900001"])
def test_what_lies_outside_the_clade_or_the_place_is_not_given(running, ida, query):
    with pytest.raises(NotAllowedError, match="Nothing is free there"):
        take(running, ida, query)


@pytest.mark.parametrize("state", [state for state in State if state != State.RUNNING])
def test_only_what_is_under_way_has_batches(at_state, ida, state):
    with pytest.raises(NotAllowedError, match="not under way"):
        take(at_state(state), ida)


def test_at_its_end_nothing_is_taken_even_if_the_clock_is_late(running, ida, ben):
    take(running, ida, now=ENDS_AT - MINUTE)
    with pytest.raises(NotAllowedError, match="not under way"):
        take(running, ben, now=ENDS_AT)


def test_what_there_is_to_take(running, ida):
    assert queries.batches(running, None, STARTS_AT) == queries.Batches(35, 0, None)
    take(running, ida)
    assert queries.batches(running, None, STARTS_AT + HOUR) == queries.Batches(5, 1, STARTS_AT + DAY)
    assert [queries.Batches(n, 0, None).free for n in (0, 1, 30, 31)] == [0, 1, 1, 2]


def test_a_batch_says_its_blitz_to_who_may_know_of_it(at_state, make_cutoff, ida, anna, person):
    blitz = at_state(State.RUNNING, cutoff=make_cutoff(audience="staff"))
    part = Part(queries.pool_of(blitz))
    assert pool_of(part).source(part, person("member")) is None
    source = pool_of(part).source(part, person("staff", "view_cutoff"))
    assert (source.title, source.address) == (blitz.title, f"/blitzes/{blitz.pk}/")
    assert Batch.objects.count() == 0
