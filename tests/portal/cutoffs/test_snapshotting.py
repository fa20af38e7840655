"""Snapshots of cutoffs, from a real lake with one species just over the line."""

import fcntl
import shutil
from datetime import timedelta
from itertools import groupby

import psycopg2
import pytest
from django.db import connection
from django.utils import timezone

from exporter.lake import Lake
from exporter.manifest import read_manifest
from exporter.messages import message, plain
from exporter.verify import verify
from portal.cutoffs import queries, services, snapshotting
from portal.cutoffs.models import Cutoff, Snapshot
from portal.cutoffs.states import State
from portal.lake import locks
from portal.messages import english
from tests.exporter.test_snapshot import load
from tests.exporter.world import World, day
from tests.portal.cutoffs.conftest import CUTOFF_AT, guard_report

LIFE, GENUS, SPECIES = 1, 20, 200
CUTOFF = day(40)


@pytest.fixture
def data(settings, tmp_path):
    """A data folder of its own."""
    settings.DATA_DIR, settings.LAKE_DIR = tmp_path, tmp_path / "lake"
    return tmp_path


@pytest.fixture(autouse=True)
def quiet_guards(request, monkeypatch):
    """Guards that find nothing, at once; the real ones with the parameter None."""
    if not hasattr(request, "param"):
        monkeypatch.setattr(snapshotting.guards, "report", lambda *_, **__: guard_report())


def fill(folder, until=CUTOFF):
    """One species with 120 confirmed observations of day 1; the newest record is of ``until``."""
    world = World()
    world.taxon(LIFE, None, "stateofmatter", name="Life")
    world.taxon(GENUS, LIFE, "genus", name="Bombus")
    world.taxon(SPECIES, GENUS, "species", name="Bombus impatiens")
    world.observe(120, SPECIES, SPECIES, photos=2, created_at=day(1), updated_at=until)
    load(Lake(folder / "lake"), world)


@pytest.fixture
def asked(data, draft):
    """A cutoff of day 40 whose time has come; `asked(hold="always")`."""

    def asked(**values):
        cutoff = draft(cutoff_at=CUTOFF, **values)
        services.announce(cutoff, by=None, now=day(2))
        services.advance_due(now=CUTOFF)
        # The patience for data counts from when the attempt was asked for.
        Snapshot.objects.filter(cutoff=cutoff).update(asked_at=timezone.now())
        cutoff.refresh_from_db()
        return cutoff

    return asked


def test_a_snapshot_is_made_of_the_pinned_lake_and_told_of(data, asked):
    fill(data)
    cutoff = asked()
    assert snapshotting.cut_all() == 1
    cutoff.refresh_from_db()
    (made,) = queries.snapshots(cutoff)
    assert (cutoff.state, made.step, made.lake_version, made.folder, made.failure) == (
        "exported", "done", 1, f"snapshots/{cutoff.pk}-1", [],
    )  # fmt: skip
    manifest = read_manifest(data / made.folder)
    assert (manifest["cutoff"], manifest["commitment"]) == ("2026-02-09T00:00:00Z", cutoff.commitment)
    assert made.report["files"] == manifest["files"]
    assert made.report["classes"] == 1
    assert made.report["sets"] == {
        "train": {"photos": 140, "observations": 70},
        "val": {"photos": 25, "observations": 25},
        "test": {"photos": 25, "observations": 25},
    }
    assert "seed" not in str(made.report)
    verify(data / made.folder, Lake(data / "lake"))
    assert snapshotting.cut_all() == 0


def test_no_export_is_made_of_a_damaged_lake_but_a_dry_run_is(data, asked, draft, anna):
    fill(data)
    newer = World()
    newer.taxon(LIFE, None, "stateofmatter", name="Life again")
    load(Lake(data / "lake"), newer)
    (data / "lake" / "versions" / "00000002.json").write_text("{")
    cutoff = asked()
    assert snapshotting.cut_all() == 0
    (refused,) = queries.snapshots(cutoff)
    words = english(refused.failure)
    assert "00000002.json" in words
    assert "python -m exporter doctor" in words
    assert words.endswith("; then try again")
    assert not (data / "snapshots").exists()
    services.ask_for_dry_run(draft(cutoff_at=day(45)), by=anna)
    assert snapshotting.cut_all() == 1


def test_each_step_is_told_while_it_is_done(data, asked, monkeypatch):
    fill(data)
    asked()
    recorded = []
    monkeypatch.setattr(Snapshot, "save", lambda self: recorded.append(self.step))
    snapshotting.cut_all()
    steps = [step for step, _ in groupby(recorded)]
    assert steps == ["waiting", "guards", "settling", "classes", "draw", "photos", "places", "report", "done"]


@pytest.mark.parametrize(
    ("hold", "fired", "state"),
    [
        ("alarm", [], "exported"),
        ("alarm", ["influx"], "held"),
        ("never", ["influx"], "exported"),
        ("always", [], "held"),
    ],
)
def test_it_is_held_when_a_guard_fires_if_that_was_asked_for(data, asked, monkeypatch, hold, fired, state):
    fill(data)
    cutoff = asked(hold=hold)
    monkeypatch.setattr(snapshotting.guards, "report", lambda *_, **__: guard_report(*fired))
    assert snapshotting.cut_all() == 1
    cutoff.refresh_from_db()
    assert cutoff.state == state
    assert queries.snapshots(cutoff)[0].guards == guard_report(*fired)


def test_it_is_held_and_its_note_changed_while_it_is_made(data, asked, monkeypatch, anna):
    fill(data)
    cutoff = asked(hold="never")

    def report(*_, **__):
        services.edit(cutoff, {"hold": "always", "note": "Wait."}, by=anna)
        return guard_report()

    monkeypatch.setattr(snapshotting.guards, "report", report)
    assert snapshotting.cut_all() == 1
    cutoff.refresh_from_db()
    assert (cutoff.state, cutoff.note) == ("held", "Wait.")


@pytest.mark.parametrize("quiet_guards", [None], indirect=True)
def test_the_guards_look_at_the_pinned_lake(data, asked, quiet_guards):
    fill(data)
    cutoff = asked()
    assert snapshotting.cut_all() == 1
    result = queries.snapshots(cutoff)[0].guards
    assert (result["cutoff"], result["settle_days"], result["fired"]) == ("2026-02-09T00:00:00Z", 14, [])
    said = [one for part in result["messages"].values() for one in (*part["words"], *part["missing"])]
    assert said
    assert [one for one in said if message(**one) != one] == []


def test_it_waits_for_data_that_reach_the_cutoff(data, asked):
    fill(data, until=CUTOFF - timedelta(seconds=1))
    cutoff = asked()
    assert snapshotting.cut_all() == 0
    (waiting,) = queries.snapshots(cutoff)
    assert (waiting.step, waiting.looked_at_version, waiting.data_until, waiting.finished_at) == (
        "waiting", 1, CUTOFF - timedelta(seconds=1), None,
    )  # fmt: skip
    fill(data, until=CUTOFF)
    assert snapshotting.cut_all() == 1
    assert queries.snapshots(cutoff)[0].lake_version == 2


def test_it_does_not_wait_for_ever(data, asked):
    cutoff = asked()
    assert snapshotting.cut_all() == 0
    long_ago = timezone.now() - snapshotting.PATIENCE - timedelta(minutes=1)
    Snapshot.objects.update(asked_at=long_ago)
    assert snapshotting.cut_all() == 0
    cutoff.refresh_from_db()
    assert cutoff.state == State.FAILED
    assert cutoff.events.last().messages == [{"code": "no_data", "days": 7}]


def test_what_is_wrong_is_told_in_words_and_can_be_tried_again(data, asked, anna):
    world = World()
    world.taxon(LIFE, None, "stateofmatter", name="Life")
    world.observe(3, LIFE, LIFE, created_at=day(1), updated_at=CUTOFF)
    load(Lake(data / "lake"), world)
    cutoff = asked()
    assert snapshotting.cut_all() == 0
    cutoff.refresh_from_db()
    (failed,) = queries.snapshots(cutoff)
    assert (cutoff.state, failed.step) == ("failed", "failed")
    assert failed.failure == plain(
        "no taxon passes inat-2022 at 2026-02-09T00:00:00Z; load more data, or ask for less"
    )
    fill(data)
    services.retry(cutoff, by=anna)
    assert snapshotting.cut_all() == 1
    assert [(made.number, made.step) for made in queries.snapshots(cutoff)] == [(2, "done"), (1, "failed")]


def test_a_fault_of_the_program_is_recorded_and_raised(data, asked, monkeypatch):
    fill(data)
    cutoff = asked()
    monkeypatch.setattr(snapshotting, "snapshot", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        snapshotting.cut_all()
    cutoff.refresh_from_db()
    assert cutoff.state == State.FAILED
    assert cutoff.events.last().messages == [
        {"code": "internal", "error": "ZeroDivisionError: division by zero"}
    ]


def test_a_stopped_attempt_goes_on_from_the_same_lake(data, asked, monkeypatch):
    fill(data)
    cutoff = asked()

    def stop(*_, **__):
        raise SystemExit

    with monkeypatch.context() as stopped:
        stopped.setattr(snapshotting, "snapshot", stop)
        with pytest.raises(SystemExit):
            snapshotting.cut_all()
    cutoff.refresh_from_db()
    assert cutoff.state == State.SNAPSHOTTING
    fill(data, until=CUTOFF + timedelta(days=1))
    assert snapshotting.cut_all() == 1
    assert queries.snapshots(cutoff)[0].lake_version == 1


def test_a_folder_that_a_stopped_process_finished_is_taken(data, asked, monkeypatch):
    fill(data)
    cutoff = asked()

    def stop(*_, **__):
        raise SystemExit

    with monkeypatch.context() as stopped:
        stopped.setattr(services, "finish_snapshot", stop)
        with pytest.raises(SystemExit):
            snapshotting.cut_all()
    manifest = read_manifest(data / "snapshots" / f"{cutoff.pk}-1")
    monkeypatch.setattr(snapshotting, "snapshot", lambda *_, **__: 1 / 0)
    assert snapshotting.cut_all() == 1
    assert queries.snapshots(cutoff)[0].report["files"] == manifest["files"]


def test_a_cutoff_that_is_always_held_waits_for_a_person(data, asked, anna):
    fill(data)
    cutoff = asked(hold="always")
    snapshotting.cut_all()
    cutoff.refresh_from_db()
    assert (cutoff.state, queries.seed(cutoff)) == ("held", "")
    assert queries.file_of(cutoff, "taxonomy.csv") is None
    released = services.release(cutoff, "Looked at.", by=anna)
    assert queries.seed(released) == cutoff.seal.seed
    assert queries.file_of(released, "taxonomy.csv") == data / f"snapshots/{cutoff.pk}-1/taxonomy.csv"


@pytest.mark.parametrize("name", ["", "..", "../1-1/taxonomy.csv", "seed", "/etc/passwd"])
def test_no_other_file_is_given(data, asked, name):
    fill(data)
    cutoff = asked()
    snapshotting.cut_all()
    cutoff.refresh_from_db()
    assert queries.file_of(cutoff, "manifest.json").is_file()
    assert queries.file_of(cutoff, name) is None


@pytest.mark.parametrize("is_gone", [False, True])
def test_it_is_compared_with_the_one_before_if_that_is_still_there(data, asked, is_gone):
    fill(data, until=CUTOFF + timedelta(days=60))
    first = asked()
    snapshotting.cut_all()
    if is_gone:
        shutil.rmtree(data / "snapshots" / f"{first.pk}-1")
    second = asked()
    Cutoff.objects.filter(pk=second.pk).update(cutoff_at=CUTOFF + timedelta(days=30))
    snapshotting.cut_all()
    changes = queries.snapshots(second)[0].report["distribution"]["changes"]
    none = {"total": 0, "first": []}
    assert changes == (
        None if is_gone
        else {"previous_cutoff": "2026-02-09T00:00:00Z", "added": none, "lost": none, "rolled_up": none}
    )  # fmt: skip


def test_while_another_process_is_at_it_nothing_is_done(data, asked):
    fill(data)
    cutoff = asked()
    if connection.vendor == "postgresql":
        other = psycopg2.connect(**connection.get_connection_params() | {"cursor_factory": None})
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [locks._POSTGRESQL_SNAPSHOT_KEY])
    else:
        other = (data / "snapshot.lock").open("w")
        fcntl.flock(other, fcntl.LOCK_EX)
    assert snapshotting.cut_all() == 0
    other.close()
    cutoff.refresh_from_db()
    assert cutoff.state == State.SNAPSHOTTING


def test_a_dry_run_tells_what_would_come_out_now_and_keeps_nothing_else(data, draft, anna):
    fill(data, until=day(30))
    cutoff = draft(cutoff_at=CUTOFF)
    services.ask_for_dry_run(cutoff, by=anna)
    with pytest.raises(services.NotAllowedError, match="under way already"):
        services.ask_for_dry_run(cutoff, by=anna)
    assert snapshotting.cut_all() == 1
    run = queries.last_dry_run(cutoff)
    assert (run.step, run.report["classes"], run.folder, run.guards) == ("done", 1, "", guard_report())
    assert list((data / "snapshots").iterdir()) == []
    cutoff.refresh_from_db()
    assert (cutoff.state, queries.snapshots(cutoff)) == ("draft", [])
    assert [
        (event.after, event.by and event.by.username, event.messages) for event in queries.events(cutoff)
    ][1:] == [("draft", "anna", [{"code": "dry_run"}])]


def test_a_dry_run_that_fails_says_why_and_changes_nothing(data, announced, anna):
    cutoff = announced(cutoff_at=CUTOFF_AT)
    services.ask_for_dry_run(cutoff, by=anna)
    assert snapshotting.cut_all() == 0
    run = queries.last_dry_run(cutoff)
    assert (run.step, english(run.failure).partition(": ")[2]) == (
        "failed", "the lake is empty; load data with `python -m exporter ingest PATH`",
    )  # fmt: skip
    cutoff.refresh_from_db()
    assert cutoff.state == State.ANNOUNCED


def test_a_dry_run_is_for_what_is_to_come(at_state, anna):
    with pytest.raises(services.NotAllowedError, match="still to come"):
        services.ask_for_dry_run(at_state(State.EXPORTED), by=anna)


def test_a_snapshot_after_dry_runs_is_the_one_that_counts(data, announced, anna):
    """The data end in the past: what lies in the future does not count as data."""
    fill(data, until=CUTOFF)
    cutoff = announced()
    Cutoff.objects.filter(pk=cutoff.pk).update(cutoff_at=CUTOFF)
    cutoff.refresh_from_db()
    services.ask_for_dry_run(cutoff, by=anna)
    services.advance_due(now=CUTOFF)
    assert snapshotting.cut_all() == 2
    assert [(made.number, made.is_dry_run) for made in queries.snapshots(cutoff)] == [(2, False)]


def test_a_simulated_past_exports_each_snapshot_soon_after_its_cutoff(data, asked):
    """What was trained on it later did not begin before."""
    fill(data)
    cutoff = asked()
    Cutoff.objects.update(is_simulated=True)
    assert snapshotting.cut_all(is_past=True) == 1
    (made,) = queries.snapshots(cutoff)
    exported = cutoff.events.get(after="exported")
    assert (made.finished_at, exported.at) == (CUTOFF + snapshotting.TOOK, CUTOFF + snapshotting.TOOK)


def test_a_snapshot_whose_worker_dies_each_time_ends_in_words(data, asked, monkeypatch):
    """A process that is killed records nothing: only its attempt was counted before."""
    fill(data)
    cutoff = asked()

    class Killed(BaseException):
        pass

    def die(*_, **__):
        raise Killed

    monkeypatch.setattr(snapshotting, "snapshot", die)
    for attempt in range(1, queries.MOST_ATTEMPTS + 1):
        with pytest.raises(Killed):
            snapshotting.cut_all()
        assert Snapshot.objects.get(cutoff=cutoff).attempts == attempt
    assert snapshotting.cut_all() == 0
    cutoff.refresh_from_db()
    (made,) = queries.snapshots(cutoff)
    assert cutoff.state == State.FAILED
    assert made.failure == [{"code": "worker_died", "times": 5}]
    # Trying again is an attempt of its own, counted anew.
    services.retry(cutoff, by=None)
    monkeypatch.undo()
    assert queries.unfinished().get().attempts == 0
