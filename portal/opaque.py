"""Ids that reveal nothing of others: not how many there are, nor that one lies between two that are known.

What only some people may know is counted by the same table as what is public. A row of it that got the next
number would leave a gap that everybody sees.
"""

import secrets
import time


def new_id() -> int:
    """Return the microseconds since 1970: in the order of making, and exact in JavaScript until 2255.

    Two made in the same microsecond would be refused by the database, not mixed up.
    """
    return time.time_ns() // 1_000


def new_key() -> str:
    """Return a name of 32 hexadecimal digits by chance."""
    return secrets.token_hex(16)
