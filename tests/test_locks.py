"""What is installed is pinned with hashes, as the requirements ask, and comes from no index in particular."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
#: A lock and the requirements that it is made of.
LOCKS = {
    "portal": "portal/requirements.txt",
    "dev": "requirements-dev.txt",
    "fuzz": "requirements-fuzz.txt",
    "reports": "requirements-reports.txt",
    "store": "requirements-store.txt",
}
_PIN = re.compile(r"^([\w.-]+)(?:\[[\w,]+\])?==(\S+)", re.MULTILINE)


def asked(path):
    """The pins of a file of requirements and of those that it names, as (name, version)."""
    text = path.read_text(encoding="utf-8")
    result = {(name.lower().replace("_", "-"), version) for name, version in _PIN.findall(text)}
    for named in re.findall(r"^-r (\S+)", text, re.MULTILINE):
        result |= asked((path.parent / named).resolve())
    return result


def locked(name):
    """The entries of a lock: the line of each pin with the hashes below it."""
    return re.split(r"\n(?! )", (ROOT / "locks" / f"{name}.txt").read_text(encoding="utf-8").strip())


def pins(name):
    return {(result[1], result[2]) for entry in locked(name) if (result := _PIN.match(entry))}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_has_what_the_requirements_ask_for(name):
    selected = asked(ROOT / LOCKS[name])
    assert selected
    assert selected - pins(name) == set()


@pytest.mark.parametrize("name", LOCKS)
def test_every_entry_is_one_version_with_its_hashes_and_nothing_else(name):
    line = r"[a-z0-9.-]+(\[[a-z,]+\])?==[\w.+!-]+( ; [^\\\n]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+"
    assert [entry for entry in locked(name) if not re.fullmatch(line, entry)] == []


def test_what_runs_is_what_is_tested():
    assert (pins("portal") | pins("reports") | pins("store")) - pins("dev") == set()
