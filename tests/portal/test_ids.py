"""Ids in paths: any number in digits, however large, gets what an id gets that nothing has."""

import re

import pytest
from django.db import connection
from django.urls import reverse
from django.urls.converters import IntConverter
from hypothesis import given
from hypothesis import strategies as st

from portal.accounts.models import Scope
from portal.accounts.services import make_token
from portal.ids import LARGEST_ID, AbsentId, IdConverter, id_written
from tests.portal.versions.releases import release_both
from tests.real.routes import every_pattern

#: What stands in the place of the other parts of a path.
OTHER = {"version": "v1", "action": "approve", "name": "train_data.csv"}
OTHER_OF = {"batches:answer": {"name": "1000"}}
TOO_LARGE = [str(LARGEST_ID + 1), "9" * 20, "1" + "0" * 39, "7" * 400, "123456789" * 600]


def with_ids():
    """The names of all patterns with an id in their path, but those of Django's admin."""
    return sorted(
        name
        for name, pattern in every_pattern()
        if any(isinstance(converter, IdConverter) for converter in pattern.pattern.converters.values())
    )


def test_every_whole_number_in_a_path_is_read_by_the_one_converter():
    read = {
        (name, part): type(converter)
        for name, pattern in every_pattern()
        for part, converter in pattern.pattern.converters.items()
        if isinstance(converter, IntConverter)
    }
    assert set(read.values()) == {IdConverter}
    assert len(read) > 20


@pytest.fixture
def answer(client, hotspots, admin_user):
    """What somebody who may do everything is answered: the status, the kind, the text without its secrets."""
    release_both()
    client.force_login(admin_user)
    _, token = make_token("Anna", Scope.TRAINER)

    def answer(method, address, is_api):
        sender = {"authorization": f"Bearer {token}"} if is_api else {}
        response = client.generic(method, address, "{}", "application/json", headers=sender)
        body = re.sub(r'(name="csrfmiddlewaretoken" value=)"[^"]*"', r"\1", response.content.decode())
        return response.status_code, response.headers.get("Content-Type"), body

    return answer


@pytest.mark.parametrize("name", with_ids())
def test_an_id_that_no_column_holds_gets_what_an_absent_one_gets(answer, name):
    parts = dict(every_pattern())[name].pattern.converters

    def address(number):
        other = OTHER | OTHER_OF.get(name, {})
        return reverse(name, kwargs={part: other.get(part, number) for part in parts})

    absent, is_api = str(LARGEST_ID), name.startswith("api:")
    for method in ("GET", "POST", "PUT"):
        expected = answer(method, address(absent), is_api)
        assert expected[0] in (404, 405)
        for written in TOO_LARGE:
            status, kind, body = answer(method, address(written), is_api)
            assert (status, kind, body.replace(written, absent)) == expected, written[:50]


@given(st.integers(0, LARGEST_ID), st.integers(0, 5_000))
def test_an_id_is_read_as_it_is_whatever_zeros_stand_before_it(number, zeros):
    read = IdConverter().to_python("0" * zeros + str(number))
    assert (type(read), read, id_written("0" * zeros + str(number))) == (int, number, number)


@given(st.from_regex(r"[0-9]*[1-9][0-9]{19,6000}", fullmatch=True))
def test_an_id_larger_than_any_is_none_and_shown_as_written(written):
    read = IdConverter().to_python(written)
    assert isinstance(read, AbsentId)
    assert (read == 0, str(read), f"{read}", IdConverter().to_url(read)) == (True, *3 * [written])
    assert id_written(written) is None


@pytest.mark.parametrize("text", ["", "-1", "1.0", " 1", "1e3", "²", "x"])
def test_what_is_no_number_is_no_id(text):
    assert id_written(text) is None


def test_an_absent_id_is_a_number_to_the_database(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s + 1", [AbsentId("9" * 40)])
        assert cursor.fetchone() == (1,)
