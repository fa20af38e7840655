"""What is answered while the database or the counters are away: 503, and when to come again.

And that nobody waits for a broker.
"""

import socket
import time

import pytest
from django.core.cache import cache
from django.db import InterfaceError, OperationalError
from django.db.backends.utils import CursorWrapper

from portal.api import edition
from portal.celery import PATIENCE_S, app, send
from portal.faults import answer
from portal.task_names import REFRESH
from portal.throttling import kept
from tests.portal.doors import DOORS

PASSWORD = "a long enough password"
#: Pages of text, and refusals, for which nothing is asked of a database.
ASKS_NOTHING = {
    "language", "taxa/<str:rest>/badge.svg", "api:inclusion_file", "api:inclusion_file_checksum",
    "api:training_runs", "api:training_run", "api:heartbeat", "api:results", "api:schema", "api:^", "robots",
    "hotspots:suggest_place",
    "policy:document",
    "policy:table",
    "training:comparison_document",
}  # fmt: skip
LOST = (OperationalError("server closed the connection"), InterfaceError("connection already closed"))


@pytest.fixture
def ask(client, public, django_user_model):
    """Asks at every door, as somebody who is signed in; gives the answers by name."""
    client.force_login(django_user_model.objects.create_superuser("staff"))
    client.raise_request_exception = False

    def ask():
        answers = {}
        for name, door in DOORS.items():
            edition.forget()
            answers[name] = getattr(client, door.method)(door.path.format(**public))
        return answers

    return ask


@pytest.mark.parametrize("fault", [*LOST, OperationalError("database is locked")], ids=str)
def test_while_the_database_is_away_every_address_says_when_to_come_again(ask, monkeypatch, fault):
    def fail(*_, **__):
        raise fault

    with monkeypatch.context() as away:
        away.setattr(CursorWrapper, "execute", fail)
        answers = ask()
    assert {name for name, one in answers.items() if one.status_code < 500} == ASKS_NOTHING
    for name in DOORS.keys() - ASKS_NOTHING:
        kind = (
            "application/problem+json" if DOORS[name].path.startswith("/api/") else "text/html; charset=utf-8"
        )
        recorded = answers[name]
        assert (name, recorded.status_code, recorded["Retry-After"]) == (name, 503, "30")
        assert (name, recorded["Content-Type"]) == (name, kind)


def test_a_database_that_was_never_migrated_is_no_passing_fault(rf):
    assert answer(rf.get("/"), OperationalError("no such table: taxa_taxon")) is None
    assert answer(rf.get("/"), ZeroDivisionError()) is None
    assert answer(rf.get("/"), None) is None


@pytest.fixture
def no_redis(settings):
    """Counters in a Redis that nobody runs."""
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }


def test_without_counters_everything_can_be_read(ask, no_redis):
    answers = ask()
    recorded = {name: one.status_code for name, one in answers.items()}
    assert {name: recorded[name] for name in DOORS if recorded[name] >= 500} == {}
    for name in ("home", "api:readiness", "badge", "sync:status", "sync:metrics", "hotspots:list"):
        assert (name, recorded[name]) == (name, 200)
    assert "Requests cannot be counted" in answers["sync:status"].content.decode()
    assert "Something needs attention." in answers["sync:status"].content.decode()


@pytest.mark.parametrize(
    ("path", "filled"),
    [
        ("/accounts/sign-in/", {"username": "ida", "password": PASSWORD}),
        ("/admin/login/", {"username": "ida", "password": PASSWORD}),
        ("/accounts/sign-up/", {"username": "new", "password1": PASSWORD, "password2": PASSWORD}),
        ("/accounts/forgotten/", {"email": "ida@example.org"}),
        ("/subscribe/", {"email": "ida@example.org", "phases": ["announced"], "language": "en"}),
    ],
)
def test_without_counters_nobody_signs_in_and_no_mail_is_asked_for(
    client, django_user_model, no_redis, path, filled
):
    django_user_model.objects.create_superuser("ida", "ida@example.org", PASSWORD)
    answered = client.post(path, filled)
    assert (answered.status_code, answered["Retry-After"]) == (503, "30")
    assert "_auth_user_id" not in client.session
    assert django_user_model.objects.count() == 1


def test_what_cannot_be_kept_is_made_each_time(no_redis):
    made = []
    for _ in range(2):
        assert kept("key", lambda: made.append(1) or 7, 10) == 7
    assert len(made) == 2


@pytest.fixture
def silent():
    """A port that takes calls, and never says a word."""
    with socket.socket() as port:
        port.bind(("127.0.0.1", 0))
        port.listen()
        yield port.getsockname()[1]


@pytest.mark.parametrize("kind", ["redis", "amqp"])
@pytest.mark.parametrize("is_silent", [True, False], ids=["silent", "refused"])
def test_no_page_waits_long_for_a_broker(client, db, monkeypatch, settings, silent, kind, is_silent):
    """As long as one look at it may take; the page says what becomes of what was asked."""
    monkeypatch.setattr(app.conf, "broker_url", f"{kind}://127.0.0.1:{silent if is_silent else 1}//")
    cache.clear()
    begun = time.monotonic()
    answered = client.post("/accounts/forgotten/", {"email": "a@example.org"})
    assert "leaves as soon as they can be sent" in answered.content.decode()
    assert not send(REFRESH)
    assert "compute: the broker does not answer." in client.get("/status/").content.decode()
    # Not for ever, as a silent Redis had it: three looks at `PATIENCE_S`, each with room for a busy machine.
    assert time.monotonic() - begun < 3 * 5 * PATIENCE_S


def test_the_words_name_no_secret(client, db, monkeypatch):
    def fail(*_, **__):
        raise OperationalError("FATAL: password authentication failed for user leafline at db.internal")

    client.raise_request_exception = False
    with monkeypatch.context() as away:
        away.setattr(CursorWrapper, "execute", fail)
        said = client.get("/").content.decode()
    assert "db.internal" not in said
    assert "Not available for a moment" in said
