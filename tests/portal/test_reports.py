"""Reports of faults: off unless somebody asks for them, and without people."""

import gzip
import json
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal import reports
from tests.portal.test_celery import ROOT, environment

MAIL = "ida@example.org"


def test_without_a_dsn_nothing_is_loaded(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentry_sdk", None)
    reports.start("")


def test_a_dsn_without_the_package_is_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentry_sdk", None)
    with pytest.raises(
        ImproperlyConfigured, match=r"^LEAFLINE_SENTRY_DSN is set, and sentry-sdk is not installed"
    ):
        reports.start("https://key@host.example/1")


def test_an_event_keeps_the_fault_and_loses_the_person():
    frame = {"filename": "portal/x.py", "lineno": 3, "vars": {"email": MAIL}}
    event = {
        "level": "error",
        "exception": {"values": [{"value": f"no mail to {MAIL}!", "stacktrace": {"frames": [frame]}}]},
        "request": {
            "method": "POST",
            "url": "https://leafline.example.org/accounts/",
            "query_string": f"email={MAIL}",
            "headers": {"Cookie": "sessionid=1"},
            "cookies": {"sessionid": "1"},
            "data": {"password": "x"},
            "env": {"REMOTE_ADDR": "192.0.2.1"},
        },
        "user": {"id": 7, "ip_address": "192.0.2.1"},
        "breadcrumbs": {"values": [{"message": MAIL}]},
        "extra": {"sys.argv": ["manage.py"]},
        "contexts": {"trace": {}},
        "server_name": "ida-laptop",
        "modules": {},
        "tags": {},
    }
    shown = {"filename": "portal/x.py", "lineno": 3}
    assert reports.without_people(event) == {
        "level": "error",
        "exception": {"values": [{"value": "no mail to (mail address)!", "stacktrace": {"frames": [shown]}}]},
        "request": {"method": "POST", "url": "https://leafline.example.org/accounts/"},
    }


class _Server(HTTPServer):
    """Keeps what is sent to it."""

    bodies: list[bytes]


class _Taker(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


CODE = """
import sentry_sdk
email = 'ida@example.org'
try:
    raise ValueError(f'no mail to {email}')
except ValueError:
    sentry_sdk.capture_exception()
sentry_sdk.flush(10)
"""


def test_what_is_sent_names_nobody(tmp_path):
    pytest.importorskip("sentry_sdk")
    with _Server(("127.0.0.1", 0), _Taker) as server:
        server.bodies = []
        Thread(target=server.serve_forever, daemon=True).start()
        dsn = f"http://key@127.0.0.1:{server.server_port}/1"
        subprocess.run(
            [sys.executable, "manage.py", "shell", "--verbosity", "0", "--command", CODE],
            cwd=ROOT,
            env=environment(tmp_path, LEAFLINE_SENTRY_DSN=dsn),
            check=True,
        )
        server.shutdown()
    lines = [
        json.loads(line) for body in server.bodies for line in body.splitlines() if line.startswith(b"{")
    ]
    [event] = [line for line in lines if "exception" in line]
    assert [each["value"] for each in event["exception"]["values"]] == ["no mail to (mail address)"]
    assert MAIL not in json.dumps(lines)
    assert not {"user", "server_name", "breadcrumbs", "modules", "contexts", "extra"} & event.keys()
