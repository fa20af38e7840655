import fcntl

import psycopg2
import pytest
from django.db import connection

from exporter.errors import DataError
from portal.lake import locks
from portal.lake.models import Refresh
from portal.refresh import services

pytestmark = pytest.mark.django_db


@pytest.fixture
def held_elsewhere(settings, tmp_path):
    """Another connection's or file's hold on the lock, which ends when it is closed."""
    settings.DATA_DIR = tmp_path
    if connection.vendor == "postgresql":
        other = psycopg2.connect(**connection.get_connection_params() | {"cursor_factory": None})
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [locks._POSTGRESQL_KEY])
    else:
        other = (tmp_path / "refresh.lock").open("w")
        fcntl.flock(other, fcntl.LOCK_EX)
    yield other
    other.close()


def wait_until_free():
    """PostgreSQL frees the lock a moment after it hears that the connection is gone."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [locks._POSTGRESQL_KEY])
            cursor.execute("SELECT pg_advisory_unlock(%s)", [locks._POSTGRESQL_KEY])


def test_of_two_refreshes_at_once_the_second_is_refused_and_leaves_no_trace(held_elsewhere):
    with pytest.raises(DataError, match="A refresh is under way already"):
        services.refresh()
    assert not Refresh.objects.exists()


def test_the_lock_ends_with_the_process_that_held_it(held_elsewhere):
    with locks.refresh_lock() as is_ours:
        assert not is_ours
    held_elsewhere.close()
    wait_until_free()
    with locks.refresh_lock() as is_ours:
        assert is_ours


def test_the_lock_ends_with_its_block(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    for _ in range(2):
        with locks.refresh_lock() as is_ours:
            assert is_ours
