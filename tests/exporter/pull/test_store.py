"""What is remembered between pulls, step by step, under a clock that the test moves."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from exporter.messages import message
from exporter.pull.store import CountJob, Event, Store, Walk

NEWS = 1_000.0


def day(number: int) -> datetime:
    return datetime(2026, 1, number, tzinfo=UTC)


class Clock:
    """Seconds since 1970, as the test sets them."""

    now = NEWS

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Callable[[], float]) -> Store:
    return Store(tmp_path / "deeper" / "store", clock)


def test_a_new_walk_begins_at_the_start(store: Store) -> None:
    walk = store.start_walk([9, 3, 9], None)
    assert walk == Walk(1, (3, 9), updated_since=None, id_above=0, began_at=None, records=0)
    assert store.walks() == [walk]


def test_a_walk_under_way_is_found_again_by_its_taxa_and_time(store: Store) -> None:
    whole, changes = store.start_walk([3, 9], None), store.start_walk([3, 9], day(2))
    assert store.start_walk([9, 3], None) == whole
    assert store.start_walk([3, 9], day(2)) == changes
    other = store.start_walk([3], day(2))
    assert store.walks() == [whole, changes, other]
    assert [walk.id for walk in store.walks()] == [1, 2, 3]


def test_a_walk_began_at_its_first_answer_whatever_comes_later(store: Store) -> None:
    walk, other = store.start_walk([3], None), store.start_walk([9], None)
    for at in (day(5), day(6), day(4)):
        store.began(walk, at)
    assert store.walks() == [Walk(walk.id, (3,), None, 0, day(5), 0), other]


def test_a_cursor_never_goes_back_and_records_add_up(store: Store) -> None:
    walk, other = store.start_walk([3], day(1)), store.start_walk([9], None)
    for id_above, records in ((50, 7), (20, 2), (60, 1)):
        store.advance(walk, id_above, records)
    assert store.walks() == [Walk(walk.id, (3,), day(1), 60, None, 10), other]
    store.advance(walk, 59, 0)
    assert store.walks()[0].id_above == 60


def test_taxa_walked_whole_are_pulled_up_to_the_end_of_the_walk(store: Store, clock: Clock) -> None:
    walk, other = store.start_walk([3, 9], None), store.start_walk([4], None)
    clock.now = NEWS + 5
    store.finish(walk, day(7))
    assert store.pulled() == {3: day(7), 9: day(7)}
    assert store.least_recounted() == [(3, NEWS + 5), (9, NEWS + 5)]
    assert store.walks() == [other]


@pytest.mark.parametrize(
    ("since", "until"),
    [
        # The lake has all changes up to day 5: a walk from then, or from before, joins on.
        (day(5), day(9)),
        (day(4), day(9)),
        # What changed between day 5 and day 6 was never asked for.
        (day(6), day(5)),
    ],
)
def test_changes_from_later_than_what_the_lake_has_leave_a_gap(
    store: Store, clock: Clock, since: datetime, until: datetime
) -> None:
    store.finish(store.start_walk([3], None), day(5))
    clock.now = NEWS + 5
    store.finish(store.start_walk([3, 9], since), day(9))
    # 9 was never pulled whole: changes alone do not make it so.
    assert store.pulled() == {3: until}
    assert store.least_recounted() == [(3, NEWS)]
    assert store.walks() == []


def test_those_that_wait_longest_for_a_recount_come_first(store: Store, clock: Clock) -> None:
    store.finish(store.start_walk([3, 4, 9], None), day(5))
    clock.now = NEWS + 5
    store.recounted(3)
    assert store.least_recounted() == [(4, NEWS), (9, NEWS), (3, NEWS + 5)]


def test_counts_go_on_page_by_page_until_a_job_is_done(store: Store, clock: Clock) -> None:
    jobs = [CountJob((3,), "observations"), CountJob((3, 9), "research")]
    store.add_count_jobs(jobs)
    store.put_counts(jobs[0], {3: 10, 31: 4}, is_done=False)
    under_way = CountJob((3,), "observations", page=2)
    assert store.count_jobs() == [under_way, jobs[1]]
    # Added again, it goes on from where it is.
    store.add_count_jobs(jobs)
    assert store.count_jobs() == [under_way, jobs[1]]
    store.put_counts(under_way, {31: 5, 32: 1}, is_done=True)
    assert store.count_jobs() == [jobs[1]]
    assert store.counts("observations") == {3: 10, 31: 5, 32: 1}
    assert store.counts("research") == {}


def test_what_the_model_knows_is_asked_by_age(store: Store, clock: Clock) -> None:
    store.put_model({3: True, 9: False})
    clock.now = NEWS + 5
    store.put_model({9: True})
    assert store.model() == {3: True, 9: True}
    assert store.model(NEWS) == {3: True, 9: True}
    assert store.model(NEWS + 1) == {9: True}
    assert store.model(NEWS + 5) == {9: True}
    assert store.model(NEWS + 6) == {}


def test_the_latest_events_are_kept_and_shown_newest_first(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exporter.pull.store._KEPT_EVENTS", 3)
    for number in range(5):
        clock.now = NEWS + number
        store.note(message("recounted", taxon=number, observations=1))
    kept = [
        Event(NEWS + number, [message("recounted", taxon=number, observations=1)]) for number in (4, 3, 2)
    ]
    assert store.events() == kept
    assert store.events(2) == kept[:2]


def test_a_fact_is_its_latest_value(store: Store) -> None:
    assert store.fact("counts finished") is None
    store.put_fact("counts finished", "1")
    store.put_fact("counts finished", "2")
    store.put_fact("other", "3")
    assert (store.fact("counts finished"), store.fact("other")) == ("2", "3")


def test_another_process_remembers_the_same(store: Store, tmp_path: Path) -> None:
    walk = store.start_walk([3], day(2))
    again = Store(tmp_path / "deeper" / "store")
    assert again.walks() == [walk]
    again.advance(walk, 8, 1)
    assert store.walks()[0].id_above == 8
