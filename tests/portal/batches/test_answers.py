"""Answers: private, counted without persons, and what they do to the rows of others."""

import pytest

from portal.batches import queries, wording
from portal.batches.models import Answer, Tally, Verdict
from portal.batches.pools import Part
from portal.batches.queries import public
from portal.batches.queries.leaving import leave_out
from portal.batches.services import answering, taking
from portal.hotspots.models import WorklistEntry
from tests.portal.batches.conftest import HOUR, NOW

BUMBLE_BEES = Part(query="clade=52775")
COUNTED = ("group", "code", "asked", "right", "unclear", "photo", "reason")


def rows_of(batch):
    return list(batch.rows.order_by("place"))


def left_out(holder):
    entries = WorklistEntry.objects.filter(criteria="inat-2022")
    left = entries.filter(observation_id__in=leave_out(holder, "inat-2022", NOW))
    return sorted(left.values_list("observation_id", flat=True))


@pytest.fixture
def answered_by(account):
    """`answered_by(ida, RIGHT)`: a holder took a batch, answered its first row so and returned it."""

    def answered_by(holder, verdict):
        batch = taking.take(holder, BUMBLE_BEES, now=NOW)
        answering.answer(batch, rows_of(batch)[0], verdict, NOW)
        taking.give_back(batch)

    return answered_by


def test_an_answer_rests_its_row_for_its_holder_alone(ida, ben, answered_by):
    answered_by(ida, Verdict.REASON)
    assert (left_out(ida), left_out(ben)) == ([1000], [])


def test_a_later_answer_takes_the_place_of_the_earlier_and_can_be_taken_back(ida):
    batch = taking.take(ida, BUMBLE_BEES, now=NOW)
    row = rows_of(batch)[0]
    answering.answer(batch, row, Verdict.RIGHT, NOW)
    answering.answer(batch, row, Verdict.SIGN, NOW + HOUR)
    assert queries.answers_to(batch) == {1000: "sign"}
    answering.take_back(batch, row)
    assert (queries.answers_to(batch), queries.seen_in(batch)) == ({}, set())


def test_two_accounts_that_agree_rest_a_row_for_everybody_and_browsers_do_not(
    ida, ben, browser_holder, answered_by
):
    answered_by(ida, Verdict.RIGHT)
    answered_by(browser_holder, Verdict.RIGHT)
    assert left_out(None) == []
    answered_by(ben, Verdict.RIGHT)
    assert left_out(None) == [1000]
    # It was another label that was right.
    WorklistEntry.objects.filter(observation_id=1000).update(label_taxon_id=57516)
    assert left_out(None) == []


def test_two_accounts_that_do_not_agree_rest_nothing(ida, ben, answered_by):
    answered_by(ida, Verdict.RIGHT)
    answered_by(ben, Verdict.UNCLEAR)
    assert left_out(None) == []


def test_that_the_reason_is_wrong_rests_a_row_for_nobody_else(ida, ben, answered_by):
    answered_by(ida, Verdict.REASON)
    answered_by(ben, Verdict.REASON)
    assert left_out(None) == []


def test_two_accounts_make_a_public_photo_fault(ida, ben, answered_by):
    answered_by(ida, Verdict.SEVERAL)
    assert public.photo_faults() == []
    answered_by(ben, Verdict.SEVERAL)
    (fault,) = public.photo_faults()
    assert (fault.entry.observation_id, fault.label.pk, fault.verdict) == (1000, 118970, Verdict.SEVERAL)


def test_a_finished_batch_is_tallied_once_by_kind_and_by_reason(ida):
    batch = taking.take(ida, BUMBLE_BEES, now=NOW)
    rows = rows_of(batch)
    for row, verdict in zip(rows, ["right"] * 6 + ["unclear", "sign", "duplicate", "reason"], strict=False):
        answering.answer(batch, row, Verdict(verdict), NOW)
    assert not Tally.objects.exists()
    taking.finish(batch, NOW)
    taking.finish(batch, NOW)
    assert list(Tally.objects.values_list(*COUNTED)) == [
        ("kind", "lookalike", 30, 6, 1, 2, 1),
        ("reason", "disagree", 30, 6, 1, 2, 1),
        ("reason", "maybe", 30, 6, 1, 2, 1),
    ]


def test_what_is_on_no_worklist_is_in_no_tally(ida):
    batch = taking.take(ida, BUMBLE_BEES, now=NOW)
    batch.rows.filter(place__lt=3).update(is_control=True)
    taking.finish(batch, NOW)
    assert Tally.objects.get(group="kind").asked == 27


def test_small_counts_are_not_shown_and_shares_have_their_interval():
    few = Tally(group="kind", code="lookalike", asked=29, right=29)
    many = Tally(group="reason", code="disagree", asked=30, right=6)
    alarm = public.Alarm(many)
    # Wilson's interval for 6 of 30 at 90 %: (0.2 + z²/60 ± z √(0.16/30 + z²/3600)) / (1 + z²/30), z = 1.6449.
    assert (alarm.right.value, alarm.right.low, alarm.right.high) == pytest.approx(
        (0.2, 0.107, 0.343), abs=0.001
    )
    assert few.asked < public.LEAST_ASKED <= many.asked


@pytest.mark.django_db
def test_the_table_has_kinds_first_and_most_false_alarms_before_fewer():
    for group, code, requested, right in (
        ("reason", "disagree", 60, 6),
        ("kind", "model", 40, 8),
        ("kind", "lookalike", 40, 20),
        ("kind", "collapse", 29, 29),
    ):
        Tally.objects.create(group=group, code=code, asked=requested, right=right, since=NOW, until=NOW)
    assert [wording.alarm(alarm.tally) for alarm in public.false_alarms()] == [
        "mixed up with a lookalike",
        "found by a trained model",
        "somebody disagrees",
    ]


def test_answers_of_an_account_that_is_closed_are_gone(ida, answered_by):
    answered_by(ida, Verdict.RIGHT)
    ida.user.delete()
    assert not Answer.objects.exists()
