"""The pages of training runs: who sees which, how far one is, what came of it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from portal.accounts.models import Scope
from portal.accounts.services import make_token
from portal.cutoffs.models import Audience, Cutoff
from portal.cutoffs.states import State
from portal.training import figures, queries, services, wording
from portal.training.document import read
from portal.training.models import Run, Training
from portal.versions.services import make_version
from tests.portal.taxa.test_views import words
from tests.portal.training import documents
from tests.portal.training.documents import HEARTBEAT

HISTORY = HEARTBEAT["history"]


@pytest.fixture
def token(db):
    return make_token("a trainer", Scope.TRAINER)[0]


@pytest.fixture
def make_run(token):
    """`make_run("abc", results=DOCUMENT)`: a run on the snapshot with this digest."""

    def make_run(digest="abc", key="first", results=None, is_simulated=True, config=None):
        run, _ = services.create_run(token.pk, key, digest, config or {}, is_simulated)
        if results is not None:
            services.take_results(run, read(documents.stream(results), is_gzip=False))
        run.refresh_from_db()
        return run

    return make_run


def with_permission(django_user_model, codename):
    user = django_user_model.objects.create_user(codename)
    user.user_permissions.set([Permission.objects.get(codename=codename)])
    return user


# Who sees which


def statuses(client, runs):
    addresses = [
        address for run in runs for address in (f"/training/{run.pk}/", f"/training/{run.pk}/progress/")
    ]
    return [client.get(address).status_code for address in addresses]


@pytest.mark.parametrize("audience", [Audience.IDENTIFIERS, Audience.STAFF])
def test_a_run_on_a_cutoff_that_is_not_for_everybody_is_nobody_else_s(
    client, django_user_model, make_run, exported, audience
):
    run = make_run()
    exported(audience=audience, name="Secret")
    assert statuses(client, [run]) == [404, 404]
    page = client.get("/training/").content.decode()
    assert "Secret" not in page
    assert f"/training/{run.pk}/" not in page
    allowed = {Audience.IDENTIFIERS: "know_identifiers_cutoffs", Audience.STAFF: "view_cutoff"}[audience]
    client.force_login(with_permission(django_user_model, allowed))
    assert statuses(client, [run]) == [200, 200]
    assert "Secret" in client.get("/training/").content.decode()
    assert "Secret" in client.get(f"/training/{run.pk}/").content.decode()


def test_a_run_on_a_cutoff_for_everybody_is_everybody_s_from_its_export_on(client, make_run, exported):
    cutoff, run = exported(state=State.HELD), make_run()
    assert statuses(client, [run]) == [404, 404]
    for state in (State.EXPORTED, State.TRAINING, State.FAILED, State.PUBLISHED):
        Cutoff.objects.filter(pk=cutoff.pk).update(state=state)
        assert statuses(client, [run]) == [200, 200], state


def test_what_else_trainers_try_is_for_staff_until_it_is_a_model(
    client, django_user_model, make_run, exported
):
    exported(audience=Audience.STAFF, name="Secret")
    other, hidden = (
        make_run("def", "other", documents.DOCUMENT),
        make_run("abc", "hidden", documents.DOCUMENT),
    )
    assert statuses(client, [other, hidden]) == [404] * 4
    make_version(hidden, "v1", datetime(2026, 10, 1, tzinfo=UTC))
    assert client.get(f"/training/{hidden.pk}/").status_code == 200
    assert "Secret" not in client.get(f"/training/{hidden.pk}/").content.decode()
    client.force_login(with_permission(django_user_model, "view_run"))
    assert client.get(f"/training/{other.pk}/").status_code == 200
    assert "Secret" not in client.get("/training/").content.decode()


@pytest.mark.parametrize("run_id", [0, 999, 2**63, 10**30])
def test_an_unknown_run_is_not_found(client, db, run_id):
    assert client.get(f"/training/{run_id}/").status_code == 404


# The list


def test_the_list_tells_how_far_each_run_is(client, make_run, exported):
    exported()
    make_run(key="done", results=documents.DOCUMENT)
    going = make_run(key="going")
    services.record_heartbeat(going, HEARTBEAT)
    silent = make_run(key="silent")
    Run.objects.filter(pk=silent.pk).update(created_at=timezone.now() - timedelta(days=3))
    recorded = words(client.get("/training/"))
    assert "In training Simulated Autumn" in recorded
    assert "2.2 of 80 813" in recorded
    assert "Silent Simulated Autumn" in recorded
    assert "80 % of 75 test photos" in recorded


def test_the_list_costs_as_many_queries_however_long_it_is(
    client, make_run, exported, django_assert_max_num_queries
):
    for number in range(3):
        exported(name=f"Autumn {number}", days=number, digest=f"d{number}")
        make_run(f"d{number}", f"run {number}")
    with django_assert_max_num_queries(6):
        client.get("/training/")


def test_an_empty_list_says_what_to_do(client, db):
    assert "No run has been reported yet." in words(client.get("/training/"))


# A run


def test_a_run_s_page_tells_how_far_it_is(client, make_run, exported):
    cutoff, run = (
        exported(),
        make_run(config={"network": {"features_from": "/home/anna/a.keras", "dropout": 0.5}}),
    )
    services.record_heartbeat(run, HEARTBEAT)
    response = client.get(f"/training/{run.pk}/")
    recorded = words(response)
    assert "On the snapshot of “Autumn”, of 1 September 2026." in recorded
    assert "2.2 of 80 epochs 3 %" in recorded
    assert "images a second 813 time left, at this pace 23 days 6 hours" in recorded
    assert "validation photos named right 48 %" in recorded
    assert "1 4.900 4.100 21.0 % 33.0 % 2 3.200 2.900 41.0 % 48.0 %" in recorded
    assert "Device NVIDIA H100 Precision mixed_float16" in recorded
    assert "network.dropout 0.5 network.features_from a.keras" in recorded
    assert "anna" not in response.content.decode()
    assert f'href="/cutoffs/{cutoff.pk}/"' in response.content.decode()


def test_a_run_that_this_portal_trains_tells_its_step(client, make_run, exported):
    cutoff, run = exported(), make_run()
    training = services.begin_own_training(cutoff, "v1")
    services.record_step(training, "label-issues")
    page = client.get(f"/training/{run.pk}/").content.decode()
    assert '<li class="step step-now" aria-current="step">Looking for wrong labels</li>' in page
    recorded = words(client.get(f"/cutoffs/{cutoff.pk}/"))
    assert "This portal trains it. Now: looking for wrong labels. Training run" in recorded


def test_a_run_whose_worker_is_at_another_step_is_not_silent(client, make_run, exported):
    cutoff, run = exported(), make_run()
    long_ago = timezone.now() - timedelta(days=3)
    Run.objects.filter(pk=run.pk).update(created_at=long_ago)
    training = services.begin_own_training(cutoff, "v1")
    services.record_step(training, "evaluate")
    assert "In training" in words(client.get("/training/"))
    Training.objects.update(seen_at=long_ago)
    assert "Silent" in words(client.get("/training/"))


def test_the_moving_part_is_sent_when_it_moved_and_the_page_anew_when_it_is_done(client, make_run, exported):
    exported()
    run = make_run()
    address = f"/training/{run.pk}/progress/"
    first = client.get(address)
    seen = first.context["seen"]
    assert client.get(address, {"seen": seen}).status_code == 204
    services.record_heartbeat(run, HEARTBEAT)
    moved = client.get(address, {"seen": seen})
    assert (moved.status_code, "2.2 of 80 epochs" in words(moved)) == (200, True)
    services.take_results(run, read(documents.stream(documents.DOCUMENT), is_gzip=False))
    assert client.get(address, {"seen": seen}).headers["HX-Refresh"] == "true"


def test_a_finished_run_tells_what_it_knows(client, world, make_run, exported):
    exported()
    results = documents.document(
        run=documents.DOCUMENT["run"]
        | {"history": HISTORY, "images_per_second": 2400.0, "wall_seconds": 7260},
        overall=documents.DOCUMENT["overall"] | {"expected_calibration_error": 0.0214},
    )
    run = make_run(results=results)
    recorded = words(client.get(f"/training/{run.pk}/"))
    assert "named right 80 % right among the first five 95 % calibration error 2.1 %" in recorded
    assert "60 of 75 (80 %, 90 % interval 71 to 86 %)" in recorded
    assert "Known best Common Eastern Bumble Bee Bombus impatiens 92 % 23 of 25; 78 to 97 %" in recorded
    assert "Known worst Sarcophaga 60 % 15 of 25; 44 to 74 %" in recorded
    pair = "Buff-tailed Bumble Bee Bombus terrestris taken for Common Eastern Bumble Bee Bombus impatiens"
    assert f"{pair} 3 photos" in recorded
    assert "It takes 1 photo, which it was not trained on then," in recorded
    assert "Images a second 2,400 Time in training 2 hours 1 minute" in recorded
    assert "Simulated: it learned from a made-up world" in recorded


def test_a_finished_run_costs_as_many_queries_however_much_it_knows(
    client, make_run, exported, django_assert_max_num_queries
):
    exported()
    taxa = [documents.DOCUMENT["taxa"][0] | {"taxon_id": number} for number in range(1, 200)]
    run = make_run(results=documents.document(taxa=taxa))
    with django_assert_max_num_queries(13):
        client.get(f"/training/{run.pk}/")


def test_few_photos_prove_little(make_run):
    """1 of 1 is known worse than 24 of 25, and 0 of 1 better than 2 of 25."""
    counted = {1: (1, 1), 2: (24, 25), 3: (0, 1), 4: (2, 25), 5: (0, 0)}
    row = documents.DOCUMENT["taxa"][0]
    taxa = [
        row | {"taxon_id": n, "images": of, "top1": right / max(of, 1)} for n, (right, of) in counted.items()
    ]
    run = make_run(results=documents.document(taxa=taxa, confusions=[]))
    best, worst = (queries.taxa_known(run, 4, is_best=is_best) for is_best in (True, False))
    assert [result.taxon_id for _, result, _ in best] == [2, 1, 4, 3]
    assert [result.taxon_id for _, result, _ in worst] == [4, 3, 2, 1]
    assert [(right.count, right.of) for _, _, right in worst] == [(2, 25), (0, 1), (24, 25), (1, 1)]


# What trainers tell, whatever that is


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"history": 5, "epochs": "many", "device": 7, "step": True, "steps": -1},
        {"history": [5, {}, {"epoch": "x"}, {"epoch": 1}, {"epoch": 2, "top1": 3}], "epoch": [], "loss": {}},
        {"epochs": 1e300, "steps": 0, "step": 0, "images_per_second": None},
    ],
)
def test_what_is_not_as_expected_is_left_out(client, make_run, exported, told):
    exported()
    run = make_run()
    Run.objects.filter(pk=run.pk).update(progress=told)
    run.refresh_from_db()
    assert figures.curves(run) == []
    assert client.get(f"/training/{run.pk}/").status_code == 200
    assert client.get("/training/").status_code == 200


def test_curves_are_points(make_run):
    run = make_run()
    run.progress = HEARTBEAT
    assert figures.curves(run) == [
        figures.Point(1, 4.9, 4.1, 0.21, 0.33),
        figures.Point(2, 3.2, 2.9, 0.41, 0.48),
    ]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, ""),
        (20, "less than a minute"),
        (60, "1 minute"),
        (3600 * 5 + 120, "5 hours 2 minutes"),
        (3600 * 24, "1 day"),
        (86_400 * 1_200 + 3_660, "1,200 days 1 hour"),
    ],
)
def test_a_time_span_is_said_in_its_largest_units(seconds, said):
    assert wording.duration(seconds) == said
