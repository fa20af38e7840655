"""One at a time, over all processes, whatever becomes of them."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

#: Any number will do that no other lock of this database has: "leaf" in ASCII.
_POSTGRESQL_KEY = 0x6C656166


@contextmanager
def refresh_lock() -> Iterator[bool]:
    """Whether this process may refresh now. The lock ends with the block, and with the process.

    PostgreSQL keeps it for the connection; beside SQLite, which is one machine's, a file is locked.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [_POSTGRESQL_KEY])
            (is_ours,) = cursor.fetchone()
            try:
                yield is_ours
            finally:
                if is_ours:
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [_POSTGRESQL_KEY])
        return
    with (settings.DATA_DIR / "refresh.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
