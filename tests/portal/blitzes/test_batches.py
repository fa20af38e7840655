"""Batches: nobody gets what somebody else holds, a claim lapses by itself, and a batch stays as it is."""

import threading
from itertools import chain

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, connection, connections, transaction

from portal.blitzes import queries, services
from portal.blitzes.models import Claim, ClaimedObservation
from portal.blitzes.states import State
from portal.hotspots.models import WorklistEntry
from portal.hotspots.queries import worklists
from portal.lake.models import Refresh
from portal.lifecycle import NotAllowedError
from tests.portal.blitzes.conftest import DAY, ENDS_AT, HOUR, INSECTA, MINUTE, STARTS_AT

FIRST, SECOND = list(range(1000, 1030)), list(range(1030, 1035))


def ids(claim):
    return [row.observation_id for row in claim.observations.all()]


@pytest.fixture
def ben(person):
    return person("ben")


def test_the_first_batch_has_the_most_worthwhile_and_the_next_one_what_follows(running, ida, ben):
    assert ids(services.claim(running, ida, now=STARTS_AT)) == FIRST
    assert ids(services.claim(running, ben, now=STARTS_AT)) == SECOND
    with pytest.raises(NotAllowedError, match="Nothing is free there now"):
        services.claim(running, ben, now=STARTS_AT)


def test_a_claim_lapses_after_24_hours_without_any_clock(running, ida, ben):
    services.claim(running, ida, now=STARTS_AT)
    last = STARTS_AT + DAY - MINUTE
    assert len(queries.claims_of(running, ida, last)) == 1
    assert queries.free(running, ben, last).count() == 5
    assert queries.claims_of(running, ida, STARTS_AT + DAY) == []
    assert ids(services.claim(running, ben, now=STARTS_AT + DAY)) == FIRST
    assert list(Claim.objects.values_list("person__username", flat=True)) == ["ben"]


def test_what_lapsed_is_free_for_the_same_person_too(running, ida):
    services.claim(running, ida, now=STARTS_AT)
    assert ids(services.claim(running, ida, now=STARTS_AT + DAY)) == FIRST


def test_done_is_held_no_more_but_given_out_again_only_after_the_next_count(running, ida, ben, hotspots):
    services.finish(services.claim(running, ida, now=STARTS_AT), now=STARTS_AT + HOUR)
    assert queries.claims_of(running, ida, STARTS_AT + HOUR) == []
    assert ids(services.claim(running, ben, now=STARTS_AT + HOUR)) == SECOND
    Refresh.objects.filter(pk=hotspots.pk).update(data_as_of=STARTS_AT + 2 * HOUR)
    assert queries.free(running, ben, STARTS_AT + 3 * HOUR).count() == 30
    # To Ida, who looked at them, they never come back.
    assert queries.free(running, ida, STARTS_AT + 3 * HOUR).count() == 0


def test_given_back_is_free_at_once(running, ida, ben):
    services.give_back(services.claim(running, ida, now=STARTS_AT))
    assert ids(services.claim(running, ben, now=STARTS_AT)) == FIRST


def test_done_and_given_back_twice_do_no_harm(running, ida):
    claim = services.claim(running, ida, now=STARTS_AT)
    services.finish(claim, now=STARTS_AT)
    services.finish(claim, now=STARTS_AT + HOUR)
    services.give_back(claim)
    assert Claim.objects.get().done_at == STARTS_AT


def test_a_batch_stays_as_it_was_when_the_worklist_changes(running, ida, ben):
    claim = services.claim(running, ida, now=STARTS_AT)
    WorklistEntry.objects.filter(observation_id__in=range(1000, 1010)).delete()
    WorklistEntry.objects.filter(observation_id=1034).update(priority=5.0)
    (held,) = queries.claims_of(running, ida, STARTS_AT + HOUR)
    assert (held, ids(held)) == (claim, FIRST)
    assert ids(services.claim(running, ben, now=STARTS_AT + HOUR)) == [1034, 1030, 1031, 1032, 1033]


def test_a_batch_of_one_label_or_one_continent(at_state, ida, ben):
    blitz = at_state(State.RUNNING, clade=INSECTA)
    assert ids(services.claim(blitz, ida, label=900001, now=STARTS_AT)) == [2000]
    assert ids(services.claim(blitz, ben, place="north_america", now=STARTS_AT)) == FIRST
    with pytest.raises(NotAllowedError, match="Nothing is free there"):
        services.claim(blitz, ida, place="asia", now=STARTS_AT)


def test_what_lies_outside_the_clade_is_not_given(running, ida):
    with pytest.raises(NotAllowedError, match="Nothing is free there"):
        services.claim(running, ida, label=900001, now=STARTS_AT)


def test_nobody_holds_more_than_three(running, ida, monkeypatch):
    monkeypatch.setattr(worklists, "BATCH", 5)
    claims = [services.claim(running, ida, now=STARTS_AT) for _ in range(3)]
    with pytest.raises(NotAllowedError, match="You hold 3 batches"):
        services.claim(running, ida, now=STARTS_AT)
    services.finish(claims[0], now=STARTS_AT)
    assert ids(services.claim(running, ida, now=STARTS_AT)) == list(range(1015, 1020))


@pytest.mark.parametrize("state", [state for state in State if state != State.RUNNING])
def test_only_what_is_under_way_has_batches(at_state, ida, state):
    with pytest.raises(NotAllowedError, match="not under way"):
        services.claim(at_state(state), ida, now=STARTS_AT)


def test_at_its_end_nothing_is_claimed_even_if_the_clock_is_late(running, ida):
    services.claim(running, ida, now=ENDS_AT - MINUTE)
    with pytest.raises(NotAllowedError, match="not under way"):
        services.claim(running, ida, now=ENDS_AT)


def test_the_database_itself_lets_nobody_hold_what_is_held(running, ida, ben):
    services.claim(running, ida, now=STARTS_AT)
    other = Claim.objects.create(blitz=running, person=ben, claimed_at=STARTS_AT)
    with pytest.raises(IntegrityError), transaction.atomic():
        ClaimedObservation.objects.create(
            claim=other, blitz=running, observation_id=1000, label_taxon_id=118970
        )


def test_what_there_is_to_claim(running, ida):
    nobody = AnonymousUser()
    assert queries.batches(running, nobody, STARTS_AT) == queries.Batches(35, 0, None)
    services.claim(running, ida, now=STARTS_AT)
    now = STARTS_AT + HOUR
    assert queries.batches(running, nobody, now) == queries.Batches(5, 1, STARTS_AT + DAY)
    assert [queries.Batches(n, 0, None).free for n in (0, 1, 30, 31)] == [0, 1, 1, 2]


@pytest.mark.django_db(transaction=True)
def test_of_people_who_claim_at_the_same_time_no_two_get_the_same(running, person, monkeypatch):
    if connection.vendor == "sqlite":
        pytest.skip("a database in memory has one writer: the run on PostgreSQL has it")
    monkeypatch.setattr(worklists, "BATCH", 5)
    people = [person(f"person {number}") for number in range(8)]
    start = threading.Barrier(len(people))
    got, refused = [], []

    def work(who):
        start.wait()
        try:
            got.append(ids(services.claim(running, who, now=STARTS_AT)))
        except NotAllowedError as error:
            refused.append(str(error))
        connections.close_all()

    threads = [threading.Thread(target=work, args=(who,)) for who in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # 35 observations are seven batches of five for eight people.
    assert sorted(chain.from_iterable(got)) == list(range(1000, 1035))
    assert [len(batch) for batch in got] == [5] * 7
    assert len(refused) == 1


@pytest.mark.django_db(transaction=True)
def test_one_person_in_many_windows_holds_three(running, ida, monkeypatch):
    if connection.vendor == "sqlite":
        pytest.skip("a database in memory has one writer: the run on PostgreSQL has it")
    monkeypatch.setattr(worklists, "BATCH", 2)
    start = threading.Barrier(6)
    refused = []

    def work():
        start.wait()
        try:
            services.claim(running, ida, now=STARTS_AT)
        except NotAllowedError as error:
            refused.append(str(error))
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (Claim.objects.count(), len(refused)) == (3, 3)
