"""Which Python `make` takes: the first that is there and works, and one clear line where none does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def make(tmp_path):
    """Runs `make` for the environment alone, with these Pythons; gives the process, and which made one."""

    def make(*versions, **pythons):
        for name, script in pythons.items():
            path = tmp_path / name
            path.write_text(f"#!/bin/sh\n{script}\n")
            path.chmod(0o755)
        venv = tmp_path / "venv"
        named = " ".join([*versions, *(f"{tmp_path}/{name}" for name in pythons)])
        command = ["make", "--no-print-directory", f"VENV={venv}", f"PYTHON={named}", f"{venv}/pyvenv.cfg"]
        # These tests may be run by `make` themselves.
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
        made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=ours)
        by = tmp_path / "made_by"
        return made, by.read_text().strip() if by.exists() else ""

    return make


def python(folder, name, version=sys.version_info):
    """A Python that says it is of that version, and writes down that it was asked for an environment."""
    seen = f"import sys; sys.version_info = {tuple(version)!r}"
    return f"""if [ "$1" = -c ]; then exec {sys.executable} -c "{seen}; $2"; fi
echo {name} > {folder}/made_by"""


def test_the_first_that_works_is_taken(make, tmp_path):
    made, by = make(
        shim="exit 127",
        old=python(tmp_path, "old", (3, 10, 9)),
        new=python(tmp_path, "new", (3, 14, 0)),
        good=python(tmp_path, "good", (3, 12, 1)),
        other=python(tmp_path, "other"),
    )
    assert (made.returncode, made.stderr, by) == (0, "", "good")


def test_a_version_is_found_among_those_of_pyenv(make, tmp_path, monkeypatch):
    """Its shims are on the PATH for every version, and work for those alone that it was told to."""
    installed = tmp_path / "pyenv" / "versions" / "3.12.7" / "bin"
    installed.mkdir(parents=True)
    (installed / "python3.12").write_text("#!/bin/sh\n" + python(tmp_path, "of pyenv", (3, 12, 7)) + "\n")
    (installed / "python3.12").chmod(0o755)
    (tmp_path / "python3.12").write_text("#!/bin/sh\nexit 127\n")
    (tmp_path / "python3.12").chmod(0o755)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    made, by = make("3.12")
    assert (made.returncode, made.stderr, by) == (0, "", "of pyenv")


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 12, 9), (3, 13, 0)])
def test_each_of_the_three_will_do(make, tmp_path, version):
    made, by = make(good=python(tmp_path, "good", version))
    assert (made.returncode, by) == (0, "good")


def test_without_any_one_line_says_what_to_do(make, tmp_path):
    made, by = make(shim="exit 127", bare="echo no module named ensurepip >&2; exit 1")
    assert (made.returncode, by) == (2, "")
    said, of_make = made.stderr.splitlines()
    assert said == (
        f"No Python 3.11, 3.12 or 3.13 that works, with its venv, among: {tmp_path}/shim {tmp_path}/bare."
        " Install one, or name it: make PYTHON=/path/to/python3.13"
    )
    assert of_make.startswith("make: ***")
