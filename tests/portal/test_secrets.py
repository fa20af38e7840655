"""A cutoff that few may know of changes nothing that others see, from the draft to the trained model."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from portal.accounts.models import Scope
from portal.accounts.services import make_token
from portal.api import edition
from portal.blitzes import services as blitzes
from portal.cutoffs import queries, services
from portal.cutoffs.models import Cutoff, Snapshot
from portal.cutoffs.report import condense
from portal.cutoffs.services import recording
from portal.opaque import new_id
from portal.sync import services as sync
from portal.task_names import CUT, TRAIN
from portal.taxa.models import Taxon
from portal.training import document
from portal.training import services as training
from portal.training.queries import training_before
from tests.portal.blitzes.conftest import BOMBUS, EXPECTED, WORDS
from tests.portal.cutoffs.conftest import guard_report
from tests.portal.cutoffs.test_report import MANIFEST
from tests.portal.doors import ALL, DOORS
from tests.portal.training import documents

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
PATHS = {name: door.path for name, door in DOORS.items() if door.method == "get"}
#: What differs from one answer to the next, whatever happens meanwhile.
_PASSING = re.compile(r'(csrfmiddlewaretoken" value="|nonce=")[^"]*"')


@pytest.fixture
def now(monkeypatch):
    """A time that stands still for every page, and that the test may set."""
    moments = [timezone.now()]
    monkeypatch.setattr(timezone, "now", lambda: moments[-1])
    return moments


def sign_in(client, django_user_model, reader):
    """Ask as a stranger, a member or an identifier from now on."""
    if reader == "stranger":
        return
    user = django_user_model.objects.create_user(reader)
    if reader == "identifier":
        user.user_permissions.add(Permission.objects.get(codename="know_identifiers_cutoffs"))
    client.force_login(user)


def read(client, ids):
    """What every address answers now: status, entity tag and text."""
    cache.clear()
    edition.forget()
    return {name: _answer(client.get(path.format(**ids))) for name, path in PATHS.items()}


def _answer(response):
    body = b"".join(response.streaming_content) if response.streaming else response.content
    tag = response.headers.get("ETag", "")
    return response.status_code, tag, _PASSING.sub("", body.decode(errors="replace"))


def life_of(audience, now, proposer):
    """Yield a cutoff for this audience after each step of its life, with all that hangs on it."""
    start = now[-1]
    cutoff = services.draft(
        {"name": "Hidden", "cutoff_at": start + 20 * DAY, "audience": audience}, by=None, now=start
    )
    yield cutoff
    cutoff = services.announce(cutoff, by=None, now=start)
    blitz = blitzes.propose(
        clade=Taxon.objects.get(pk=BOMBUS), cutoff=cutoff, by=proposer, now=start,
        starts_at=start + HOUR, ends_at=start + 2 * DAY, **WORDS | {"title": "Hidden blitz"},
    )  # fmt: skip
    blitzes.approve(blitz, by=None, now=start)
    yield cutoff
    blitzes.advance_due(now=start + HOUR)
    blitzes.record(blitz, start, {**EXPECTED, "data_as_of": start}, now=start)
    services.advance_due(now=start + 20 * DAY)
    sync.record_begin("compute", CUT)
    yield cutoff
    cutoff.refresh_from_db()
    (requested,) = queries.snapshots(cutoff)
    recording.pin_snapshot(requested, 7)
    recording.record_guards(requested, guard_report("influx"))
    requested.digest = "hidden"
    cutoff = services.finish_snapshot(requested, condense(MANIFEST), is_held=False, now=start)
    sync.record_end("compute")
    yield cutoff
    own = training.begin_own_training(cutoff, "Hidden model")
    sync.record_begin("train", TRAIN)
    token, _ = make_token("trainer", Scope.TRAINER)
    run, _ = training.create_run(token.pk, "hidden", "hidden", {"model": "xception"}, is_simulated=True)
    training.record_heartbeat(run, {"epoch": 3})
    yield cutoff
    training.take_results(run, document.read(documents.stream(documents.DOCUMENT), is_gzip=False))
    training.record_step(own, "done")
    yield services.publish(Cutoff.objects.get(pk=cutoff.pk), by=None, now=start)


@pytest.mark.parametrize(
    ("reader", "audience"), [("stranger", "staff"), ("member", "identifiers"), ("identifier", "staff")]
)
def test_nothing_changes_for_who_may_not_know(client, django_user_model, public, now, reader, audience):
    sign_in(client, django_user_model, reader)
    before = read(client, public)
    assert {name for name, (status, *_) in before.items() if status == 200} >= {
        name for name, door in DOORS.items() if door.statuses == ALL and door.method == "get"
    }
    proposer = django_user_model.objects.create_user("somebody")
    for cutoff in life_of(audience, now, proposer):
        after = read(client, public)
        assert {name: after[name] for name in before if after[name] != before[name]} == {}, cutoff.state
    assert cutoff.state == "published"
    # Its addresses are there for who may know, and for nobody else.
    assert client.get(f"/cutoffs/{cutoff.pk}/").status_code == 404
    client.force_login(django_user_model.objects.create_superuser("staff"))
    assert "Hidden" in client.get("/cutoffs/").content.decode()


def test_what_comes_after_a_hidden_cutoff_does_not_show_that_there_was_one(
    client, django_user_model, public, now
):
    """Its number, its events' names in feeds and the comparison with the export before tell of no gap."""
    recorded = []
    for is_hidden in (False, True):
        with transaction.atomic():
            if is_hidden:
                list(life_of("staff", now, django_user_model.objects.create_user("somebody")))
            recorded.append(_without_its_own_names(client, public, _next_export(now)))
            transaction.set_rollback(True)
    assert recorded[1] == recorded[0]


def _next_export(now):
    start = now[-1]
    draft = services.draft({"name": "After", "cutoff_at": start + 30 * DAY}, by=None, now=start)
    return services.announce(draft, by=None, now=start)


def _without_its_own_names(client, ids, cutoff):
    """What is told of a cutoff, with a word for each name that was given it by chance or by the clock."""
    result = read(client, ids | {"cutoff": cutoff.pk})
    names = [str(cutoff.pk), str(cutoff.uid), cutoff.commitment]
    names += [event.public_name for event in cutoff.events.all()]
    for place, name in enumerate(names):
        result = {
            key: (status, text.replace(name, f"<{place}>")) for key, (status, *_, text) in result.items()
        }
    return result


def test_ids_are_given_by_the_clock_and_not_counted(monkeypatch):
    monkeypatch.setattr("time.time_ns", lambda: 1_795_981_019_545_345_678)
    assert new_id() == 1_795_981_019_545_345


def test_an_event_of_before_keeps_its_name(public):
    event = Cutoff.objects.get(pk=public["cutoff"]).events.last()
    assert re.fullmatch("[0-9a-f]{32}", event.public_name)
    event.key = None
    assert event.public_name == str(event.pk)


# What is compared --------------------------------------------------------------------------------


AUDIENCES = {
    "public": {"audience": "public"},
    "some": {"audience": "identifiers", "minimum_identifications": 500},
    "few": {"audience": "identifiers", "minimum_identifications": 5000},
    "staff": {"audience": "staff"},
}
#: Which earlier exports whoever may know of one of the audience may know of too.
KNOWN_WITH = {
    "public": {"public"},
    "some": {"public", "some"},
    "few": {"public", "some", "few"},
    "staff": {"public", "some", "few", "staff"},
}


@pytest.fixture
def exports(db):
    """An export of each audience, and its finished training."""
    from tests.portal.training.conftest import make_exported

    made = {}
    for days, (name, values) in enumerate(AUDIENCES.items()):
        made[name] = make_exported(name, name, days, **values)
        own = training.begin_own_training(made[name], name)
        training.record_step(own, "done")
    return made


@pytest.mark.parametrize("audience", AUDIENCES)
def test_an_export_is_compared_with_one_that_its_readers_may_know(draft_of, exports, audience):
    later = draft_of(AUDIENCES[audience])
    known = [name for name in AUDIENCES if name in KNOWN_WITH[audience]]
    assert {cutoff.name for cutoff in queries.known_with(later)} - {later.name} == set(known)
    assert queries.before(later) == Snapshot.objects.get(cutoff=exports[known[-1]])
    assert training_before(later).cutoff == exports[known[-1]]


@pytest.fixture
def draft_of(db):
    """A later cutoff with these values."""
    return lambda values: services.draft(
        {"name": "Later", "cutoff_at": timezone.now() + 90 * DAY} | values, by=None
    )
