"""One at a time, over all processes, whatever becomes of them."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

#: The locks there are, each with a number of its own on PostgreSQL: "leaf" in ASCII, and on from there.
POSTGRESQL_KEYS = {"refresh": 0x6C656166, "snapshot": 0x6C656167, "pull": 0x6C656168}


@contextmanager
def only_one(name: str) -> Iterator[bool]:
    """Whether this process has the lock of that name. It ends with the block, and with the process.

    PostgreSQL keeps it for the connection; beside SQLite, which is one machine's, a file is locked.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [POSTGRESQL_KEYS[name]])
            (is_ours,) = cursor.fetchone()
            try:
                yield is_ours
            finally:
                if is_ours:
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [POSTGRESQL_KEYS[name]])
        return
    with (settings.DATA_DIR / f"{name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
