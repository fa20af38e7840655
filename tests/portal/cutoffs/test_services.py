"""A cutoff's life: what may follow what, who did it and when, and that the clock does it once."""

import hashlib
import threading
from datetime import timedelta

import pytest
from django.db import connection, connections

from exporter.messages import plain
from portal.cutoffs import queries, services, wording
from portal.cutoffs.models import Cutoff, Event, Snapshot
from portal.cutoffs.services import NotAllowedError
from portal.cutoffs.states import TRANSITIONS, State
from tests.portal.cutoffs.conftest import ANNOUNCED_AT, CUTOFF_AT, MINUTE, WINDOW_START


def log(cutoff):
    """The audit log of a cutoff as (before, after, at, by, note)."""
    return [
        (event.before, event.after, event.at, event.by and event.by.username, wording.note(event))
        for event in queries.events(cutoff)
    ]


@pytest.mark.parametrize("before", State)
@pytest.mark.parametrize("after", State)
def test_only_the_transitions_of_the_table_are_made(at_state, before, after):
    cutoff = at_state(before)
    sealed = {"announced_at": ANNOUNCED_AT, "commitment": "c0ffee"}
    if after in TRANSITIONS[before]:
        assert services._move(cutoff, after, by=None, at=CUTOFF_AT, **sealed).state == after
    else:
        with pytest.raises(NotAllowedError, match="cannot become"):
            services._move(cutoff, after, by=None, at=CUTOFF_AT)
        cutoff.refresh_from_db()
        assert cutoff.state == before
        assert not cutoff.events.filter(after=after, at=CUTOFF_AT).exists()


def test_a_life_is_recorded_with_who_and_when(anna, draft):
    days = [ANNOUNCED_AT, ANNOUNCED_AT + timedelta(days=1), CUTOFF_AT]
    cutoff = draft()
    cutoff = services.announce(cutoff, by=anna, now=days[0])
    cutoff = services.edit(cutoff, {"cutoff_at": CUTOFF_AT + timedelta(days=2)}, by=anna, now=days[1])
    assert services.advance_due(now=WINDOW_START + timedelta(days=1)) == 0
    assert services.advance_due(now=WINDOW_START + timedelta(days=2)) == 1
    cutoff.refresh_from_db()
    cutoff = services.cancel(cutoff, "The lake is broken.", by=anna, now=days[2])
    assert log(cutoff) == [
        ("", "draft", ANNOUNCED_AT - timedelta(days=1), None, ""),
        ("draft", "announced", days[0], "anna", ""),
        ("announced", "announced", days[1], "anna",
         "cutoff: 2027-01-20 00:00 UTC → 2027-01-22 00:00 UTC"),
        ("announced", "settling", WINDOW_START + timedelta(days=2), None, ""),
        ("settling", "cancelled", days[2], "anna", "The lake is broken."),
    ]  # fmt: skip


def test_an_announcement_seals_the_draw(announced):
    one, other = announced(), announced()
    assert hashlib.sha256(one.seal.seed.encode()).hexdigest() == one.commitment
    assert one.seal.seed != other.seal.seed
    assert queries.seed(one) == ""


def test_the_seed_is_told_once_the_snapshot_stands(at_state):
    recorded = {state for state in State if queries.seed(at_state(state))}
    assert recorded == {State.EXPORTED, State.TRAINING, State.PUBLISHED}


@pytest.mark.parametrize("late", [timedelta(0), timedelta(days=3)])
def test_what_is_announced_has_its_settling_window_ahead(draft, late):
    cutoff = draft()
    with pytest.raises(NotAllowedError, match="would begin on 2027-01-06 00:00 UTC, which is past"):
        services.announce(cutoff, by=None, now=WINDOW_START + late)
    cutoff.refresh_from_db()
    assert (cutoff.state, cutoff.commitment) == (State.DRAFT, "")


# Changes


def test_a_change_is_a_new_sequence_for_calendars_and_no_change_is_none(anna, announced):
    cutoff = announced()
    later = ANNOUNCED_AT + timedelta(days=3)
    assert services.edit(cutoff, {"name": cutoff.name}, by=anna, now=later).sequence == 0
    changed = services.edit(cutoff, {"note": "Come early."}, by=anna, now=later)
    assert (changed.sequence, changed.changed_at) == (1, later)


def test_whether_it_is_held_is_nobodys_news(anna, announced):
    changed = services.edit(announced(), {"hold": "always"}, by=anna)
    assert (changed.sequence, changed.changed_at) == (0, ANNOUNCED_AT)


@pytest.mark.parametrize(
    ("state", "changes"),
    [
        (State.ANNOUNCED, {"criteria": "inat-2021"}),
        (State.SETTLING, {"cutoff_at": CUTOFF_AT + MINUTE}),
        (State.EXPORTED, {"hold": "always"}),
        (State.CANCELLED, {"note": "after all"}),
    ],
)
def test_what_people_rely_on_stays_as_it_was_told(anna, at_state, state, changes):
    cutoff = at_state(state)
    with pytest.raises(NotAllowedError, match="cannot be changed any more"):
        services.edit(cutoff, changes, by=anna)


def test_an_announced_cutoff_is_not_moved_into_the_past(anna, announced):
    with pytest.raises(NotAllowedError, match="which is past"):
        services.edit(announced(), {"settle_days": 60}, by=anna, now=ANNOUNCED_AT)


def test_an_audience_only_widens(anna, announced):
    cutoff = services.edit(
        announced(audience="staff"), {"audience": "identifiers"}, by=anna, now=ANNOUNCED_AT
    )
    with pytest.raises(NotAllowedError, match="announced to more people"):
        services.edit(cutoff, {"audience": "staff"}, by=anna, now=ANNOUNCED_AT)
    assert services.edit(cutoff, {"audience": "public"}, by=anna, now=ANNOUNCED_AT).audience == "public"


# The clock


def test_the_clock_moves_at_the_minute_and_not_before(announced):
    cutoff = announced()
    states = []
    for moment in (WINDOW_START, CUTOFF_AT):
        for now in (moment - MINUTE, moment):
            services.advance_due(now=now)
            cutoff.refresh_from_db()
            states.append(cutoff.state)
    assert states == ["announced", "settling", "settling", "snapshotting"]
    assert list(cutoff.snapshots.values_list("number", "step", "asked_at")) == [(1, "waiting", CUTOFF_AT)]


def test_after_a_downtime_it_catches_up_through_every_state(announced):
    cutoff = announced()
    late = CUTOFF_AT + timedelta(days=2)
    assert services.advance_due(now=late) == 2
    assert log(cutoff)[2:] == [
        ("announced", "settling", late, None, ""),
        ("settling", "snapshotting", late, None, ""),
    ]


def test_without_days_to_settle_the_cutoff_comes_at_once(announced):
    announced(settle_days=0)
    assert services.advance_due(now=CUTOFF_AT - MINUTE) == 0
    assert services.advance_due(now=CUTOFF_AT) == 2


def test_drafts_and_cancelled_cutoffs_have_no_clock(draft, at_state):
    draft()
    at_state(State.CANCELLED)
    assert services.advance_due(now=CUTOFF_AT) == 0


def test_of_two_who_read_the_same_state_one_moves_it(announced):
    cutoff = announced()
    stale = Cutoff.objects.get(pk=cutoff.pk)
    services._move(cutoff, State.SETTLING, by=None, at=WINDOW_START)
    with pytest.raises(NotAllowedError, match="was changed meanwhile"):
        services._move(stale, State.SETTLING, by=None, at=WINDOW_START)
    assert cutoff.events.filter(after=State.SETTLING).count() == 1


def test_a_clock_that_read_the_old_date_moves_nothing(announced, anna, monkeypatch):
    cutoff = announced()
    read = queries.due(WINDOW_START)
    services.edit(cutoff, {"cutoff_at": CUTOFF_AT + timedelta(days=30)}, by=anna, now=ANNOUNCED_AT)
    monkeypatch.setattr(queries, "due", lambda now: read)
    assert services.advance_due(now=WINDOW_START) == 0
    cutoff.refresh_from_db()
    assert cutoff.state == State.ANNOUNCED


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_makes_each_transition(announced):
    if connection.vendor == "sqlite":
        pytest.skip("a database in memory has one writer: the run on PostgreSQL has it")
    cutoff = announced()
    start = threading.Barrier(8)
    made = []

    def work():
        start.wait()
        made.append(services.advance_due(now=CUTOFF_AT))
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(made) == 2
    assert Event.objects.filter(cutoff=cutoff, by=None, after__in=["settling", "snapshotting"]).count() == 2
    assert Snapshot.objects.filter(cutoff=cutoff).count() == 1


# Held and failed


def test_a_held_snapshot_is_released_or_cut_again(anna, at_state):
    released = services.release(at_state(State.HELD), "A bioblitz in Peru.", by=anna, now=CUTOFF_AT)
    assert released.state == State.EXPORTED
    assert log(released)[-1] == ("held", "exported", CUTOFF_AT, "anna", "A bioblitz in Peru.")
    held = at_state(State.HELD)
    Snapshot.objects.create(cutoff=held, number=1, asked_at=CUTOFF_AT)
    again = services.cut_again(held, "Two accounts are suspended now.", by=anna, now=CUTOFF_AT)
    assert again.state == State.SNAPSHOTTING
    assert (again.seal.seed, again.commitment) == (held.seal.seed, held.commitment)
    assert [snapshot.number for snapshot in queries.snapshots(again)] == [2, 1]


@pytest.mark.parametrize("state", [State.ANNOUNCED, State.SETTLING, State.FAILED, State.EXPORTED])
def test_only_a_held_snapshot_is_cut_again(anna, at_state, state):
    cutoff = (
        services.fail(at_state(State.SNAPSHOTTING), plain("No disk."))
        if state == State.FAILED
        else at_state(state)
    )
    made = cutoff.snapshots.count()
    with pytest.raises(NotAllowedError):
        services.cut_again(cutoff, "Newer data.", by=anna, now=CUTOFF_AT)
    cutoff.refresh_from_db()
    assert (cutoff.state, cutoff.snapshots.count()) == (state, made)


@pytest.mark.parametrize("state", [State.SNAPSHOTTING, State.TRAINING])
def test_a_retry_goes_back_to_where_it_failed(anna, at_state, state):
    failed = services.fail(at_state(state), plain("No disk left."), now=CUTOFF_AT)
    assert log(failed)[-1] == (state, "failed", CUTOFF_AT, None, "No disk left.")
    again = services.retry(failed, by=anna)
    assert again.state == state
    assert again.snapshots.count() == (1 if state == State.SNAPSHOTTING else 0)


def test_only_what_failed_is_retried(anna, at_state):
    with pytest.raises(NotAllowedError, match="Only what failed"):
        services.retry(at_state(State.HELD), by=anna)


def test_a_model_is_trained_and_published(at_state):
    training = services.begin_training(at_state(State.EXPORTED), "v2.30", by=None)
    assert (training.state, training.model_name) == (State.TRAINING, "v2.30")
    assert services.publish(training, by=None).state == State.PUBLISHED
