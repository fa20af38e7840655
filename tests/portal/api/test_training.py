"""Trainers at the API: their runs, and what comes of them for everyone."""

import json
from datetime import UTC, datetime

import pytest

from portal.accounts.models import Scope
from portal.api import edition
from portal.taxa.models import Readiness
from portal.training import document
from portal.training.models import Run
from portal.versions.models import ModelVersion
from portal.versions.services import make_version
from tests.portal.api.conftest import bearer_token
from tests.portal.training.documents import DOCUMENT, HEARTBEAT, packed

RUNS = "/api/v1/training-runs/"
NEW = {"key": "4f1c", "snapshot_digest": "abc", "config": {"model": "xception"}, "is_simulated": True}


class Caller:
    """Someone with a token, or without."""

    def __init__(self, client, scope=None):
        self.client = client
        self.headers = {"Authorization": f"Token {bearer_token(scope)}"} if scope else {}

    def send(self, method, address, value=None, **headers):
        if method == "get":
            return self.get(address)
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        return getattr(self.client, method)(
            address, data=body, content_type="application/json", headers=self.headers | headers
        )

    def get(self, address):
        return self.client.get(address, headers=self.headers)


@pytest.fixture
def trainer(client, db):
    return Caller(client, Scope.TRAINER)


@pytest.fixture
def run(trainer):
    return trainer.send("post", RUNS, NEW).json()["id"]


@pytest.fixture
def release(trainer, run):
    """Releases the document as version v1 on 1 October."""
    trainer.send("put", f"{RUNS}{run}/results/", DOCUMENT)
    make_version(Run.objects.get(), "v1", datetime(2026, 10, 1, tzinfo=UTC))
    edition.forget()


# A run's life


def test_a_run_from_its_beginning_to_its_results(trainer):
    made = trainer.send("post", RUNS, NEW)
    assert made.status_code == 201
    run_id = made.json()["id"]
    again = trainer.send("post", RUNS, NEW)
    assert (again.status_code, again.json()) == (200, made.json())
    beat = trainer.send("post", f"{RUNS}{run_id}/heartbeat/", {"epoch": 2, "loss": 0.5})
    assert beat.json()["progress"] == {"epoch": 2, "loss": 0.5}
    put = trainer.send("put", f"{RUNS}{run_id}/results/", packed(DOCUMENT), **{"Content-Encoding": "gzip"})
    assert put.status_code == 200
    done = put.json()
    assert done["state"] == "done"
    assert done["overall"] == DOCUMENT["overall"]
    assert trainer.get(f"{RUNS}{run_id}/").json() == done
    repeated = trainer.send("put", f"{RUNS}{run_id}/results/", DOCUMENT)
    assert (repeated.status_code, repeated.json()) == (200, done)
    assert trainer.send("post", f"{RUNS}{run_id}/heartbeat/", {"epoch": 3}).status_code == 409
    assert trainer.get(RUNS).json() == {"next": None, "results": [done]}


def test_what_belongs_to_a_token_is_kept_by_no_cache(trainer, run):
    response = trainer.get(f"{RUNS}{run}/")
    assert "ETag" not in response.headers
    assert response.headers["Cache-Control"] == "no-store"


def test_a_released_run_takes_no_other_results(trainer, run, release):
    other = DOCUMENT | {"confusions": []}
    assert trainer.send("put", f"{RUNS}{run}/results/", other).status_code == 409
    assert trainer.send("put", f"{RUNS}{run}/results/", DOCUMENT).status_code == 200


# Who may do what: every address, every role


def addresses(run_id):
    """Every address of runs with its methods and a body that fits."""
    return [
        ("get", RUNS, None),
        ("post", RUNS, NEW | {"key": "another"}),
        ("get", f"{RUNS}{run_id}/", None),
        ("post", f"{RUNS}{run_id}/heartbeat/", {}),
        ("put", f"{RUNS}{run_id}/results/", DOCUMENT),
    ]


@pytest.mark.parametrize(
    ("scope", "statuses"),
    [
        (None, [401, 401, 401, 401, 401]),
        (Scope.CONSUMER, [403, 403, 403, 403, 403]),
        (Scope.PERSON, [403, 403, 403, 403, 403]),
        (Scope.STAFF, [200, 403, 200, 403, 403]),
        (Scope.TRAINER, [200, 201, 404, 404, 404]),
    ],
)
def test_nobody_touches_another_s_run(client, run, scope, statuses):
    before = Run.objects.filter(pk=run).values().get()
    caller = Caller(client, scope)
    seen = [caller.send(method, address, body).status_code for method, address, body in addresses(run)]
    assert seen == statuses
    assert Run.objects.filter(pk=run).values().get() == before


def test_a_trainer_s_list_shows_its_own_runs_only(client, run):
    assert Caller(client, Scope.TRAINER).get(RUNS).json()["results"] == []
    assert [each["id"] for each in Caller(client, Scope.STAFF).get(RUNS).json()["results"]] == [run]


@pytest.mark.parametrize("scope", [None, *Scope])
def test_every_role_reads_what_is_public_and_writes_nothing_there(client, world, scope):
    caller = Caller(client, scope)
    schema = client.get("/api/schema/").json()["paths"]
    public = [
        address
        for address, methods in schema.items()
        if all({} in operation["security"] for operation in methods.values())
    ]
    assert len(public) == len(schema) - 4
    for address in public:
        concrete = address.format(taxon_id=57516, version="v1", blitz_id=1)
        is_missing = any(part in address for part in ("files", "{version}", "{blitz_id}"))
        selected = 404 if is_missing else 200
        query = "?taxon_id=1" if address.endswith("inclusion/") else ""
        assert caller.get(concrete + query).status_code == selected, address
        for method in ("post", "put", "patch", "delete"):
            assert caller.send(method, concrete, {}).status_code == 405, (method, address)


def test_a_session_of_the_portal_is_worth_nothing_here(admin_client, run):
    assert admin_client.get(RUNS).status_code == 401


# Bad bodies


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b"", "key"),
        (b"{", "body"),
        (b"[]", "body"),
        (b"\xff", "body"),
        (b'{"key": 1e999}', "body"),
        (b"[" * 100_000, "body"),
        (NEW | {"key": ""}, "key"),
        (NEW | {"key": 5}, "key"),
        (NEW | {"key": "a\n"}, "key"),
        (NEW | {"key": "\0"}, "body"),
        (NEW | {"key": "x" * 101}, "key"),
        (NEW | {"config": []}, "config"),
        (NEW | {"config": {"a": "\0"}}, "body"),
        (NEW | {"config": json.loads("[" * 30 + "]" * 30)}, "body"),
        (NEW | {"is_simulated": "yes"}, "is_simulated"),
        (NEW | {"owner": 1}, "owner"),
        ({}, "key"),
    ],
)
def test_a_bad_run_is_refused_by_name(trainer, body, name):
    response = trainer.send("post", RUNS, body)
    assert response.status_code == 400
    assert response.json()["errors"][0]["name"] == name
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {"epoch": -1},
        {"epoch": "1"},
        {"epoch": True},
        {"top1": 1.5},
        {"loss": "nan"},
        {"when": 1},
        {"steps": -1},
        {"device": 5},
        {"device": "x" * 101},
        {"history": {}},
        {"history": [{}]},
        {"history": [{"epoch": 1, "top1": 2}]},
        {"history": [{"epoch": 1, "when": 2}]},
        {"history": [{"epoch": 1}] * 1_001},
        {"history": [[None, None]]},
        {"history": [None]},
        {"history": {"epoch": 1}},
    ],
)
def test_a_bad_heartbeat_is_refused_by_name_and_leaves_no_trace(trainer, run, body):
    before = trainer.get(f"{RUNS}{run}/").json()
    response = trainer.send("post", f"{RUNS}{run}/heartbeat/", body)
    assert response.status_code == 400
    assert {each["name"].partition("[")[0].partition(".")[0] for each in response.json()["errors"]} <= {
        *body, "body",
    }  # fmt: skip
    assert trainer.get(f"{RUNS}{run}/").json() == before


def test_a_heartbeat_carries_the_curves(trainer, run):
    response = trainer.send("post", f"{RUNS}{run}/heartbeat/", HEARTBEAT)
    assert (response.status_code, response.json()["progress"]) == (200, HEARTBEAT)


def test_a_large_body_is_refused(trainer, run):
    large = b'{"key": "' + b"x" * 10_000_000 + b'"}'
    assert trainer.send("post", RUNS, large).status_code == 413
    assert trainer.send("post", f"{RUNS}{run}/heartbeat/", large).status_code == 413
    assert trainer.send("put", f"{RUNS}{run}/results/", large).status_code == 400


def test_results_too_large_are_refused_unread(trainer, run, monkeypatch):
    monkeypatch.setattr(document, "LARGEST_SENT", 100)
    monkeypatch.setattr(document, "read", lambda *_, **__: 1 / 0)
    assert trainer.send("put", f"{RUNS}{run}/results/", DOCUMENT).status_code == 413


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Encoding": "gzip"}, 400),
        ({"Content-Encoding": "br"}, 415),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": ""}, 415),
    ],
)
def test_results_of_another_kind_are_refused(trainer, run, headers, status):
    assert trainer.send("put", f"{RUNS}{run}/results/", DOCUMENT, **headers).status_code == status


@pytest.mark.parametrize("run_id", [0, 999, 2**63, 10**30])
def test_an_unknown_run_is_not_found(trainer, run_id):
    for method, address, body in addresses(run_id)[2:]:
        assert trainer.send(method, address, body).status_code == 404


def test_bad_results_name_what_is_wrong(trainer, run):
    response = trainer.send("put", f"{RUNS}{run}/results/", DOCUMENT | {"taxa": [{"taxon_id": 0}]})
    assert response.json()["errors"] == [{"name": "body", "reason": "taxa[0].taxon_id: must be an id."}]


# Models, for everyone


def test_models_are_public_once_they_are_released(release, get):
    assert get("/models/").json() == {
        "results": [
            {
                "version": "v1",
                "released_at": "2026-10-01T00:00:00+00:00",
                "classes": 3,
                "is_simulated": True,
                "snapshot_digest": "abc",
                "overall": DOCUMENT["overall"],
            }
        ]
    }
    ModelVersion.objects.update(released_at=None)
    edition.forget()
    assert get("/models/").json() == {"results": []}
    assert get("/models/v1/taxa/").status_code == 404


def test_the_classes_of_a_model_with_how_well_it_knows_them(release, get):
    first = get("/models/v1/taxa/?page_size=2").json()
    assert first["version"] == "v1"
    names = ("taxon_id", "images", "top1", "top5", "mean_true_probability")
    expected = [{name: row[name] for name in names} for row in DOCUMENT["taxa"]]
    assert first["results"] == expected[:2]
    last = get(first["next"].removeprefix("http://testserver/api/v1")).json()
    assert last == {"version": "v1", "next": None, "results": expected[2:]}
    assert get("/models/v1/taxa/?format=csv").content.startswith(b"taxon_id,images,top1,")


@pytest.mark.parametrize(
    ("taxon_id", "included", "class_taxon_id"),
    [(57516, True, 57516), (900001, False, 120489), (120215, False, None), (52775, False, None)],
)
def test_inclusion_tells_the_class_in_the_current_model(
    world, release, get, taxon_id, included, class_taxon_id
):
    (result,) = get(f"/inclusion/?taxon_id={taxon_id}").json()["results"]
    assert result["current_model"] == {
        "version": "v1",
        "included": included,
        "class_taxon_id": class_taxon_id,
    }


def test_a_badge_says_where_the_current_model_differs_from_the_next_snapshot(world, release, client):
    readiness = Readiness.objects.filter(criteria="inat-2022")

    def said(taxon_id):
        edition.forget()
        return client.get(f"/taxa/{taxon_id}/badge.svg").content.decode()

    assert ">included</text>" in said(57516)
    readiness.filter(taxon_id=57516).update(status="short", margin=-3)
    assert ">not enough data, short by 3; in the current model</text>" in said(57516)
    readiness.filter(taxon_id=120215).update(status="leaf", margin=3)
    assert ">included in the next model</text>" in said(120215)


def test_a_release_makes_former_tags_worthless(world, trainer, run, get):
    tag = get("/inclusion/?taxon_id=57516").headers["ETag"]
    trainer.send("put", f"{RUNS}{run}/results/", DOCUMENT)
    make_version(Run.objects.get(), "v1", datetime(2026, 10, 1, tzinfo=UTC))
    edition.forget()
    assert get("/inclusion/?taxon_id=57516", If_None_Match=tag).status_code == 200


# Staff


def test_staff_make_a_run_a_version(admin_client, trainer, run):
    form = {"name": "v1", "run": run, "released_at_0": "2026-10-01", "released_at_1": "12:00"}
    assert admin_client.post("/admin/versions/modelversion/add/", form).status_code == 200
    assert not ModelVersion.objects.exists()
    trainer.send("put", f"{RUNS}{run}/results/", DOCUMENT)
    assert admin_client.post("/admin/versions/modelversion/add/", form).status_code == 302
    version = ModelVersion.objects.get()
    assert (version.name, version.run_id) == ("v1", run)
    for address in ("training/run/", "versions/modelversion/", f"versions/modelversion/{version.pk}/change/"):
        assert admin_client.get(f"/admin/{address}").status_code == 200
