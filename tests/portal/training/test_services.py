"""Runs and their results in the database."""

import io
from datetime import UTC, datetime

import pytest

from exporter.errors import DataError
from portal.accounts.models import Scope
from portal.accounts.services import make_token
from portal.training import document, services
from portal.training.models import Confusion, LabelIssue, Run, TaxonResult
from portal.versions.models import ModelVersion
from portal.versions.queries import current_version, version_called, versions
from portal.versions.services import make_version
from tests.portal.training import documents

RELEASED = datetime(2026, 10, 1, tzinfo=UTC)


def read(value):
    return document.read(documents.stream(value), is_gzip=False)


@pytest.fixture
def token(db):
    return make_token("a trainer", Scope.TRAINER)[0]


@pytest.fixture
def run(token):
    return services.create_run(token.pk, "first", "abc", {}, is_simulated=True)[0]


def kept():
    return (
        list(TaxonResult.objects.order_by("taxon_id").values_list("taxon_id", "images", "top1", "top5")),
        list(Confusion.objects.values_list("true_taxon_id", "predicted_taxon_id", "count")),
        list(LabelIssue.objects.values_list("photo_id", "observation_id", "score")),
    )


def test_a_key_makes_one_run_for_each_token(token, run):
    assert services.create_run(token.pk, "first", "other", {}, is_simulated=False) == (run, False)
    other, _ = make_token("another", Scope.TRAINER)
    assert services.create_run(other.pk, "first", "abc", {}, is_simulated=True)[1]
    assert [each.snapshot_digest for each in Run.objects.all()] == ["abc", "abc"]


def test_results_are_taken_over_once(run):
    assert services.take_results(run, read(documents.DOCUMENT))
    expected = (
        [(57516, 25, 0.88, 1.0), (118970, 25, 0.92, 1.0), (120489, 25, 0.6, 0.85)],
        [(57516, 118970, 3)],
        [(9, 8, 0.93)],
    )
    assert kept() == expected
    run.refresh_from_db()
    assert run.state == Run.State.DONE
    assert run.overall == documents.DOCUMENT["overall"]
    assert not services.take_results(run, read(documents.DOCUMENT))
    assert kept() == expected


def test_other_results_take_the_place_of_the_former(run):
    services.take_results(run, read(documents.DOCUMENT))
    fewer = documents.document(taxa=documents.DOCUMENT["taxa"][:1], confusions=[], label_issues=[])
    assert services.take_results(run, read(fewer))
    assert kept() == ([(57516, 25, 0.88, 1.0)], [], [])


def test_results_come_whole_or_not_at_all(run, monkeypatch):
    services.take_results(run, read(documents.DOCUMENT))
    before = kept()
    monkeypatch.setattr(Run, "save", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        services.take_results(run, read(documents.document(confusions=[])))
    assert kept() == before


def test_the_results_of_a_released_model_stay_as_they_are(run):
    services.take_results(run, read(documents.DOCUMENT))
    run.refresh_from_db()
    make_version(run, "v1", RELEASED)
    assert not services.take_results(run, read(documents.DOCUMENT))
    with pytest.raises(DataError, match="is a version of the model"):
        services.take_results(run, read(documents.document(confusions=[])))


def test_a_heartbeat_tells_how_far_a_run_is_until_it_is_done(run):
    services.record_heartbeat(run, {"epoch": 3})
    run.refresh_from_db()
    assert run.progress == {"epoch": 3}
    assert run.heartbeat_at is not None
    services.take_results(run, read(documents.DOCUMENT))
    with pytest.raises(DataError, match="is done"):
        services.record_heartbeat(run, {"epoch": 4})


def test_the_version_released_last_is_the_current_one(token):
    assert current_version() is None
    for day, name in ((2, "v2"), (1, "v1")):
        run, _ = services.create_run(token.pk, name, "abc", {}, is_simulated=True)
        with pytest.raises(DataError, match="has no results yet"):
            make_version(run, name, None)
        services.take_results(run, read(documents.DOCUMENT))
        run.refresh_from_db()
        make_version(run, name, RELEASED.replace(day=day))
    assert current_version().name == "v2"
    assert [(each.name, each.classes) for each in versions()] == [("v2", 3), ("v1", 3)]
    ModelVersion.objects.update(released_at=None)
    assert current_version() is None
    assert version_called("v1") is None


def test_many_rows_are_written_in_few_statements(run, django_assert_max_num_queries):
    taxa = [documents.DOCUMENT["taxa"][0] | {"taxon_id": number} for number in range(1, 2001)]
    result = read(documents.document(taxa=taxa))
    with django_assert_max_num_queries(20):
        services.take_results(run, result)
    assert TaxonResult.objects.count() == 2000


def test_a_document_from_a_file_is_the_same(run):
    assert document.read(io.BytesIO(documents.packed(documents.DOCUMENT)), is_gzip=True) == read(
        documents.DOCUMENT
    )
