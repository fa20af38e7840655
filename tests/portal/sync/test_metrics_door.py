"""Who reads the measurements: programs of this machine, and whoever has the token."""

import pytest

TOKEN = "a token of forty characters or so"


@pytest.fixture(autouse=True)
def token(settings, db):
    settings.METRICS_TOKEN = TOKEN


@pytest.mark.parametrize(
    ("headers", "address", "status"),
    [
        ({}, "127.0.0.1", 200),
        ({}, "::1", 200),
        ({}, "192.0.2.1", 403),
        ({}, "", 403),
        # A proxy on this machine passes on what somebody elsewhere asks.
        ({"X-Forwarded-For": "192.0.2.1"}, "127.0.0.1", 403),
        ({"X-Forwarded-For": "127.0.0.1"}, "127.0.0.1", 403),
        ({"Forwarded": "for=192.0.2.1"}, "127.0.0.1", 403),
        ({"Authorization": f"Bearer {TOKEN}"}, "192.0.2.1", 200),
        ({"Authorization": f"Bearer {TOKEN}", "X-Forwarded-For": "192.0.2.1"}, "127.0.0.1", 200),
        ({"Authorization": f"Basic {TOKEN}"}, "192.0.2.1", 403),
        ({"Authorization": "Bearer "}, "192.0.2.1", 403),
        ({"Authorization": f"Bearer {TOKEN}é"}, "192.0.2.1", 403),
    ],
)
def test_who_may_read(client, headers, address, status):
    assert client.get("/metrics", headers=headers, REMOTE_ADDR=address).status_code == status


def test_without_a_token_no_token_opens_it(client, settings):
    settings.METRICS_TOKEN = ""
    for header in ("Bearer ", "Bearer", "Bearer None"):
        answer = client.get("/metrics", headers={"Authorization": header}, REMOTE_ADDR="192.0.2.1")
        assert answer.status_code == 403
    assert b"LEAFLINE_METRICS_TOKEN" in answer.content
