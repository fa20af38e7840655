"""Completion: bash itself completes; of zsh's script it is seen that it calls Python."""

import subprocess
import sys
from pathlib import Path

import pytest

from exporter.__main__ import exporter
from terminal.completion import script

ROOT = Path(__file__).parents[2]


def completed(words: list[str]) -> list[str]:
    """What bash offers for the last of the words."""
    quoted = " ".join(f"'{word}'" for word in words)
    code = (
        f'eval "$({sys.executable} -m {words[0]} completion bash)"; COMP_WORDS=({quoted});'
        f" COMP_CWORD={len(words) - 1}; _{words[0]}_completion {words[0]};"
        " printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    ended = subprocess.run(["bash", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stderr == ""
    return ended.stdout.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["exporter", "re"], ["readiness"]),
        (["exporter", "compare", "--format", ""], ["csv", "json", "table"]),
        (["exporter", "doctor", "--re"], ["--restore"]),
        (["trainer", "e"], ["evaluate", "export"]),
    ],
)
def test_bash_completes_commands_options_and_choices(words: list[str], offered: list[str]) -> None:
    assert completed(words) == offered


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_the_script_starts_the_program_by_its_module(shell: str) -> None:
    call = f"{sys.executable} -m exporter"
    text = script(exporter, "exporter", shell)
    assert text.startswith(f'exporter() {{ {call} "$@"; }}\n')
    assert f"_EXPORTER_COMPLETE={shell}_complete {call})" in text
    assert "commands[exporter]" not in text
