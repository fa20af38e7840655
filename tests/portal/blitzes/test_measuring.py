"""Measuring a blitz: what people did to its list is read from the lake, at a count that tells of it."""

from datetime import timedelta

import pyarrow as pa
import pytest

from exporter.lake import Lake
from portal.blitzes import measuring, queries, services
from portal.blitzes.models import Measurement
from portal.blitzes.states import State
from portal.hotspots.models import Hotspot, WorklistEntry
from portal.lake.models import Refresh
from tests.portal.blitzes.conftest import DAY, ENDS_AT, EXPECTED, HOUR, LAST_DAY, STARTS_AT
from tests.portal.world import TAXA, make_refresh

IMPATIENS, TERRESTRIS = 118970, 57516
TOLD = ("at", "data_as_of", "looked_at", "moved", "moved_photos", "off_list", "expected_wrong")


@pytest.fixture
def lake(settings, tmp_path):
    """`lake({1000: (day, [IMPATIENS, TERRESTRIS])})`: a version in which it was identified so, that day.

    All 35 were identified once as the bumble bee that they are labelled as, before the blitz.
    """
    settings.LAKE_DIR = tmp_path / "lake"
    lake = Lake(settings.LAKE_DIR)

    def load(said):
        with lake.staging() as staging:
            staging.begin_file()
            staging.add("taxa", "api", pa.Table.from_pylist(_taxa()))
            for observation_id in range(1000, 1035):
                for table, rows in _rows(observation_id, *said.get(observation_id, (None, []))).items():
                    staging.add(table, "api", pa.Table.from_pylist(rows))
            lake.upsert(staging)
        return lake.require_latest()

    return load


def _rows(observation_id, at, taxon_ids):
    """An observation with its photo and its identifications; four that agree move its label."""
    said = [(IMPATIENS, STARTS_AT - 9 * DAY), *((taxon_id, at) for taxon_id in taxon_ids)]
    label = said[-1][0] if len(said) > 4 else IMPATIENS
    known = {"observation_id": observation_id, "updated_at": said[-1][1]}
    community = {"taxon_id": label, "community_taxon_id": label if len(said) > 1 else None}
    return {
        "observations": [known | community | {"quality_grade": "needs_id"}],
        "photos": [known | {"photo_id": observation_id}],
        "identifications": [
            known
            | {
                "identification_id": 10 * observation_id + place,
                "user_id": 100 + place,
                "taxon_id": taxon_id,
                "created_at": made_at,
                "is_current": True,
            }
            for place, (taxon_id, made_at) in enumerate(said)
        ],
    }


def _taxa():
    lines = {48460: ""}
    for taxon_id, parent_id, *_ in TAXA[1:]:
        lines[taxon_id] = f"{lines[parent_id]}/{parent_id}".lstrip("/")
    return [
        {"taxon_id": taxon_id, "ancestry": lines[taxon_id], "name": name, "rank": rank, "rank_level": level}
        for taxon_id, _, name, rank, level, _ in TAXA
    ]


def count(version, moment, **fields):
    """A refresh of that version of the lake, done just after that moment."""
    counts = {"taxa": {}, "criteria": {"inat-2022": {}}, "hotspots": {"inat-2022": 3}}
    made = make_refresh(moment, lake_version=version.number, counts=counts, **fields)
    made.refresh_from_db()
    return made


def told(blitz):
    return list(Measurement.objects.filter(blitz=blitz).order_by("at").values_list(*TOLD))


BEFORE = (LAST_DAY, LAST_DAY, 0, 0, 0, 0, 61.4)


def test_what_people_did_is_counted_at_the_next_count(running, lake):
    day = STARTS_AT + 2 * DAY
    moved = (day - HOUR, [TERRESTRIS] * 4)
    version = lake({1000: moved, 1001: moved, 1002: (day - HOUR, [IMPATIENS])})
    WorklistEntry.objects.filter(observation_id__in=(1000, 1001, 1005)).delete()
    Hotspot.objects.filter(taxon_id=IMPATIENS).update(expected_wrong=58.0)
    count(version, day)
    assert measuring.measure() == 1
    assert told(running) == [BEFORE, (day, day, 3, 2, 2, 3, 58.0)]
    course = queries.course(running)
    assert (course.is_measured, course.is_final) == (True, False)


def test_twice_at_the_same_count_changes_nothing(running, lake):
    count(lake({}), STARTS_AT + DAY)
    assert [measuring.measure(), measuring.measure()] == [1, 0]
    assert len(told(running)) == 2


def test_a_count_of_data_from_before_it_began_tells_nothing(running, lake):
    count(lake({}), STARTS_AT)
    assert measuring.measure() == 0
    assert told(running) == [BEFORE]


def test_what_counts_in_the_end_is_what_was_done_by_its_end(running, lake):
    services.advance_due(now=ENDS_AT)
    moved = [TERRESTRIS] * 4
    late = lake({1000: (ENDS_AT - HOUR, moved), 1001: (ENDS_AT, moved), 1002: (ENDS_AT + HOUR, moved)})
    count(late, ENDS_AT + 3 * DAY)
    measuring.measure()
    assert told(running) == [BEFORE, (ENDS_AT, ENDS_AT + 3 * DAY, 2, 2, 2, 0, 61.4)]
    running.refresh_from_db()
    assert (queries.course(running).is_final, queries.unmeasured()) == (True, [])
    count(late, ENDS_AT + 4 * DAY)
    assert measuring.measure() == 0


def test_one_that_ended_before_the_data_reach_its_end_is_measured_on(running, lake):
    services.advance_due(now=ENDS_AT)
    version = lake({1000: (ENDS_AT - 2 * HOUR, [TERRESTRIS] * 4)})
    count(version, ENDS_AT - HOUR)
    measuring.measure()
    assert not queries.course(running).is_final
    count(version, ENDS_AT + HOUR)
    measuring.measure()
    assert told(running)[1:] == [
        (ENDS_AT - HOUR, ENDS_AT - HOUR, 1, 1, 1, 0, 61.4),
        (ENDS_AT, ENDS_AT + HOUR, 1, 1, 1, 0, 61.4),
    ]


def test_a_count_that_another_overtook_is_left_to_that_one(running, lake, monkeypatch):
    version = lake({})
    count(version, STARTS_AT + DAY)
    real = measuring.outcomes

    def overtaken(*arguments):
        count(version, STARTS_AT + 2 * DAY)
        return real(*arguments)

    monkeypatch.setattr(measuring, "outcomes", overtaken)
    assert measuring.measure() == 0
    assert told(running) == [BEFORE]


def test_a_refresh_of_the_past_measures_nothing(running, lake):
    count(lake({}), STARTS_AT + DAY, as_of=STARTS_AT + timedelta(hours=2))
    assert measuring.measure() == 0


def test_measuring_is_told_to_whoever_keeps_an_answer(running, lake):
    before = running.changed_at
    count(lake({}), STARTS_AT + DAY)
    measuring.measure()
    running.refresh_from_db()
    assert running.changed_at > before


def test_only_what_has_begun_is_measured(at_state, lake):
    for state in (State.PROPOSED, State.APPROVED, State.CANCELLED):
        at_state(state)
    count(lake({}), STARTS_AT + DAY)
    assert measuring.measure() == 0


def test_what_is_expected_is_added_up_over_the_clade(at_state):
    assert queries.expected(at_state(State.APPROVED)) == EXPECTED
    whole = queries.expected(at_state(State.APPROVED, clade=47158))
    assert whole["labels"] == 620
    assert whole["expected_wrong"] == pytest.approx(64.0)
    assert (whole["expected_wrong_low"], whole["expected_wrong_high"]) == pytest.approx((48.6, 87.4))


def test_the_numbers_of_queries_do_not_grow_with_the_blitzes(at_state, django_assert_num_queries):
    for number in (1, 3):
        while Refresh.objects.exists() and len(queries.unmeasured()) < number:
            at_state(State.RUNNING)
        with django_assert_num_queries(2):
            queries.unmeasured()
