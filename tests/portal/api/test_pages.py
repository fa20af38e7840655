"""The page on how to use the API: every example works as it stands."""

import contextlib
import io
import re
from html import unescape
from urllib.parse import urlsplit

import pytest
from django.test import RequestFactory

from portal.api import files, pages


@pytest.fixture
def examples(world, client):
    body = client.get("/api/").content.decode()
    return [unescape(text) for text in re.findall(r"<pre[^>]*><code>(.*?)</code></pre>", body, re.DOTALL)]


def test_every_address_in_an_example_answers(examples, client, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    files.publish()
    addresses = set(re.findall(r"""['"](http[^'"]+)['"]""", "\n".join(examples)))
    assert len(addresses) == 9
    for address in addresses:
        parts = urlsplit(address)
        response = client.get(f"{parts.path}?{parts.query}" if parts.query else parts.path)
        expected = 400 if parts.path.endswith("/inclusion/") and not parts.query else 200
        expected = 401 if "unseen" in parts.query else expected  # without the header that stands beside it
        assert response.status_code == expected, address
        b"".join(response)  # A file is closed at its end.


def test_the_python_example_runs(live_server, world, settings):
    settings.SITE_URL = live_server.url
    request = RequestFactory().get("/api/")
    body = pages.use(request).content.decode()
    (code,) = re.findall(r"<code>(import requests.*?)</code>", body, re.DOTALL)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(unescape(code), {})
    assert printed.getvalue().startswith("Bombus covered Taxa below it are classes.\n")


def test_the_page_tells_the_limits(client, db, settings):
    settings.API_PER_MINUTE_ADDRESS = 77
    assert "77 requests a minute for each address" in client.get("/api/").content.decode()


def test_every_page_leads_there(client, world):
    assert 'href="/api/"' in client.get("/").content.decode()
