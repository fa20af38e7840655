"""Taking batches: two people get different rows, a batch lapses by itself, what was seen stays away."""

import threading
from itertools import chain

import pytest
from django.db import IntegrityError, connection, connections, transaction

from portal.batches import queries
from portal.batches.models import (
    Batch,
    BatchRow,
    Holder,
    SeenObservation,
    SettledObservation,
    Verdict,
)
from portal.batches.pools import Part
from portal.batches.queries.leaving import leave_out
from portal.batches.services import answering, holders, taking
from portal.hotspots.models import WorklistEntry
from portal.hotspots.queries import worklists
from portal.lake.models import Refresh
from portal.lifecycle import NotAllowedError
from tests.portal.batches.conftest import DAY, FIRST, HOUR, MINUTE, NOW, ids
from tests.portal.world import LAST_DAY

BUMBLE_BEES = Part(query="clade=52775")


def take(holder, part=BUMBLE_BEES, now=NOW):
    return taking.take(holder, part, now=now)


def test_the_first_batch_has_the_most_worthwhile_and_the_next_holder_gets_what_follows(ida, ben):
    batch = take(ida)
    assert (ids(batch), batch.criteria, batch.counted_at) == (FIRST, "inat-2022", LAST_DAY)
    assert ids(take(ben)) == list(range(1030, 1035))


def test_a_row_keeps_what_the_worklist_said_of_it(ida):
    row = take(ida).rows.first()
    entry = WorklistEntry.objects.get(criteria="inat-2022", observation_id=1000)
    kept = row.as_entry()
    for name in ("observation_id", "label_taxon_id", "suggested_taxon_id", "suspicion", "reasons", "photos"):
        assert getattr(kept, name) == getattr(entry, name)
    assert kept.pk is None


def test_an_account_holds_one_batch_until_it_finished_one_and_then_three(ida, monkeypatch):
    monkeypatch.setattr(worklists, "BATCH", 5)
    first = take(ida)
    with pytest.raises(NotAllowedError, match="You have 1 batch"):
        take(ida)
    taking.finish(first, NOW)
    ida.refresh_from_db()
    batches = [take(ida) for _ in range(3)]
    with pytest.raises(NotAllowedError, match="You have 3 batches"):
        take(ida)
    assert list(chain.from_iterable(map(ids, batches))) == list(range(1005, 1020))


def test_a_browser_without_an_account_holds_one_for_four_hours(browser_holder, monkeypatch):
    monkeypatch.setattr(worklists, "BATCH", 5)
    first = take(browser_holder)
    assert first.held_until == NOW + 4 * HOUR
    taking.finish(first, NOW)
    browser_holder.refresh_from_db()
    take(browser_holder)
    with pytest.raises(NotAllowedError, match="You have 1 batch"):
        take(browser_holder)


def test_a_batch_lapses_without_any_clock_and_without_blame(ida, ben):
    batch = take(ida)
    assert batch.held_until == NOW + DAY
    assert ids(take(ben, now=NOW + DAY - MINUTE)) == list(range(1030, 1035))
    assert queries.open_batches(ida, NOW + DAY) == []
    # What was not answered is free for its former holder too.
    assert ids(take(ida, now=NOW + DAY)) == FIRST
    assert Batch.objects.filter(holder=ida).count() == 2


def test_finished_rows_never_come_back_to_their_holder_and_to_others_after_the_next_count(ida, ben, hotspots):
    taking.finish(take(ida), NOW + HOUR)
    assert ids(take(ben, now=NOW + HOUR)) == list(range(1030, 1035))
    taking.give_back(Batch.objects.get(holder=ben))
    Refresh.objects.filter(pk=hotspots.pk).update(data_as_of=NOW + 2 * HOUR)
    assert ids(take(ben, now=NOW + 3 * HOUR)) == FIRST
    taking.give_back(Batch.objects.get(holder=ben))
    assert ids(take(ida, now=NOW + 4 * HOUR)) == list(range(1030, 1035))


def test_returned_rows_are_free_at_once_and_ending_twice_does_no_harm(ida, ben):
    taking.give_back(take(ida))
    batch = take(ben)
    assert ids(batch) == FIRST
    taking.finish(batch, NOW)
    taking.finish(batch, NOW + HOUR)
    taking.give_back(batch)
    assert Batch.objects.get().done_at == NOW


def test_a_batch_stays_as_it_was_when_the_worklist_changes(ida, ben):
    batch = take(ida)
    WorklistEntry.objects.filter(observation_id__in=range(1000, 1010)).delete()
    WorklistEntry.objects.filter(observation_id=1034).update(priority=5.0)
    assert ids(batch) == FIRST
    assert ids(take(ben)) == [1034, 1030, 1031, 1032, 1033]


def test_it_is_extended_three_times_and_no_more(ida, browser_holder):
    batch = take(ida)
    for number in range(1, 4):
        taking.extend(batch, NOW + number * HOUR)
        batch.refresh_from_db()
        assert batch.held_until == NOW + number * HOUR + DAY
    with pytest.raises(NotAllowedError, match="can be extended 3 times"):
        taking.extend(batch, NOW)
    with pytest.raises(NotAllowedError, match="not yours any more"):
        taking.extend(batch, NOW + 9 * DAY)
    short = take(browser_holder)
    taking.extend(short, NOW + HOUR)
    short.refresh_from_db()
    assert short.held_until == NOW + 5 * HOUR


def test_where_nothing_is_free_it_says_so(ida, ben, account):
    take(ida)
    take(ben)
    with pytest.raises(NotAllowedError, match="Nothing is free there now"):
        take(account("cem"))


def test_the_database_itself_lets_nobody_hold_what_is_held(ida, ben):
    row = take(ida).rows.first()
    other = Batch.objects.create(holder=ben, criteria="inat-2022", taken_at=NOW, held_until=NOW + DAY)
    row.pk, row.batch = None, other
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


def test_the_clock_forgets_what_is_old(ida, browser_holder):
    take(ida)
    taking.note_settled({2000: "gone"}, NOW)
    taking.advance(NOW + 91 * DAY)
    assert (Batch.objects.count(), SettledObservation.objects.count(), Holder.objects.count()) == (0, 0, 2)
    taking.advance(NOW + 181 * DAY)
    assert list(Holder.objects.all()) == [ida]


def test_settled_rows_are_replaced_and_given_to_nobody_until_a_count_knows(ida, ben, hotspots):
    batch = take(ida)
    settled = {1000: "moved", 1029: "confirmed"}
    taking.note_settled(settled, NOW)
    new = taking.replace(batch, settled, NOW, refill=True)
    assert [row.observation_id for row in new] == [1030, 1031]
    assert ids(batch) == [*range(1001, 1029), 1030, 1031]
    assert ids(take(ben)) == [1032, 1033, 1034]
    Refresh.objects.filter(pk=hotspots.pk).update(data_as_of=NOW + HOUR)
    free = WorklistEntry.objects.filter(criteria="inat-2022", observation_id__in=[1000, 1029])
    assert free.exclude(observation_id__in=leave_out(None, "inat-2022", NOW + HOUR)).count() == 2


def test_an_account_takes_over_what_its_browser_took_before_it_signed_in(hotspots, django_user_model):
    browser, key = holders.new_browser(NOW)
    batch = take(browser)
    answering.answer(batch, batch.rows.first(), Verdict.RIGHT, NOW)
    user = django_user_model.objects.create_user("ida")
    account = holders.adopt(user, key)
    assert (account.user, Holder.objects.count(), Batch.objects.get().holder) == (user, 1, account)
    assert list(queries.seen_by(account)) == [1000]
    assert account.answers.get().verdict == "right"
    assert holders.adopt(user, key) == account


def test_forgetting_deletes_everything_of_one_holder_alone(ida, ben, monkeypatch):
    monkeypatch.setattr(worklists, "BATCH", 5)
    for holder in (ida, ben):
        batch = take(holder)
        answering.answer(batch, batch.rows.first(), Verdict.RIGHT, NOW)
    holders.forget_seen(ida)
    assert (list(queries.seen_by(ida)), list(queries.seen_by(ben))) == ([], [1005])
    holders.forget(ida)
    assert set(Batch.objects.values_list("holder", flat=True)) == {ben.pk}
    assert BatchRow.objects.count() == 5
    assert SeenObservation.objects.count() == 1


def threads_on(people, work):
    start = threading.Barrier(len(people))

    def run(who):
        start.wait()
        work(who)
        connections.close_all()

    threads = [threading.Thread(target=run, args=(who,)) for who in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.django_db(transaction=True)
def test_of_people_who_take_at_the_same_time_no_two_get_the_same(account, monkeypatch):
    if connection.vendor == "sqlite":
        pytest.skip("a database in memory has one writer: the run on PostgreSQL has it")
    monkeypatch.setattr(worklists, "BATCH", 5)
    # One person in two windows, who may hold one batch, among seven others.
    people = [account(f"person {number}") for number in range(8)]
    people.append(people[0])
    got, refused = [], []

    def work(who):
        try:
            got.append(ids(take(who)))
        except NotAllowedError as error:
            refused.append(str(error))

    threads_on(people, work)
    # 35 observations are seven batches of five.
    assert sorted(chain.from_iterable(got)) == list(range(1000, 1035))
    assert [len(batch) for batch in got] == [5] * 7
    assert len(refused) == 2
    assert Batch.objects.values("holder").distinct().count() == 7
