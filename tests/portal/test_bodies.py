"""No page takes files, and no body is read that is too large."""

import io
import tempfile
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from portal.training.document import LARGEST_SENT
from tests.portal.doors import DOORS

FORMS = ("/subscribe/", "/accounts/sign-in/", "/accounts/sign-up/", "/language/", "/", "/admin/login/")


class Unread(io.RawIOBase):
    """A body of which nobody may read a byte."""

    def read(self, *_):
        raise AssertionError("the body was read")


@pytest.mark.parametrize("path", FORMS)
def test_a_file_in_a_form_is_refused_and_written_nowhere(client, db, monkeypatch, path):
    def write(*_, **__):
        raise AssertionError("a file was written")

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", write)
    response = client.post(path, {"file": SimpleUploadedFile("x.bin", b"x" * 500_000)})
    assert response.status_code in (400, 403, 405) or (path, response.status_code) == ("/", 200)


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "application/json", "text/plain"])
@pytest.mark.parametrize("name", DOORS)
def test_a_body_above_a_mebibyte_is_refused_unread(rf, client, db, name, kind):
    path = DOORS[name].path.format(cutoff=1, blitz=1, run=1)
    answer = client.generic(
        "PUT" if name == "api:results" else "POST", path, b"", kind,
        CONTENT_LENGTH=str(1024 * 1024 + 1), **{"wsgi.input": Unread()},
    )  # fmt: skip
    # Results have their own cap, and here no token comes with them.
    assert answer.status_code == (401 if name == "api:results" else 413)


def test_results_have_their_own_cap():
    assert LARGEST_SENT > 1024 * 1024


@pytest.mark.parametrize("length", ["-1", "1e3", "x", "9" * 400])
def test_a_length_that_is_none_is_refused(client, db, length):
    answer = client.generic("POST", "/subscribe/", b"", CONTENT_LENGTH=length, **{"wsgi.input": Unread()})
    assert answer.status_code in (400, 413)


def test_nothing_is_left_of_what_was_refused(client, db):
    before = set(Path(tempfile.gettempdir()).glob("*.upload*"))
    client.post("/subscribe/", {"file": SimpleUploadedFile("x.bin", b"x" * 900_000)})
    assert set(Path(tempfile.gettempdir()).glob("*.upload*")) == before
