"""Tokens, and how many requests a minute with and without one."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from portal import throttling
from portal.accounts import queries, services
from portal.accounts.models import Scope, Token


@pytest.fixture
def token(db):
    return services.make_token("a field guide", Scope.CONSUMER)


@pytest.fixture
def at_second(monkeypatch):
    """`at_second(n)` sets the throttle's clock to n seconds after a full minute."""
    return lambda second: monkeypatch.setattr(throttling.time, "time", lambda: 1_800_000_000 + second)


def bearer(text):
    return {"Authorization": f"Bearer {text}"}


def test_only_the_digest_of_a_token_is_kept(token):
    _kept, text = token
    assert text.startswith("leafline_")
    assert len(text) > 50
    values = Token.objects.values().get()
    assert text not in str(values)
    assert values["digest"] == queries.digest(text)
    assert values["start"] == text[:13]


def test_no_two_tokens_are_the_same(db):
    assert services.make_token("a", Scope.STAFF)[1] != services.make_token("a", Scope.STAFF)[1]


def test_a_token_s_last_use_is_recorded_to_the_minute(token, get, django_assert_num_queries):
    kept, text = token
    get("/", **bearer(text))
    kept.refresh_from_db()
    first = kept.last_used_at
    assert timezone.now() - first < timedelta(minutes=1)
    with django_assert_num_queries(1):
        get("/", **bearer(text))
    Token.objects.update(last_used_at=datetime(2026, 1, 1, tzinfo=UTC))
    get("/", **bearer(text))
    kept.refresh_from_db()
    assert kept.last_used_at >= first


def test_a_revoked_token_is_refused_from_then_on(token, get):
    kept, text = token
    services.revoke(kept)
    kept.refresh_from_db()
    revoked_at = kept.revoked_at
    response = get("/", **bearer(text))
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="api"'
    assert response.json()["detail"] == "This token is not known, or was revoked."
    services.revoke(kept)
    kept.refresh_from_db()
    assert kept.revoked_at == revoked_at


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer no",
        "Basic YTpi",
        "Token x",
        "Digest x",
        "Bearer " + "x" * 8000,
        "Bearer a\xff",
    ],
)
def test_a_wrong_token_is_refused_not_ignored(db, get, header):
    assert get("/", Authorization=header).status_code == 401


def test_a_good_token_under_another_scheme_is_refused(token, get):
    for scheme in ("Basic", "Digest", "Bearertoken"):
        response = get("/", Authorization=f"{scheme} {token[1]}")
        assert (response.status_code, response.json()["detail"]) == (
            401, "Send the token as `Authorization: Bearer TOKEN`.",
        )  # fmt: skip
    assert get("/", Authorization=f"Token {token[1]}").status_code == 200


def test_a_method_that_an_address_does_not_have_is_refused_as_such(token, client):
    """Not as a matter of scope, of which it has none."""
    for text in (token[1], services.make_token("t", Scope.TRAINER)[1]):
        response = client.delete("/api/v1/training-runs/1/", headers=bearer(text))
        assert response.status_code == 405


# Requests a minute


def test_the_headers_tell_what_is_left_of_the_minute(db, get, settings, at_second):
    settings.API_PER_MINUTE_ADDRESS = 2
    at_second(20)
    seen = [get("/") for _ in range(3)]
    assert [response.status_code for response in seen] == [200, 200, 429]
    names = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
    assert [[response.headers[name] for name in names] for response in seen] == [
        ["2", "1", "40"],
        ["2", "0", "40"],
        ["2", "0", "40"],
    ]
    assert seen[2].headers["Retry-After"] == "40"
    assert seen[2].headers["Content-Type"] == "application/problem+json"
    assert "Retry-After" not in seen[1].headers
    at_second(60)
    assert get("/").status_code == 200


def test_addresses_and_tokens_are_counted_apart(token, get, settings, at_second):
    settings.API_PER_MINUTE_ADDRESS, settings.API_PER_MINUTE_TOKEN = 1, 2
    at_second(0)
    assert [get("/").status_code for _ in range(2)] == [200, 429]
    with_token = [get("/", **bearer(token[1])) for _ in range(3)]
    assert [response.status_code for response in with_token] == [200, 200, 429]
    assert with_token[0].headers["RateLimit-Limit"] == "2"


def test_each_token_has_an_allowance_of_its_own(token, get, settings, at_second):
    settings.API_PER_MINUTE_TOKEN = 1
    at_second(0)
    another = services.make_token("another field guide", Scope.CONSUMER)
    assert [get("/", **bearer(text)).status_code for _, text in (token, another, token, another)] == [
        200, 200, 429, 429,
    ]  # fmt: skip


def test_wrong_tokens_count_against_the_address(db, get, settings, at_second):
    settings.API_PER_MINUTE_ADDRESS = 2
    at_second(0)
    assert [get("/", **bearer("x")).status_code for _ in range(3)] == [401, 401, 429]


def test_what_is_not_modified_is_not_counted(world, get, settings, at_second):
    settings.API_PER_MINUTE_ADDRESS = 1
    at_second(0)
    tag = get("/").headers["ETag"]
    assert [get("/", If_None_Match=tag).status_code for _ in range(3)] == [304] * 3
    assert get("/").status_code == 429


@pytest.mark.parametrize(("behind_proxy", "statuses"), [(False, [200, 429]), (True, [200, 200])])
def test_the_address_is_the_one_our_own_proxy_saw(db, client, settings, at_second, behind_proxy, statuses):
    settings.API_PER_MINUTE_ADDRESS, settings.BEHIND_PROXY = 1, behind_proxy
    at_second(0)
    recorded = [{"X-Forwarded-For": f"192.0.2.7, 198.51.100.{number}"} for number in (1, 2)]
    assert [client.get("/api/v1/", headers=headers).status_code for headers in recorded] == statuses


def test_behind_a_proxy_nobody_gets_more_by_a_made_up_address(db, client, settings, at_second):
    settings.API_PER_MINUTE_ADDRESS, settings.BEHIND_PROXY = 1, True
    at_second(0)
    recorded = [{"X-Forwarded-For": f"192.0.2.{number}, 198.51.100.1"} for number in (1, 2)]
    assert [client.get("/api/v1/", headers=headers).status_code for headers in recorded] == [200, 429]


# Making and revoking


def test_staff_see_a_new_token_once(admin_client):
    response = admin_client.post(
        "/admin/accounts/token/add/", {"name": "the GPU box", "scope": "trainer"}, follow=True
    )
    body = response.content.decode()
    (text,) = re.findall(r"leafline_[\w-]{43}", body)
    assert Token.objects.get().digest == queries.digest(text)
    assert text not in admin_client.get("/admin/accounts/token/").content.decode()


def test_staff_revoke_tokens_but_change_and_delete_none(admin_client, token):
    kept, text = token
    chosen = {"action": "revoke", "_selected_action": [kept.pk]}
    assert admin_client.post("/admin/accounts/token/", chosen).status_code == 302
    assert queries.token_with_text(text) is None
    assert admin_client.post(f"/admin/accounts/token/{kept.pk}/change/", {"name": "x"}).status_code == 403
    assert admin_client.post(f"/admin/accounts/token/{kept.pk}/delete/").status_code == 403


def test_a_token_from_the_command_line(db, get, capsys):
    call_command("token", "make", "consumer", "a bot")
    text = capsys.readouterr().out.strip()
    assert get("/", **bearer(text)).status_code == 200
    call_command("token", "list")
    assert capsys.readouterr().out == f"{text[:13]}… consumer in use a bot\n"
    call_command("token", "revoke", text[:13])
    assert get("/", **bearer(text)).status_code == 401
    with pytest.raises(CommandError, match="0 tokens start with nothing: see `token list`"):
        call_command("token", "revoke", "nothing")
