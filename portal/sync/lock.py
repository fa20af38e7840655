"""One at a time, over all processes, whatever becomes of them."""

import fcntl
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from django.conf import settings
from django.db import connection

#: Any numbers will do that no other lock of this database has: "leaf" and "snap" in ASCII.
_POSTGRESQL_KEY = 0x6C656166
_POSTGRESQL_SNAPSHOT_KEY = 0x736E6170


def refresh_lock() -> AbstractContextManager[bool]:
    """Whether this process may refresh now. The lock ends with the block, and with the process."""
    return _lock(_POSTGRESQL_KEY, "refresh.lock")


def snapshot_lock() -> AbstractContextManager[bool]:
    """Whether this process may make snapshots now. The lock ends with the block, and with the process."""
    return _lock(_POSTGRESQL_SNAPSHOT_KEY, "snapshot.lock")


@contextmanager
def _lock(key: int, file_name: str) -> Iterator[bool]:
    """PostgreSQL keeps it for the connection; beside SQLite, which is one machine's, a file is locked."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
            (is_ours,) = cursor.fetchone()
            try:
                yield is_ours
            finally:
                if is_ours:
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [key])
        return
    with (settings.DATA_DIR / file_name).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
