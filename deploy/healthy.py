"""``python deploy/healthy.py web``, or ``clock``: whether a container does what it is there for; exit 0 or 1.

The standard library alone, so that a check costs little. Celery itself checks workers: see compose.yaml.
"""

import http.client
import os
import sys
import time
from pathlib import Path

PORT = 8000
#: The clock writes down what it has sent every three minutes.
CLOCK_S = 600.0
TIMEOUT_S = 8.0


def web(port: int = PORT) -> str:
    """What is wrong with the site on this machine; empty if it answers. The request is as its proxy's."""
    host = os.environ.get("LEAFLINE_ALLOWED_HOSTS", "127.0.0.1").split(",")[0].strip()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/robots.txt", headers={"Host": host, "X-Forwarded-Proto": "https"})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"the site does not answer: {error}"
    finally:
        connection.close()
    return "" if status == http.client.OK else f"the site answers {status}"


def clock() -> str:
    """What is wrong with the clock; empty if it has written its file lately."""
    folder = Path(os.environ.get("LEAFLINE_DATA", "var"))
    written = [path.stat().st_mtime for path in folder.glob("beat-schedule*")]
    if not written:
        return f"there is no file beat-schedule in {folder}"
    age = time.time() - max(written)
    return "" if age < CLOCK_S else f"the clock has written nothing for {age:.0f} s"


def main(*arguments: str) -> int:
    """Give the exit code, and say what is wrong."""
    checks = {"web": web, "clock": clock}
    if len(arguments) != 1 or arguments[0] not in checks:
        print("usage: python deploy/healthy.py web|clock", file=sys.stderr)
        return 2
    wrong = checks[arguments[0]]()
    if wrong:
        print(wrong, file=sys.stderr)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
