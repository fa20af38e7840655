"""Which run's doubts the hotspots hear of, and when they are asked to."""

from datetime import UTC, datetime

import pytest

from exporter.hotspots.schema import LABEL_ISSUES
from portal.accounts.models import Scope
from portal.accounts.services import make_token
from portal.cutoffs.models import Audience
from portal.lake import asking
from portal.lake.models import Refresh
from portal.training import queries, services
from portal.training.document import read
from portal.training.models import Run
from portal.versions.services import make_version
from tests.portal.training import documents

ISSUE = documents.DOCUMENT["label_issues"][0]


@pytest.fixture
def make_run(db):
    token, _ = make_token("a trainer", Scope.TRAINER)

    def make_run(key, digest="none", is_simulated=True, issues=(ISSUE,), is_done=True):
        run, _ = services.create_run(token.pk, key, digest, {}, is_simulated)
        if is_done:
            results = documents.document(label_issues=list(issues))
            services.take_results(run, read(documents.stream(results), is_gzip=False))
        run.refresh_from_db()
        return run

    return make_run


def test_the_run_whose_results_came_last_counts_in_its_own_world(make_run):
    assert queries.contradicting_run(is_simulated=True) is None
    first, second = make_run("first"), make_run("second")
    make_run("running", is_done=False)
    assert queries.contradicting_run(is_simulated=True) == second
    assert queries.contradicting_run(is_simulated=False) is None
    Run.objects.filter(pk=first.pk).update(finished_at=datetime(2099, 1, 1, tzinfo=UTC))
    assert queries.contradicting_run(is_simulated=True) == first


def test_a_run_on_a_hidden_cutoff_counts_once_it_is_a_model(make_run, exported):
    """Hotspots are public: that something was trained would tell of the cutoff."""
    exported(audience=Audience.IDENTIFIERS, digest="hidden")
    exported(digest="open", days=5)
    seen = make_run("seen", "open")
    run = make_run("on the hidden one", "hidden")
    assert queries.contradicting_run(is_simulated=True) == seen
    make_version(run, "v1", datetime(2026, 10, 1, tzinfo=UTC))
    assert queries.contradicting_run(is_simulated=True) == run


def test_an_observation_is_doubted_once_by_its_most_suspect_photo(make_run, monkeypatch):
    issues = [
        ISSUE | {"photo_id": 1, "observation_id": 8, "suggested_taxon_id": 5, "score": 0.6},
        ISSUE | {"photo_id": 2, "observation_id": 8, "suggested_taxon_id": 6, "score": 0.9},
        ISSUE | {"photo_id": 3, "observation_id": 9, "suggested_taxon_id": 7, "score": 0.7},
    ]
    run = make_run("first", issues=issues)
    result = queries.label_issues(run)
    assert result.schema == LABEL_ISSUES
    assert [tuple(row.values()) for row in result.to_pylist()] == [(8, 57516, 6), (9, 57516, 7)]
    monkeypatch.setattr(queries, "MOST_ISSUES", 1)
    assert queries.label_issues(run).num_rows == 1
    assert queries.label_issues(make_run("none", issues=())).to_pylist() == []


# Asking for a refresh


@pytest.fixture
def asked(monkeypatch):
    requested = []
    monkeypatch.setattr(asking, "send", lambda task: not requested.append(task))
    return requested


def test_results_ask_for_a_refresh_where_they_change_something(
    world, make_run, asked, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        make_run("of another world", is_simulated=False)
    assert asked == []
    with django_capture_on_commit_callbacks(execute=True):
        run = make_run("of this world")
    assert asked == ["sync.refresh"]
    results = documents.document(label_issues=[ISSUE])
    with django_capture_on_commit_callbacks(execute=True):
        services.take_results(run, read(documents.stream(results), is_gzip=False))
    assert asked == ["sync.refresh"]


def test_none_is_asked_for_while_one_is_under_way(world, asked):
    assert asking.ask_for_refresh()
    Refresh.objects.create(started_at=datetime(2026, 11, 2, tzinfo=UTC))
    assert not asking.ask_for_refresh()
    assert asked == ["sync.refresh"]


def test_a_broker_that_is_away_is_left_to_the_clock(world, monkeypatch):
    monkeypatch.setattr(asking, "send", lambda _task: False)
    assert not asking.ask_for_refresh()
