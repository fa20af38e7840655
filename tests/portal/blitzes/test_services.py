"""A blitz's life: what may follow what, who did it and when, and that the clock does it once."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections

from portal.batches.models import Batch, BatchRow
from portal.blitzes import queries, services
from portal.blitzes.models import Blitz, Event, Measurement, Target
from portal.blitzes.states import TRANSITIONS, State
from portal.cutoffs import services as cutoffs
from portal.lake.models import Refresh
from portal.lifecycle import NotAllowedError
from tests.portal.blitzes.conftest import (
    CUTOFF_AT,
    DAY,
    ENDS_AT,
    EXPECTED,
    LAST_DAY,
    MINUTE,
    PROPOSED_AT,
    STARTS_AT,
)
from tests.portal.blitzes.test_batches import FIRST, ids, take


def log(blitz):
    """The audit log of a blitz as (before, after, at, by, note)."""
    return [
        (event.before, event.after, event.at, event.by and event.by.username, event.note)
        for event in queries.events(blitz)
    ]


@pytest.mark.parametrize("before", State)
@pytest.mark.parametrize("after", State)
def test_only_the_transitions_of_the_table_are_made(at_state, before, after):
    blitz = at_state(before)
    at = ENDS_AT + DAY
    if after in TRANSITIONS[before]:
        assert services._move(blitz, after, by=None, at=at, began_at=at).state == after
    else:
        with pytest.raises(NotAllowedError, match="cannot become"):
            services._move(blitz, after, by=None, at=at)
        blitz.refresh_from_db()
        assert blitz.state == before
        assert not blitz.events.filter(at=at).exists()


def test_a_life_is_recorded_with_who_and_when(propose, anna):
    blitz = services.approve(propose(), by=anna, now=PROPOSED_AT + DAY)
    services.advance_due(now=STARTS_AT)
    services.advance_due(now=ENDS_AT)
    assert log(blitz) == [
        ("", "proposed", PROPOSED_AT, "ida", ""),
        ("proposed", "approved", PROPOSED_AT + DAY, "anna", ""),
        ("approved", "running", STARTS_AT, None, ""),
        ("running", "finished", ENDS_AT, None, ""),
    ]


def test_a_proposal_is_declined_with_a_reason_or_withdrawn(propose, anna, ida):
    declined = services.decline(propose(), "Too wide.", by=anna, now=PROPOSED_AT + DAY)
    assert log(declined)[-1] == ("proposed", "declined", PROPOSED_AT + DAY, "anna", "Too wide.")
    withdrawn = services.withdraw(propose(), by=ida, now=PROPOSED_AT + DAY)
    assert log(withdrawn)[-1] == ("proposed", "withdrawn", PROPOSED_AT + DAY, "ida", "")


def test_one_that_was_approved_is_called_off_by_its_proposer_before_it_begins(at_state, ida):
    blitz = services.withdraw(at_state(State.APPROVED), by=ida, now=PROPOSED_AT + DAY)
    assert log(blitz)[-1][:2] == ("approved", "cancelled")
    with pytest.raises(NotAllowedError, match="cannot become"):
        services.withdraw(at_state(State.RUNNING), by=ida, now=STARTS_AT)


# Proposals


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"ends_at": STARTS_AT}, "ends before it begins"),
        ({"starts_at": PROPOSED_AT - 2 * DAY, "ends_at": PROPOSED_AT}, "end is past"),
        ({"ends_at": STARTS_AT + timedelta(days=92, minutes=1)}, "at most 92 days"),
        ({"clade": 900003}, "No observation of Two-spotted Lady Beetles and Allies stands out"),
    ],
)
def test_what_cannot_be_is_not_proposed(propose, values, words):
    with pytest.raises(NotAllowedError, match=words):
        propose(**values)
    assert not Blitz.objects.exists()


def test_it_lasts_92_days_at_most(propose):
    assert propose(ends_at=STARTS_AT + timedelta(days=92)).ends_at == STARTS_AT + timedelta(days=92)


def test_one_of_a_simulated_world_stays_so_whatever_its_list_comes_from(at_state):
    approved = at_state(State.APPROVED)
    Blitz.objects.update(is_simulated=True)
    approved.refresh_from_db()
    begun = services.begin(approved, services.Start(LAST_DAY, EXPECTED, [], False), now=STARTS_AT)
    assert begun.is_simulated


def test_it_ends_at_the_cutoff_at_the_latest(propose, make_cutoff):
    cutoff = make_cutoff()
    starts_at = CUTOFF_AT - 5 * DAY
    with pytest.raises(NotAllowedError, match="after its cutoff, on 2027-01-20 00:00 UTC"):
        propose(cutoff=cutoff, starts_at=starts_at, ends_at=CUTOFF_AT + MINUTE)
    assert propose(cutoff=cutoff, starts_at=starts_at, ends_at=CUTOFF_AT).closes_at == CUTOFF_AT


def test_a_cutoff_that_is_moved_before_its_end_ends_it(at_state, make_cutoff, anna):
    cutoff = make_cutoff()
    blitz = at_state(State.RUNNING, cutoff=cutoff)
    earlier = ENDS_AT - 2 * DAY
    cutoffs.edit(cutoff, {"cutoff_at": earlier, "settle_days": 1}, by=anna, now=STARTS_AT)
    assert services.advance_due(now=earlier - MINUTE) == 0
    assert services.advance_due(now=earlier) == 1
    blitz.refresh_from_db()
    assert (blitz.state, blitz.closes_at) == (State.FINISHED, earlier)


def test_nobody_has_more_than_three_proposals_waiting(propose, person):
    first, _second, _third = (propose() for _ in range(3))
    with pytest.raises(NotAllowedError, match="3 proposals of yours wait"):
        propose()
    assert propose(by=person("ben")).proposer.username == "ben"
    services.approve(first, by=None, now=PROPOSED_AT)
    propose()


# Approval and the clock


def test_it_begins_with_the_worklist_and_what_is_expected_then(at_state):
    blitz = at_state(State.RUNNING)
    assert (blitz.began_at, blitz.is_simulated) == (STARTS_AT, True)
    targets = Target.objects.filter(blitz=blitz).order_by("observation_id")
    assert [(row.observation_id, row.label_taxon_id, row.photos) for row in targets] == [
        (1000 + number, 118970, 1) for number in range(35)
    ]
    (before,) = Measurement.objects.filter(blitz=blitz).values(
        "at", "data_as_of", "looked_at", "moved", "moved_photos", "off_list", *EXPECTED
    )
    counted = {"at": LAST_DAY, "data_as_of": LAST_DAY}
    assert before == counted | {"looked_at": 0, "moved": 0, "moved_photos": 0, "off_list": 0} | EXPECTED


def test_approved_after_its_beginning_it_begins_at_once(propose, anna):
    blitz = services.approve(propose(), by=anna, now=STARTS_AT + DAY)
    assert (blitz.state, blitz.began_at) == (State.RUNNING, STARTS_AT + DAY)


def test_what_is_over_is_not_approved(propose, anna):
    with pytest.raises(NotAllowedError, match="end is past"):
        services.approve(propose(), by=anna, now=ENDS_AT)


def test_the_clock_moves_at_the_minute_and_not_before(at_state):
    blitz = at_state(State.APPROVED)
    states = []
    for moment in (STARTS_AT - MINUTE, STARTS_AT, ENDS_AT - MINUTE, ENDS_AT):
        services.advance_due(now=moment)
        blitz.refresh_from_db()
        states.append(blitz.state)
    assert states == ["approved", "running", "running", "finished"]


def test_after_a_downtime_it_catches_up(at_state):
    at_state(State.APPROVED)
    assert services.advance_due(now=ENDS_AT) == 2


def test_before_anything_is_counted_it_waits(at_state):
    blitz = at_state(State.APPROVED)
    Refresh.objects.update(counts={})
    assert services.advance_due(now=STARTS_AT) == 0
    blitz.refresh_from_db()
    assert blitz.state == State.APPROVED


def test_at_its_end_its_batches_are_held_no_more_and_keep_their_receipts(running, ida, anna, at_state):
    take(running, ida)
    services.advance_due(now=ENDS_AT)
    other = at_state(State.RUNNING)
    assert ids(take(other, anna, now=STARTS_AT + 2 * DAY)) == FIRST
    services.cancel(other, "No time.", by=anna, now=STARTS_AT + 2 * DAY)
    assert not BatchRow.objects.filter(is_held=True).exists()
    assert Batch.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_makes_each_transition(at_state):
    if connection.vendor == "sqlite":
        pytest.skip("a database in memory has one writer: the run on PostgreSQL has it")
    blitz = at_state(State.APPROVED)
    start = threading.Barrier(6)
    made = []

    def work():
        start.wait()
        made.append(services.advance_due(now=STARTS_AT))
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(made) == 1
    assert Event.objects.filter(blitz=blitz, after=State.RUNNING).count() == 1
    assert Target.objects.filter(blitz=blitz).count() == 35
