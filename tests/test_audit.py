"""What pip-audit passes over is a failure, not a success."""

import pytest

from tests.audit import faults, main

SOUND = {"name": "a", "version": "1", "vulns": []}
WEAK = {"name": "b", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["2.1", "3"]}]}
OPEN = {"name": "c", "version": "2", "vulns": [{"id": "CVE-2", "fix_versions": []}]}
SKIPPED = {"name": "d", "skip_reason": "not found on PyPI"}


@pytest.mark.parametrize(
    ("packages", "lines"),
    [
        ([SOUND], []),
        ([SOUND, WEAK], ["b 2: CVE-1, fixed in 2.1, 3"]),
        ([OPEN], ["c 2: CVE-2, fixed in no version yet"]),
        ([SOUND, SKIPPED], ["d: was not looked up (not found on PyPI)"]),
        ([], ["nothing was looked up"]),
    ],
)
def test_a_line_for_each_fault(packages, lines):
    assert faults({"dependencies": packages}) == lines


def test_without_a_report_it_fails(capsys):
    assert main("false") == 1
    assert "locks/portal.txt: pip-audit gave no report: it said nothing" in capsys.readouterr().out
