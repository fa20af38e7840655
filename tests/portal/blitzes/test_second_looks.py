"""Second looks: a sealed tenth of moved labels and some unsuspected ones, unmarked in others' batches."""

import pytest

from exporter.draw import commitment, is_drawn
from exporter.shares import Share
from portal.batches.models import BatchRow
from portal.blitzes import measuring, queries, second_looks
from portal.blitzes.models import Blitz, SecondLook
from portal.blitzes.queries import SecondLooks
from portal.blitzes.wording import moved_back, unsuspected_moved
from tests.portal.batches.conftest import ids
from tests.portal.blitzes.conftest import DAY, HOUR, STARTS_AT
from tests.portal.blitzes.test_batches import take
from tests.portal.blitzes.test_measuring import IMPATIENS, TERRESTRIS, count, lake

__all__ = ["lake"]
MOVED = [TERRESTRIS] * 4


@pytest.fixture
def every_second_look(monkeypatch):
    """All moved labels are drawn, so that few are enough."""
    monkeypatch.setattr(second_looks, "SHARE", 1.0)


def measured(lake, blitz, day, said):
    count(lake(said), STARTS_AT + day * DAY)
    assert measuring.measure() == 1
    return {row.observation_id: row for row in queries.drawn_for(blitz)}


def test_moved_labels_are_drawn_by_the_sealed_seed(running, lake):
    said = dict.fromkeys(range(1000, 1035), (STARTS_AT + HOUR, MOVED))
    drawn = measured(lake, running, 1, said)
    assert len(running.draw_seed) == 32
    assert set(drawn) == {number for number in said if is_drawn(running.draw_seed, number, 0.1)}
    assert {(row.label_taxon_id, row.former_taxon_id) for row in drawn.values()} <= {(TERRESTRIS, IMPATIENS)}


def test_what_is_moved_back_counts_and_what_stays_moved_does_not(running, lake, every_second_look):
    moved = dict.fromkeys((1000, 1001, 1002), (STARTS_AT + HOUR, MOVED))
    assert set(measured(lake, running, 1, moved)) == {1000, 1001, 1002}
    again = STARTS_AT + 2 * DAY
    later = moved | {
        1000: (again, [IMPATIENS] * 9),
        1001: (again, [*MOVED, TERRESTRIS]),
    }
    drawn = measured(lake, running, 3, later)
    assert {number: (row.is_looked_at, row.is_changed) for number, row in drawn.items()} == {
        1000: (True, True),
        1001: (True, False),
        1002: (False, False),
    }
    assert queries.second_looks(running) == SecondLooks(3, Share(1, 2), Share(0, 0))


def test_unsuspected_labels_are_drawn_once_among_the_labels_of_its_list(running, lake, monkeypatch):
    targets = queries.followed(running)
    monkeypatch.setattr(queries, "followed", lambda blitz: targets[:30])
    monkeypatch.setattr(queries, "still_listed", lambda blitz: set())
    drawn = measured(lake, running, 1, {})
    assert len(drawn) == 2
    assert set(drawn) < set(range(1030, 1035))
    assert {row.former_taxon_id for row in drawn.values()} == {None}
    later = dict.fromkeys(drawn, (STARTS_AT + 2 * DAY, MOVED))
    assert set(measured(lake, running, 3, later)) == set(drawn)
    assert queries.second_looks(running) == SecondLooks(2, Share(0, 0), Share(2, 2))


@pytest.fixture
def looks(running):
    """Five second looks of the running blitz."""
    return SecondLook.objects.bulk_create(
        SecondLook(
            blitz=running,
            observation_id=number,
            label_taxon_id=TERRESTRIS,
            former_taxon_id=IMPATIENS if number % 2 else None,
            photos=1,
            added_at=STARTS_AT,
        )
        for number in range(5001, 5006)
    )


def test_a_batch_of_thirty_has_three_unmarked_and_keeps_its_best_rows(running, looks, ida):
    batch = take(running, ida)
    given = ids(batch)
    controls = [number for number in given if number > 5000]
    assert (len(given), len(controls)) == (30, 3)
    assert [number for number in given if number < 5000] == list(range(1000, 1027))
    assert set(BatchRow.objects.filter(is_control=True).values_list("observation_id", flat=True)) == set(
        controls
    )
    # By the draw, not by whoever asks: the same for the next one, but for what is held.
    assert take(running, ida.__class__.objects.create_user("ben")).rows.filter(is_control=True).count() == 0


def test_what_a_page_shows_of_a_second_look_is_shown_of_other_rows_too(running, looks, ida, client):
    batch = take(running, ida)
    rows = list(batch.rows.all())
    for row in rows:
        if row.is_control:
            others = [other for other in rows if not other.is_control]
            assert row.suspicion in {other.suspicion for other in others}
            assert (row.kind, row.evidence) in {(other.kind, other.evidence) for other in others}


def test_of_few_no_share_is_given_and_of_more_it_comes_with_its_interval():
    few = SecondLooks(9, Share(1, 9), Share(0, 0))
    assert moved_back(few) == "Moved labels: not enough second looks yet (9 of at least 10)."
    # Wilson's interval for 2 of 40 at 90 %: 1.7 to 13.8 %.
    many = SecondLooks(60, Share(2, 40), Share(1, 20))
    assert moved_back(many) == ("Moved back: 2 of 40 moved labels that were looked at again (2 to 14 %).")
    assert unsuspected_moved(many) == "Moved: 1 of 20 looked at that nobody suspected (1 to 20 %)."


def test_the_seed_is_sealed_while_the_blitz_runs_and_published_when_it_ended(running, client):
    Blitz.objects.filter(pk=running.pk).update(ends_at=STARTS_AT + 90 * DAY)
    page = client.get(f"/blitzes/{running.pk}/").content.decode()
    assert commitment(running.draw_seed) in page
    assert running.draw_seed not in page
    Blitz.objects.filter(pk=running.pk).update(state="finished")
    assert running.draw_seed in client.get(f"/blitzes/{running.pk}/").content.decode()
