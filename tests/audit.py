"""``python -m tests.audit PIP_AUDIT`` asks whether a weakness is known of anything that is installed.

pip-audit passes over what it cannot look up, and still says that it found nothing: here that is a failure.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS = ("locks/portal.txt", "locks/dev.txt", "locks/fuzz.txt")


def faults(report: dict[str, Any]) -> list[str]:
    """A line for each known weakness of a report of pip-audit, and for each package that it passed over."""
    lines = []
    for package in report["dependencies"]:
        if "skip_reason" in package:
            lines.append(f"{package['name']}: was not looked up ({package['skip_reason']})")
        for weakness in package.get("vulns", []):
            fixed = ", ".join(weakness["fix_versions"]) or "no version yet"
            lines.append(f"{package['name']} {package['version']}: {weakness['id']}, fixed in {fixed}")
    return lines if report["dependencies"] else ["nothing was looked up"]


def main(program: str) -> int:
    """Give 0 if everything was looked up and nothing is known, else 1."""
    result = []
    for name in REQUIREMENTS:
        command = [
            program,
            "--requirement",
            str(ROOT / name),
            "--format",
            "json",
            "--progress-spinner",
            "off",
        ]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        try:
            result += faults(json.loads(answer.stdout))
        except (ValueError, KeyError):
            last = (answer.stderr.strip().splitlines() or ["it said nothing"])[-1]
            result.append(f"{name}: pip-audit gave no report: {last}")
    print("\n".join(result) or "Everything was looked up, and no weakness is known.")
    return int(bool(result))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
