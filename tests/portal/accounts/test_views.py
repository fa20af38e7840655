"""Signing in, out and up; iNaturalist is played by the test."""

import json
import re
from html import unescape
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.contrib.auth import get_user_model

from portal.accounts import inaturalist
from portal.accounts.models import Identity
from portal.cutoffs import queries
from portal.cutoffs import services as cutoffs
from tests.portal.notices.conftest import announced, draft

__all__ = ["announced", "draft"]
PASSWORD = "a long enough password"
BACK = "/accounts/inaturalist/back/"


def words(response):
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", response.content.decode())))


@pytest.fixture
def inat(settings, monkeypatch):
    """iNaturalist: `inat.answers` by path, `inat.asked` what was asked."""
    settings.INAT_CLIENT_ID, settings.INAT_CLIENT_SECRET = "client", "secret"
    settings.INAT_URL, settings.API_URL = "https://inat.example", "https://api.inat.example/v1"

    result = SimpleNamespace(
        asked=[],
        answers={
            "/oauth/token": (200, {"access_token": "token", "token_type": "Bearer"}),
            "/users/edit.json": (200, {"id": 77, "login": "bo"}),
            "/v1/users/77": (200, {"results": [{"id": 77, "identifications_count": 1500}]}),
        },
    )

    def send(self, request, **options):
        result.asked.append((request.method, request.url, request.body, dict(request.headers)))
        answer = result.answers[urlsplit(request.url).path]
        if isinstance(answer, Exception):
            raise answer
        response = requests.Response()
        response.status_code, content = answer
        response._content = content if isinstance(content, bytes) else json.dumps(content).encode()
        response.url, response.request = request.url, request
        return response

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send)
    return result


def go(client, target=""):
    """To iNaturalist; gives what the address there asks for."""
    response = client.post("/accounts/inaturalist/", {"next": target})
    assert response.status_code == 302
    parts = urlsplit(response["Location"])
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://inat.example/oauth/authorize"
    return {name: values[0] for name, values in parse_qs(parts.query).items()}


def come_back(client, asked, **values):
    return client.get(BACK, {"code": "abc", "state": asked["state"]} | values)


# A password


def test_an_account_is_made_used_and_left(db, client):
    response = client.post(
        "/accounts/sign-up/", {"username": "bo", "password1": PASSWORD, "password2": PASSWORD}
    )
    assert response["Location"] == "/arrive/"
    assert client.get("/arrive/")["Location"] == "/"
    assert "Signed in as bo." in words(client.get("/cutoffs/"))
    assert client.get("/accounts/sign-out/").status_code == 405
    assert client.post("/accounts/sign-out/")["Location"] == "/"
    response = client.post(
        "/accounts/sign-in/", {"username": "bo", "password": PASSWORD, "next": "/cutoffs/"}
    )
    assert response["Location"] == "/cutoffs/"


@pytest.mark.parametrize("password", ["short", "password1234", "123456789"])
def test_a_weak_password_is_refused(db, client, password):
    response = client.post(
        "/accounts/sign-up/", {"username": "bo", "password1": password, "password2": password}
    )
    assert 'role="alert"' in response.content.decode()
    assert not get_user_model().objects.exists()


def test_a_wrong_password_is_said(db, client):
    response = client.post("/accounts/sign-in/", {"username": "bo", "password": "no"})
    assert "Please enter a correct username and password." in words(response)


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_nobody_is_sent_elsewhere_after_signing_in(db, client, inat, target):
    get_user_model().objects.create_user("bo", password=PASSWORD)
    response = client.post("/accounts/sign-in/", {"username": "bo", "password": PASSWORD, "next": target})
    assert response["Location"] == "/arrive/"
    client.logout()
    assert come_back(client, go(client, target))["Location"] == "/arrive/"
    client.logout()
    filled = {"username": "cy", "password1": PASSWORD, "password2": PASSWORD, "next": target}
    assert client.post("/accounts/sign-up/", filled)["Location"] == "/arrive/"


def test_signing_up_returns_to_where_one_was(db, client):
    page = client.get("/cutoffs/?page=1").content.decode()
    assert 'href="/accounts/sign-in/?next=%2Fcutoffs%2F%3Fpage%3D1"' in page
    page = client.get("/accounts/sign-in/?next=/cutoffs/%3Fpage%3D1").content.decode()
    assert 'href="/accounts/sign-up/?next=/cutoffs/%3Fpage%3D1"' in page
    page = client.get("/accounts/sign-up/?next=/cutoffs/%3Fpage%3D1").content.decode()
    assert 'name="next" value="/cutoffs/?page=1"' in page
    filled = {"username": "bo", "password1": PASSWORD, "password2": PASSWORD, "next": "/cutoffs/?page=1"}
    assert client.post("/accounts/sign-up/", filled)["Location"] == "/cutoffs/?page=1"


def test_staff_have_a_desk_and_arrive_at_it(db, client, django_user_model):
    assert ">Desk<" not in client.get("/cutoffs/").content.decode()
    client.force_login(django_user_model.objects.create_superuser("staff"))
    assert client.get("/arrive/")["Location"] == "/cutoffs/desk/"
    assert '<a href="/cutoffs/desk/">Desk</a>' in client.get("/cutoffs/").content.decode()


# iNaturalist


def test_where_it_is_not_configured_it_is_not_there(db, client):
    assert "iNaturalist</button>" not in client.get("/accounts/sign-in/").content.decode()
    assert client.post("/accounts/inaturalist/").status_code == 404
    assert client.get(BACK).status_code == 404


def test_signing_in_with_inaturalist(db, client, inat):
    assert "Sign in with iNaturalist" in words(client.get("/accounts/sign-in/"))
    sent = go(client, "/cutoffs/")
    assert (sent["client_id"], sent["scope"], sent["response_type"], sent["code_challenge_method"]) == (
        "client", "login", "code", "S256",
    )  # fmt: skip
    assert sent["redirect_uri"] == f"http://testserver{BACK}"
    assert come_back(client, sent)["Location"] == "/cutoffs/"
    identity = Identity.objects.select_related("user").get()
    assert (identity.inat_id, identity.login, identity.identifications, identity.user.username) == (
        77, "bo", 1500, "bo",
    )  # fmt: skip
    (method, address, body, _), (_, _, _, own), (_, public, _, headers) = inat.asked
    assert (method, address) == ("POST", "https://inat.example/oauth/token")
    sent = parse_qs(body)
    assert (sent["code"], sent["client_secret"]) == (["abc"], ["secret"])
    assert len(sent["code_verifier"][0]) >= 43
    assert own["Authorization"] == "Bearer token"
    assert (public, "Authorization" in headers) == ("https://api.inat.example/v1/users/77", False)
    assert "Signed in as bo." in words(client.get("/cutoffs/"))


@pytest.mark.parametrize(
    "changes",
    [
        {"/oauth/token": (400, {"error": "invalid_grant"})},
        {"/oauth/token": (200, b"<html>")},
        {"/oauth/token": requests.ConnectionError()},
        {"/users/edit.json": (401, {})},
        {"/users/edit.json": (200, {"login": "bo"})},
        {"/users/edit.json": (200, [])},
        {"/v1/users/77": (500, {})},
        {"/v1/users/77": (200, {"results": []})},
        {"/v1/users/77": requests.Timeout()},
    ],
)
def test_what_goes_wrong_there_is_one_sentence_here(db, client, inat, changes):
    requested = go(client)
    inat.answers |= changes
    response = come_back(client, requested)
    assert response["Location"] == "/accounts/sign-in/"
    assert "iNaturalist did not say who you are" in words(client.get("/accounts/sign-in/"))
    assert not get_user_model().objects.exists()


def test_a_state_that_was_not_ours_and_a_refusal_are_turned_away(db, client, inat):
    requested = go(client)
    for values in ({"state": "another"}, {"code": "", "error": "access_denied"}):
        assert come_back(client, requested, **values)["Location"] == "/accounts/sign-in/"
    assert client.get(BACK)["Location"] == "/accounts/sign-in/"
    assert inat.asked == []
    assert not get_user_model().objects.exists()


def test_who_was_shut_out_stays_out(db, client, inat):
    come_back(client, go(client))
    get_user_model().objects.update(is_active=False)
    client.logout()
    assert come_back(client, go(client)).status_code == 403


# What an account tells


@pytest.mark.parametrize(("minimum", "may_know"), [(1500, True), (1501, False), (0, True)])
def test_an_identifier_is_who_has_made_enough_identifications(db, client, inat, announced, minimum, may_know):
    cutoff = announced(audience="identifiers", minimum_identifications=minimum)
    come_back(client, go(client))
    assert (cutoff.name in words(client.get("/cutoffs/"))) == may_know
    assert client.get(f"/cutoffs/{cutoff.pk}/").status_code == (200 if may_know else 404)


def test_without_an_inaturalist_account_nobody_is_one(db, announced):
    announced(audience="identifiers", minimum_identifications=0)
    user = get_user_model().objects.create_user("bo")
    assert not queries.visible_to(user).exists()


def test_the_record_that_is_asked_for_is_not_raised_afterwards(db, announced):
    cutoff = announced(audience="identifiers")
    with pytest.raises(cutoffs.NotAllowedError, match="announced to more people"):
        cutoffs.edit(cutoff, {"minimum_identifications": 2000}, by=None, now=cutoff.announced_at)


def test_no_token_is_kept(db, client, inat):
    come_back(client, go(client))
    assert "token" not in str(dict(client.session))
    assert inaturalist.is_configured()
