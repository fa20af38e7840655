"""SQLite's log of what was written last (its WAL), which must not outgrow the disk.

SQLite takes the log over into the database by itself, but begins it anew only at a moment when nobody reads.
While there is always somebody who does, as on a portal that is looked at, it grows by all that a refresh
writes: a first refresh of 1.5 million taxa, beside one who read all the while, left 52 GB before the disk was
full, for a database of 2 GB.
"""

import logging
from pathlib import Path

from django.db import DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper

_log = logging.getLogger(__name__)

#: Bytes. Up to here SQLite is left alone.
LONGEST = 256 * 2**20
#: How long others may wait for the log's being begun anew, where somebody reads for long.
_PATIENCE_MS = 500


def shorten_log(connection: BaseDatabaseWrapper) -> None:
    """Begin the log anew if it is long; where somebody reads all the while, leave it for the next time.

    To be called between transactions that write much. Nothing happens on PostgreSQL, or within a transaction.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return
    try:
        is_long = Path(f"{connection.settings_dict['NAME']}-wal").stat().st_size > LONGEST
    except OSError:  # in memory, or not begun
        return
    if is_long:
        _begin_anew(connection)


def _begin_anew(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        (patience,) = cursor.fetchone()
        try:
            cursor.execute(f"PRAGMA busy_timeout = {_PATIENCE_MS}")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.fetchall()
        except DatabaseError as error:
            _log.info("SQLite's log stays as it is for now: %s", error)
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {patience}")
