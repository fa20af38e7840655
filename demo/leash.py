"""``python -m demo.leash``: ends process groups when whoever started them is gone, however it went.

Standard input names the groups, a number a line, and stays open as long as their owner lives.
"""

import os
import signal
import sys
import time
from contextlib import suppress

#: How long a group may take to end of itself.
PATIENCE_S = 10


def main() -> None:
    """Wait for the end of standard input, then end the groups."""
    groups = [int(line) for line in sys.stdin]
    for group in groups:
        send(group, signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE_S
    while any(send(group, 0) for group in groups) and time.monotonic() < deadline:
        time.sleep(0.1)
    for group in groups:
        send(group, signal.SIGKILL)


def send(group: int, number: int) -> bool:
    """Send a signal to a process group; whether there is one."""
    with suppress(ProcessLookupError):
        os.killpg(group, number)
        return True
    return False


if __name__ == "__main__":
    main()
