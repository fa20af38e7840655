"""The browser of the browser tests. ``python -m tests.chromium`` installs one where that is possible."""

import os
import shutil
import subprocess

#: The same engine without a window is a third cheaper to run, and quicker to install.
#: With letters to draw text with, and without the rest that Debian recommends, which takes a minute.
PACKAGES = ("chromium-headless-shell", "fonts-liberation")
NAMES = (PACKAGES[0], "chromium", "chromium-browser", "google-chrome")


def find() -> str | None:
    """The path of a Chromium: ``LEAFLINE_CHROMIUM``, or the first found on the PATH."""
    return os.environ.get("LEAFLINE_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def main() -> None:
    """Install Debian's Chromium if there is none and we may; otherwise say what will be skipped."""
    if find():
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing Chromium for the browser tests ...")
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], check=True, env=environment)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES],
            check=True,
            env=environment,
        )
        return
    print("No Chromium found: the browser tests will be skipped (set LEAFLINE_CHROMIUM to its path).")


if __name__ == "__main__":
    main()
