"""Refreshing from a real lake of a few taxa; what readiness finds is made up, test by test."""

from datetime import UTC, date, datetime, timedelta
from operator import attrgetter

import numpy as np
import pyarrow as pa
import pytest
from django.db import IntegrityError, OperationalError
from django.utils import timezone

from exporter.criteria import PRESETS
from exporter.errors import DataError
from exporter.hotspots.evidence import Reviews
from exporter.hotspots.learned import EFFECTS, Learned
from exporter.hotspots.schema import CONFUSIONS, FIT, HOTSPOTS, WORKLIST, Findings
from exporter.lake import Lake
from exporter.readiness import Assessment
from exporter.tree import load_tree
from portal.accounts.models import Scope
from portal.accounts.services import make_token
from portal.lake.models import Refresh
from portal.lake.queries import last_refresh
from portal.lake.requests import memory
from portal.loads.models import Load
from portal.messages import english
from portal.refresh import reading, services, tasks
from portal.sync import status
from portal.taxa.models import Readiness, ReadinessHistory, Taxon, TaxonName
from portal.training import document
from portal.training import services as training
from portal.training.models import Run
from portal.versions.queries.current import Reported, current_standing
from tests.portal.training import documents

pytestmark = pytest.mark.django_db

NEWEST = datetime(2026, 10, 5, 12, tzinfo=UTC)
COUNTS = ("observations", "community_confirmed", "photos")
SHORTS = ("short_observations", "short_confirmed", "short_photos")


def found(*rows):
    """A readiness table of (taxon, status, observations); the other numbers follow from these."""
    columns = {
        "taxon_id": pa.array([row[0] for row in rows], pa.int64()),
        "name": pa.array(["" for _ in rows], pa.string()),
        "rank": pa.array(["" for _ in rows], pa.string()),
        "status": pa.array([row[1] for row in rows], pa.string()),
        "leaf_taxon_id": pa.array([row[0] if row[1] == "leaf" else None for row in rows], pa.int64()),
    }
    columns |= {name: pa.array([row[2] for row in rows], pa.int64()) for name in COUNTS}
    columns |= {name: pa.array([max(60 - row[2], 0) for row in rows], pa.int64()) for name in SHORTS}
    columns["margin"] = pa.array([row[2] - 60 for row in rows], pa.int64())
    columns["incomplete_observations"] = pa.array([0 for _ in rows], pa.int64())
    return pa.table(columns)


@pytest.fixture
def lake(settings, tmp_path):
    """A lake with three taxa, besides the root that every lake has, and three observations."""
    settings.DATA_DIR = tmp_path
    settings.LAKE_DIR = tmp_path / "lake"
    load(
        settings.LAKE_DIR,
        taxa={
            "taxon_id": [1, 10, 11],
            "ancestry": ["", "1", "1/10"],
            "name": ["Animalia", "Bombus", "Bombus impatiens"],
            "common_name": ["Animals", "Bumble Bees", None],
            "rank": ["kingdom", "genus", "species"],
            "rank_level": [70.0, 20.0, 10.0],
        },
        observations={
            "observation_id": [1, 2, 3],
            "taxon_id": [11, 11, 10],
            "updated_at": [NEWEST - timedelta(days=1), NEWEST, None],
        },
    )
    return settings.LAKE_DIR


def load(folder, **tables):
    lake = Lake(folder)
    with lake.staging() as staging:
        staging.begin_file()
        for name, columns in tables.items():
            staging.add(name, "api", pa.table(columns))
        lake.upsert(staging)


@pytest.fixture
def readiness(monkeypatch):
    """What readiness finds: a list that a test may change, the same for both rules."""
    rows = [(1, "covered", 90), (10, "covered", 90), (11, "leaf", 80)]
    monkeypatch.setattr(reading, "_assess", lambda *given: assessed(given, rows))
    return rows


def assessed(given, rows):
    """What `reading._assess` gives in place of what it finds in the lake."""
    _, _, connection, _, _ = given
    table = found(*rows)
    tree = load_tree(connection, table["taxon_id"].to_numpy())
    return Assessment(tree, np.ones(len(tree), dtype=bool), np.zeros(len(tree), dtype=bool), table)


def history():
    return [
        (row.refresh_id, row.taxon_id, row.status, row.observations, row.margin)
        for row in ReadinessHistory.objects.filter(criteria="inat-2022").order_by("refresh_id", "taxon_id")
    ]


def test_a_refresh_keeps_how_the_probabilities_were_learned(lake, readiness, monkeypatch):
    learned = pa.table([["data"], ["labels that somebody reviewed"], [1200.0], [None]], schema=FIT)
    tables = (schema.empty_table() for schema in (HOTSPOTS, WORKLIST, CONFUSIONS))
    findings = Findings(*tables, fit=learned)
    monkeypatch.setattr(reading, "find", lambda *_, **__: findings)
    rows = [{"part": "data", "name": "labels that somebody reviewed", "value": 1200.0, "found": None}]
    assert services.refresh().counts["hotspots_fit"] == {"inat-2021": rows, "inat-2022": rows}


def test_a_refresh_takes_over_taxa_and_readiness_with_date_and_source(lake, readiness):
    done = services.refresh()
    done.refresh_from_db()
    assert (done.state, done.lake_version, done.data_as_of, done.moment) == ("done", 1, NEWEST, NEWEST)
    [source] = done.sources
    assert source.pop("loaded_at")
    assert source == {
        "source": "api",
        "observations": 3,
        "newest": "2026-10-05T12:00:00+00:00",
        "median": "2026-10-04T12:00:00+00:00",
    }
    assert (done.is_simulated, done.has_lower_bounds, done.failure) == (False, False, [])
    assert done.counts == {
        "taxa": {"new": 4, "changed": 0},
        "criteria": {name: {"covered": 2, "leaf": 1} for name in ("inat-2021", "inat-2022")},
        "hotspots": {"inat-2021": 0, "inat-2022": 0},
        "hotspots_lack": dict.fromkeys(("inat-2021", "inat-2022"), Reviews(0, 0).missing),
    }
    assert list(
        Taxon.objects.order_by("id").values_list("id", "parent_id", "ancestry", "name", "common_name")
    ) == [
        (1, None, "", "Animalia", "Animals"),
        (10, 1, "1", "Bombus", "Bumble Bees"),
        (11, 10, "1/10", "Bombus impatiens", ""),
        (48460, None, "", "Life", ""),
    ]
    assert list(Taxon.objects.order_by("id").values_list("observations", flat=True)) == [90, 90, 80, 0]
    rows = Readiness.objects.filter(criteria="inat-2022").order_by("taxon_id")
    assert list(
        rows.values_list("taxon_id", "status", "leaf_taxon_id", "photos", "tree_left", "tree_right")
    ) == [
        (1, "covered", None, 90, 1000, 3000),
        (10, "covered", None, 90, 2000, 3000),
        (11, "leaf", 11, 80, 3000, 3000),
    ]
    names = TaxonName.objects.filter(taxon_id=10).order_by("key")
    assert list(names.values_list("key", "popularity")) == [("bees", 7), ("bombus", 7), ("bumble bees", 7)]


def shown_readiness():
    """The rows that pages show; those of the refresh before are there too."""
    return Readiness.objects.filter(criteria__in=PRESETS)


def everything():
    """What is kept of taxa and readiness; each generation of readiness has ids of its own."""
    rows = [{**row, "id": None} for row in shown_readiness().order_by("taxon_id", "criteria").values()]
    return rows, list(Taxon.objects.order_by("id").values()), list(TaxonName.objects.order_by("id").values())


def test_refreshing_again_changes_nothing_but_the_list_of_refreshes(lake, readiness):
    first = services.refresh()
    before = everything()
    second = services.refresh()
    assert everything() == before
    assert second.counts["taxa"] == {"new": 0, "changed": 0}
    assert {row[0] for row in history()} == {first.pk}


def test_history_is_written_for_changed_taxa_only(lake, readiness):
    first = services.refresh()
    readiness[1:] = [(10, "leaf", 90)]
    second = services.refresh()
    assert history() == [
        (first.pk, 1, "covered", 90, 30),
        (first.pk, 10, "covered", 90, 30),
        (first.pk, 11, "leaf", 80, 20),
        (second.pk, 10, "leaf", 90, 30),
        (second.pk, 11, "gone", 0, None),
    ]
    assert not shown_readiness().filter(taxon_id=11).exists()
    assert Taxon.objects.get(id=11).observations == 0
    assert set(TaxonName.objects.filter(taxon_id=11).values_list("popularity", flat=True)) == {0}


def test_a_renamed_taxon_is_found_by_its_new_name_only(lake, readiness):
    services.refresh()
    load(lake, taxa={"taxon_id": [10], "name": ["Apathus"], "updated_at": [NEWEST]})
    done = services.refresh()
    assert done.counts["taxa"] == {"new": 0, "changed": 1}
    keys = TaxonName.objects.filter(taxon_id=10).values_list("key", flat=True)
    assert set(keys) == {"apathus", "bumble bees", "bees"}


def test_a_past_time_adds_to_the_history_and_leaves_the_present_alone(lake, readiness):
    now = services.refresh()
    present = list(Readiness.objects.order_by("id").values())
    readiness[:] = [(1, "short", 40)]
    then = services.refresh(as_of=NEWEST - timedelta(days=30))
    assert list(Readiness.objects.order_by("id").values()) == present
    assert [row for row in history() if row[0] == then.pk] == [(then.pk, 1, "short", 40, -20)]
    assert [row for row in history() if row[0] == now.pk] == [
        (now.pk, 1, "covered", 90, 30),
        (now.pk, 10, "covered", 90, 30),
        (now.pk, 11, "leaf", 80, 20),
    ]


def test_a_past_time_between_others_does_not_change_what_these_found(lake, readiness):
    early = services.refresh(as_of=NEWEST - timedelta(days=30))
    late = services.refresh(as_of=NEWEST - timedelta(days=10))
    assert {row[0] for row in history()} == {early.pk}
    readiness[:] = [(1, "covered", 90), (10, "leaf", 70), (12, "short", 5)]
    between = services.refresh(as_of=NEWEST - timedelta(days=20))
    assert [row for row in history() if row[0] == between.pk] == [
        (between.pk, 10, "leaf", 70, 10),
        (between.pk, 11, "gone", 0, None),
        (between.pk, 12, "short", 5, -55),
    ]
    assert [row for row in history() if row[0] == late.pk] == [
        (late.pk, 10, "covered", 90, 30),
        (late.pk, 11, "leaf", 80, 20),
        (late.pk, 12, "gone", 0, None),
    ]


def test_one_rule_alone_can_be_refreshed(lake, readiness):
    services.refresh(["inat-2021"])
    assert set(Readiness.objects.values_list("criteria", flat=True)) == {"inat-2021"}


def test_a_failure_is_told_in_words_and_the_former_numbers_stay(lake, readiness, monkeypatch):
    services.refresh()
    shown = Readiness.objects.filter(criteria__in=PRESETS).order_by("id").values()
    before = list(shown)
    readiness[:] = [(1, "short", 1), (10, "no such status", 2), (11, "short", 3)]
    with pytest.raises(IntegrityError):
        services.refresh()
    failed = Refresh.objects.latest()
    assert failed.state == "failed"
    [why] = failed.failure
    assert why["code"] == "internal"
    assert why["error"].startswith("IntegrityError: ")
    assert failed.finished_at is not None
    assert list(shown.all()) == before
    readiness.pop(1)
    services.refresh()
    assert shown_readiness().count() == len(PRESETS) * 2
    every = [(row.taxon_id, row.status) for row in Readiness.objects.all()]
    assert (10, "no such status") not in every  # what the failed one left is gone


def test_numbers_of_an_older_version_say_that_newer_data_are_damaged(lake, readiness):
    services.refresh()
    assert "lake_is_damaged" not in last_refresh().counts
    load(lake, observations={"observation_id": [4], "taxon_id": [11], "updated_at": [NEWEST]})
    (lake / "versions" / "00000002.json").write_text("{")
    services.refresh()
    refreshed = last_refresh()
    assert (refreshed.lake_version, refreshed.counts["lake_is_damaged"]) == (1, True)
    said = status.status()
    words = "Part of the newest data is damaged. The pages show the newest data that can be read."
    assert words in said.words
    assert not said.is_fine


AFTER = {
    "taxa": "taxa.settle",
    "photos": "photos.settle",
    "current_model": "take_over_current_model",
    "former rows": "hotspots.tidy",
    "former photos": "photos.tidy",
}
FAULT = [{"code": "internal", "error": "ZeroDivisionError: division by zero"}]


@pytest.fixture
def fail(monkeypatch):
    """Lets a step fail, by its name, from the time on when a refresh is shown."""

    def fail(*names):
        for name in names:
            holder, _, attribute = f"portal.refresh.services.{AFTER[name]}".rpartition(".")
            step = attrgetter(AFTER[name])(services)

            def failing(*arguments, step=step):
                if not Refresh.objects.filter(state="running").exists():
                    raise ZeroDivisionError("division by zero")
                return step(*arguments)

            monkeypatch.setattr(f"{holder}.{attribute}", failing)

    return fail


@pytest.mark.parametrize("name", AFTER)
def test_a_refresh_that_is_shown_is_done_whatever_fails_after_it(lake, readiness, fail, name, caplog):
    fail(name)
    done = services.refresh()
    done.refresh_from_db()
    assert (done.state, done.failure, done.counts["undone"]) == ("done", [], {name: FAULT})
    assert caplog.messages == [f"Refresh {done.pk} is shown, but did not come to: {name}"]
    said = status.status()
    words = "The last refresh is shown, but not all that follows one was done. The next refresh does it."
    assert (words in said.words, said.is_fine, said.undone) == (
        True, False, [f"{name}: Internal error (ZeroDivisionError: division by zero)."],
    )  # fmt: skip


def test_no_step_keeps_another_from_being_taken_and_the_next_refresh_takes_all(
    lake, readiness, fail, monkeypatch
):
    fail(*AFTER)
    assert services.refresh().counts["undone"] == dict.fromkeys(AFTER, FAULT)
    monkeypatch.undo()
    monkeypatch.setattr(reading, "_assess", lambda *given: assessed(given, [(1, "short", 1)]))
    assert "undone" not in services.refresh().counts
    assert status.status().undone == []
    assert shown_readiness().count() == len(PRESETS)


def test_why_a_step_failed_is_for_staff(lake, readiness, fail, client, admin_client):
    fail("photos")
    services.refresh()
    shown = client.get("/status/").content.decode()
    assert "not all that follows one was done" in shown
    assert "division by zero" not in shown
    assert "photos: Internal error (ZeroDivisionError" in admin_client.get("/status/").content.decode()


def test_what_is_sent_after_a_refresh_is_sent_whatever_failed_after_it(lake, readiness, fail, monkeypatch):
    sent = []
    monkeypatch.setattr(tasks, "send", lambda name: sent.append(name))
    fail(*AFTER)
    tasks.refresh()
    assert sent == ["api.publish", "blitzes.measure", "batches.measure"]


def test_a_fault_that_cannot_be_recorded_is_in_the_log(lake, readiness, fail, monkeypatch, caplog):
    fail("photos")
    read_again = Refresh.refresh_from_db

    def lost(self, fields):
        if fields == ["counts"]:
            raise OperationalError("server closed the connection")
        read_again(self, fields=fields)

    monkeypatch.setattr(Refresh, "refresh_from_db", lost)
    done = services.refresh()
    assert Refresh.objects.get().state == "done"
    assert caplog.messages[-1] == f"What refresh {done.pk} did not come to is not recorded"


def test_until_the_current_model_is_taken_over_its_former_classes_are_told(lake, readiness, fail):
    services.memory().put_export([11], date(2026, 9, 1))
    services.refresh()
    fail("current_model")
    services.memory().put_export([10], date(2026, 10, 1))
    services.refresh()
    recorded = current_standing(11, last_refresh())
    assert recorded == Reported(11, is_included=True, told_on=date(2026, 9, 1), is_from_export=True)


def test_a_refresh_that_cannot_tidy_first_fails_in_words(lake, readiness, monkeypatch):
    def lost():
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(services, "_tidy", lost)
    with pytest.raises(OperationalError):
        services.refresh()
    failed = Refresh.objects.get()
    assert (failed.state, failed.failure) == (
        "failed", [{"code": "internal", "error": "OperationalError: server closed the connection"}],
    )  # fmt: skip


def test_an_empty_lake_is_refused_in_words(settings, tmp_path):
    settings.DATA_DIR, settings.LAKE_DIR = tmp_path, tmp_path / "lake"
    with pytest.raises(DataError, match="the lake is empty"):
        services.refresh()
    assert "the lake is empty" in english(Refresh.objects.get().failure)


def test_a_time_after_the_data_end_is_refused(lake, readiness):
    with pytest.raises(DataError, match="the data end at 2026-10-05 12:00"):
        services.refresh(as_of=NEWEST + timedelta(hours=1))


def test_what_a_stopped_process_left_running_is_marked_failed(lake, readiness):
    left = Refresh.objects.create(started_at=NEWEST)
    services.refresh()
    left.refresh_from_db()
    assert (left.state, left.failure) == ("failed", [{"code": "stopped"}])


def test_being_interrupted_is_recorded(lake, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(reading, "_assess", interrupted)
    with pytest.raises(KeyboardInterrupt):
        services.refresh()
    left = Refresh.objects.get()
    assert (left.state, left.failure) == ("failed", [{"code": "stopped"}])


def test_hotspots_are_learned_anew_on_a_schedule(lake, readiness, monkeypatch, settings):
    given = []

    def note(*_, learned=None, **__):
        given.append(learned and learned.reviewed)
        tables = (schema.empty_table() for schema in (HOTSPOTS, WORKLIST, CONFUSIONS))
        anew = Learned(timezone.now(), len(given), {"label": 0.5}, EFFECTS.empty_table(), FIT.empty_table())
        return Findings(*tables, learned=learned or anew)

    monkeypatch.setattr(reading, "find", note)
    services.refresh(["inat-2022"])
    services.refresh(["inat-2022"])
    services.refresh(["inat-2021"])  # a rule of its own
    services.refresh(["inat-2022"], as_of=NEWEST - timedelta(days=30))
    settings.LEARN_DAYS = 0
    services.refresh(["inat-2022"])
    settings.LEARN_DAYS = 7
    services.refresh(["inat-2022"])
    assert given == [None, 1, None, None, None, 5]


def test_hotspots_of_the_present_hear_what_the_newest_run_doubts(lake, readiness, monkeypatch):
    heard, find = [], reading.find

    def note(*arguments, label_issues, **options):
        heard.append(label_issues and label_issues.to_pylist())
        return find(*arguments, **options)

    monkeypatch.setattr(reading, "find", note)
    token, _ = make_token("a trainer", Scope.TRAINER)
    results = document.read(documents.stream(documents.DOCUMENT), is_gzip=False)
    for key, is_simulated in (("this world", False), ("another world", True)):
        run, _ = training.create_run(token.pk, key, "abc", {}, is_simulated)
        training.take_results(run, results)
    done = services.refresh(["inat-2022"])
    assert done.counts["contradicting_run"] == Run.objects.get(key="this world").pk
    services.refresh(["inat-2022"], as_of=NEWEST - timedelta(days=30))
    recorded = {"observation_id": 8, "label_taxon_id": 57516, "suggested_taxon_id": 118970}
    assert heard == [[recorded], None]


def partly_loaded():
    rows = Readiness.objects.filter(criteria="inat-2022", is_partly_loaded=True)
    return sorted(rows.values_list("taxon_id", flat=True))


@pytest.fixture
def bombus_of_canada(lake, readiness):
    """Bumble bees, loaded from one place."""
    now = NEWEST
    return Load.objects.create(
        taxon_id=10, taxon_name="Bombus", place_id=6712, place_name="Canada", observations=3, taxa=0,
        state="ready", proposed_at=now, started_at=now, loaded_at=now, ready_at=now,
    )  # fmt: skip


def test_a_clade_loaded_from_one_place_has_lower_bounds_and_so_has_what_holds_it(bombus_of_canada):
    done = services.refresh()
    assert partly_loaded() == [1, 10, 11]
    assert done.has_lower_bounds
    assert done.sources[0]["parts"] == [("Bombus", "Canada", 10)]
    assert all(row.is_lower_bound for row in Readiness.objects.filter(criteria="inat-2022"))


@pytest.mark.parametrize("whole", [10, 1])
def test_what_was_pulled_whole_besides_has_none(bombus_of_canada, whole):
    memory().finish(memory().start_walk([whole], None), NEWEST)
    done = services.refresh()
    assert partly_loaded() == []
    assert not done.has_lower_bounds
    assert "parts" not in done.sources[0]
