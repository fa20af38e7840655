"""Pulls into the portal's lake: what they leave in the database, and what the status page says."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from exporter.errors import DataError
from exporter.lake import Lake
from exporter.pull.client import Client
from exporter.pull.limiter import LIMITS
from portal.hotspots.models import Hotspot
from portal.lake import locks
from portal.lake.models import Refresh
from portal.notices.models import Subscription
from portal.sync import pulling, queries, queues, status
from portal.sync.models import Pull, QueueActivity
from tests.standin.__main__ import simulated
from tests.standin.server import StandIn
from tests.standin.world import World

pytestmark = pytest.mark.django_db
NOTHING_WAITS = {"pull": 0, "compute": 0, "notify": 0, "train": 0}


@pytest.fixture(scope="module")
def records():
    return simulated(40)


@pytest.fixture
def standin(settings, tmp_path, records, monkeypatch):
    settings.DATA_DIR, settings.LAKE_DIR = tmp_path, tmp_path / "lake"
    settings.PULL, settings.WATCHED_TAXA = True, [3, 47126]
    monkeypatch.setitem(Client.__init__.__kwdefaults__, "backoff_s", 0.001)
    monkeypatch.setitem(Client.__init__.__kwdefaults__, "attempts", 3)
    # The real budget without the second between two requests.
    monkeypatch.setitem(LIMITS, "requests", LIMITS["requests"][1:])
    with StandIn(World(records), requests=1_000, wait_s=0) as serving:
        settings.API_URL = serving.url
        yield serving


@pytest.fixture
def waiting(monkeypatch):
    """How many tasks wait: a dict that a test may change."""
    numbers = dict(NOTHING_WAITS)
    monkeypatch.setattr(queues, "waiting", lambda: numbers)
    return numbers


def lake_ids(settings):
    with Lake(settings.LAKE_DIR).connect() as lake:
        return [row[0] for row in lake.sql("SELECT observation_id FROM observations ORDER BY 1").fetchall()]


def test_a_pull_brings_the_watched_taxa_and_records_what_it_did(standin, settings):
    done = pulling.pull()
    done.refresh_from_db()
    ids = standin.world.ids(frozenset([3, 47126]))
    assert lake_ids(settings) == ids
    assert (done.state, done.failure, done.observations, done.requests) == (
        "done",
        [],
        len(ids),
        len(standin.log),
    )
    assert [(step["name"], step["given"]) for step in done.plan] == [
        ("changes", 0),
        ("counts", 2),
        ("model", 1),
        ("re-counts", 0),
        ("new", 2),
    ]
    again = pulling.pull()
    assert (again.requests, again.observations) == (0, 0)


def test_off_means_off(standin, settings):
    settings.PULL = False
    assert pulling.pull() is None
    assert standin.log == []


def test_the_command_pulls_now(standin, capsys, settings):
    call_command("pull")
    ids = standin.world.ids(frozenset([3, 47126]))
    assert (
        capsys.readouterr().out == f"{len(standin.log)} requests, {len(ids)} observations new or changed.\n"
    )
    settings.PULL = False
    with pytest.raises(CommandError, match=r"^Pulling is off: set LEAFLINE_PULL=1\.$"):
        call_command("pull")


def test_the_command_tells_a_fault_in_one_line(standin):
    standin.faults.every(1, ["html"])
    with pytest.raises(CommandError, match=r"no JSON \(text/html\)\. .* failed 2 times in a row"):
        call_command("pull")


def test_two_pulls_at_once_are_one(standin, settings, monkeypatch):
    inner = []
    run = pulling._run
    monkeypatch.setattr(pulling, "_run", lambda limiter: (inner.append(pulling.pull()), run(limiter))[1])
    with locks.pull_lock() as ours:
        assert ours
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        pulling.pull()
        assert inner == [None]


def test_what_stops_a_pull_is_told_and_the_next_goes_on(standin, settings, waiting):
    standin.faults.every(1, ["500"])
    with pytest.raises(DataError):
        pulling.pull()
    failed = Pull.objects.get()
    assert failed.state == "failed"
    assert [one["code"] for one in failed.failure] == ["api_fault", "api_gave_up"]
    said = status.status()
    assert not said.is_fine
    assert said.words[0].startswith("The last pull stopped at ")
    assert any("Asking again in 0 s" in event.words for event in said.events)
    standin.faults.every(1, [])
    assert pulling.pull().state == "done"
    assert lake_ids(settings) == standin.world.ids(frozenset([3, 47126]))
    assert status.status().is_fine


@pytest.mark.parametrize("model", [Pull, Refresh])
def test_why_a_run_failed_is_for_staff_alone(client, admin_client, standin, waiting, model):
    """A fault's words may name folders, hosts and accounts."""
    now = timezone.now()
    why = "A fault of the program, OSError: /srv/secret on db.internal"
    model.objects.create(started_at=now, finished_at=now, state="failed", error=why)
    page = client.get("/status/").content.decode()
    assert "Something needs attention." in page
    assert f"The last {model._meta.verbose_name} " in page
    assert "srv" not in page
    assert f"Why, for staff alone: {why}" in admin_client.get("/status/").content.decode()


def test_the_events_do_not_name_what_stopped_a_pull(client, standin, waiting, monkeypatch):
    monkeypatch.setattr(pulling.queries, "watch_list", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        pulling.pull()
    page = client.get("/status/").content.decode()
    assert "ZeroDivision" not in page


def test_what_a_killed_worker_left_running_is_marked(standin):
    left = Pull.objects.create(started_at=timezone.now())
    pulling.pull()
    left.refresh_from_db()
    assert (left.state, left.failure) == ("failed", [{"code": "stopped"}])


def subscribe(email, clade_id, confirmed_at):
    Subscription.objects.create(
        email=email, clade_id=clade_id, asked_at=timezone.now(), confirmed_at=confirmed_at
    )


def test_named_taxa_then_subscribed_clades_then_hotspots_then_taxa_near_the_line(hotspots, settings):
    settings.WATCHED_TAXA = [48460]
    subscribe("a@example.org", 52775, timezone.now())
    subscribe("b@example.org", 52775, timezone.now())
    subscribe("c@example.org", 1, None)
    worst = list(
        dict.fromkeys(Hotspot.objects.order_by("rank", "taxon_id").values_list("taxon_id", flat=True))
    )
    watched = queries.watch_list()
    assert watched[: 2 + len(worst)] == [48460, 52775, *worst]
    assert len(watched) == len(set(watched)) > 2 + len(worst)


def test_a_clade_too_large_to_follow_is_left_to_the_monthly_dump(world, settings, monkeypatch):
    settings.WATCHED_TAXA = []
    subscribe("a@example.org", 48460, timezone.now())
    monkeypatch.setattr(queries, "LARGEST_CLADE", 1)
    assert 48460 not in queries.watch_list()[:1]


def test_the_watch_list_has_an_end(hotspots, settings, monkeypatch):
    monkeypatch.setattr(queries, "MOST_WATCHED", 2)
    settings.WATCHED_TAXA = [3, 1, 3]
    assert queries.watch_list() == [3, 1]


def test_the_watch_list_takes_a_query_for_each_kind(hotspots, django_assert_num_queries):
    with django_assert_num_queries(4):
        queries.watch_list()


def words_of(name):
    return next(state for state in status.queue_list() if state.name == name)


def test_a_queue_that_nobody_serves_is_stuck(waiting):
    waiting["compute"] = 2
    QueueActivity.objects.create(
        queue="compute",
        task="sync.refresh",
        began_at=datetime(2026, 10, 1, 4, 17, tzinfo=UTC),
        ended_at=datetime(2026, 10, 1, 4, 18, tzinfo=UTC),
    )
    result = words_of("compute")
    assert (result.is_stuck, result.waiting) == (True, 2)
    assert result.words == (
        "compute: 2 tasks wait, none was taken up since 2026-10-01 04:17 UTC."
        " Is a worker running? Start one with: celery -A portal worker --queues compute"
    )


def test_a_queue_that_is_served_is_not(waiting):
    now = timezone.now()
    waiting["pull"] = waiting["compute"] = 1
    QueueActivity.objects.create(queue="pull", task="sync.pull", began_at=now - timedelta(hours=2))
    QueueActivity.objects.create(
        queue="compute", task="sync.refresh", began_at=now - timedelta(minutes=2), ended_at=now
    )
    assert words_of("pull").words.startswith("pull: sync.pull is running since ")
    assert words_of("compute").words == "compute: 1 task waits."
    assert words_of("notify").words == "notify: nothing waits."
    assert not any(state.is_stuck for state in status.queue_list())


def test_a_broker_that_does_not_answer_is_told(monkeypatch):
    monkeypatch.setattr(queues, "waiting", lambda: None)
    assert words_of("train") == status.QueueState("train", None, "train: the broker does not answer.", True)


def test_the_embedded_broker_tells_how_many_wait(settings):
    cache.clear()
    assert queues.waiting() == NOTHING_WAITS


def test_the_status_page_is_in_words(client, standin, waiting):
    page = client.get("/status/").content.decode()
    assert "Everything works." in page
    assert "Nothing was pulled from iNaturalist yet" in page
    done = pulling.pull()
    page = client.get("/status/").content.decode()
    assert (
        f"{done.requests} in the last minute, of 55 allowed; {done.requests} in the last 24 hours, of 9,500."
        in page
    )
    assert "watched taxa not pulled yet" in page


def test_the_status_page_says_that_pulling_is_off(client, standin, settings, waiting):
    settings.PULL = False
    assert "Pulling from iNaturalist is off." in client.get("/status/").content.decode()


def test_the_status_page_needs_no_more_queries_for_more_rows(
    client, standin, waiting, django_assert_max_num_queries
):
    for _ in range(30):
        Pull.objects.create(started_at=timezone.now(), state="done", finished_at=timezone.now())
    with django_assert_max_num_queries(8):
        client.get("/status/")


def test_prometheus_reads_the_measurements(client, standin, waiting):
    waiting["pull"] = 3
    done = pulling.pull()
    response = client.get("/metrics")
    assert response.headers["Content-Type"].startswith("text/plain")
    result = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(response.content.decode())
        for sample in family.samples
    }
    assert result["leafline_requests_spent", "day"] == done.requests
    assert result["leafline_requests_allowed", "minute"] == 55
    assert result["leafline_queue_waiting", "pull"] == 3
    assert result["leafline_queue_stuck", "pull"] == 1
    assert result["leafline_broker_up",] == 1
    assert result["leafline_pull_last_success_timestamp_seconds",] == pytest.approx(
        done.finished_at.timestamp()
    )
    assert result["leafline_refresh_last_success_timestamp_seconds",] == 0


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(days=10), "Everything works."),
        (timedelta(days=400), "The portal works, but its data are old"),
    ],
)
def test_the_status_page_says_when_the_data_are_old(client, world, standin, waiting, age, words):
    newest = (timezone.now() - age).isoformat()
    world.sources = [{"source": "csv", "observations": 3, "median": newest, "newest": newest}]
    world.save()
    page = client.get("/status/").content.decode()
    assert words in page
    assert "iNaturalist CSV exports: half of the records are from before" in page


def leave_pull(attempts=1):
    """A pull as a worker leaves it that dies."""
    return Pull.objects.create(started_at=timezone.now(), attempts=attempts)


def test_a_pull_whose_worker_died_is_taken_up_by_whoever_gets_its_lock(standin, settings):
    assert pulling.resume() is None
    left = leave_pull(2)
    done = pulling.resume()
    left.refresh_from_db()
    assert (left.state, left.failure) == ("failed", [{"code": "stopped"}])
    assert (done.state, done.attempts) == ("done", 3)
    assert lake_ids(settings) == standin.world.ids(frozenset([3, 47126]))
    assert pulling.resume() is None


def test_after_three_deaths_a_pull_ends_in_words_and_the_schedule_begins_another(standin):
    left = leave_pull(3)
    assert pulling.resume() is None
    left.refresh_from_db()
    assert (left.state, left.failure) == ("failed", [{"code": "worker_died", "times": 3}])
    assert standin.log == []
    assert pulling.pull().attempts == 1


def test_where_pulling_was_turned_off_meanwhile_what_was_left_only_ends(standin, settings):
    settings.PULL = False
    left = leave_pull()
    assert pulling.resume() is None
    left.refresh_from_db()
    assert (left.state, standin.log) == ("failed", [])


def test_a_pull_that_somebody_is_at_is_left_to_them(standin, settings):
    if settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
        pytest.skip("a lock of the connection itself, which would have it twice")
    left = leave_pull()
    with locks.pull_lock():
        assert pulling.resume() is None
    left.refresh_from_db()
    assert left.state == "running"
