"""One at a time, over all processes, whatever becomes of them."""

import fcntl
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import IO

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

#: Any numbers will do that no other lock of this database has: "leaf", "snap" and so on in ASCII.
_POSTGRESQL_KEY = 0x6C656166
_POSTGRESQL_SNAPSHOT_KEY = 0x736E6170
_POSTGRESQL_PULL_KEY = 0x70756C6C
_POSTGRESQL_PUBLISH_KEY = 0x7075626C
_POSTGRESQL_TAKE_KEY = 0x74616B65


def refresh_lock() -> AbstractContextManager[bool]:
    """Whether this process may refresh now. The lock ends with the block, and with the process."""
    return _lock(_POSTGRESQL_KEY, "refresh.lock")


def snapshot_lock() -> AbstractContextManager[bool]:
    """Whether this process may make snapshots now. The lock ends with the block, and with the process."""
    return _lock(_POSTGRESQL_SNAPSHOT_KEY, "snapshot.lock")


def pull_lock() -> AbstractContextManager[bool]:
    """Whether this process may pull now. The lock ends with the block, and with the process."""
    return _lock(_POSTGRESQL_PULL_KEY, "pull.lock")


def publish_lock() -> AbstractContextManager[bool]:
    """Whether this process may write the public file now. The lock ends with the block, and the process."""
    return _lock(_POSTGRESQL_PUBLISH_KEY, "publish.lock")


def wait_to_take() -> None:
    """Wait until no other transaction gives out batches; held until this transaction ends.

    SQLite has one writer at a time anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_POSTGRESQL_TAKE_KEY])


def training_lock(cutoff_id: int) -> AbstractContextManager[IO[str] | None]:
    """A file that is open if this process may train that cutoff now, else None.

    Whoever inherits the file holds the lock too. So a trainer that outlives its worker keeps others away
    from its folder, which no connection to a database could do.
    """
    return locked_file(f"training-{cutoff_id}.lock")


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
                    with suppress(InterfaceError, OperationalError):  # a connection that is lost let it go
                        cursor.execute("SELECT pg_advisory_unlock(%s)", [key])
        return
    with locked_file(file_name) as file:
        yield file is not None


@contextmanager
def locked_file(name: str) -> Iterator[IO[str] | None]:
    """A file of the data folder that this process alone holds in the block; None if another one does."""
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    with (settings.DATA_DIR / name).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
        else:
            yield file
