"""Commands under headings: their help, what is imported when, and wrong usage."""

import subprocess
import sys

import click
import pytest

from exporter.__main__ import exporter
from terminal.sections import Sections, run
from trainer.__main__ import trainer

GROUPS = [pytest.param("exporter", exporter, id="exporter"), pytest.param("trainer", trainer, id="trainer")]


@pytest.mark.parametrize(("program", "group"), GROUPS)
def test_the_help_lists_each_command_once_under_a_heading(
    program: str, group: Sections, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(group, program, ["--help"]) == 0
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    listed = [line.split()[0] for line in lines if line.startswith("  ") and line.strip()]
    names = list(group._lines)
    assert [name for name in listed if name in names] == names
    headings = [line for line in lines if line.endswith(":") and not line.startswith(" ")]
    assert headings == ["Options:", *(f"{heading}:" for heading in group._sections)]
    assert printed.err == ""


@pytest.mark.parametrize(("program", "group"), GROUPS)
def test_every_command_of_the_list_is_there_and_says_what_it_does(
    program: str, group: Sections, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in group._lines:
        assert run(group, program, [name, "--help"]) == 0
        usage, _, said, *_ = capsys.readouterr().out.splitlines()
        assert usage.startswith(f"Usage: {program} {name} [OPTIONS]")
        assert said.strip()


@pytest.mark.parametrize("program", ["exporter", "trainer"])
def test_the_help_imports_no_command(program: str) -> None:
    code = (
        f"import sys; from {program}.__main__ import main; main(['--help']);"
        " heavy = {'pyarrow', 'scipy', 'numpy', 'requests', 'tensorflow', 'pydantic'};"
        " sys.exit(str(sorted(heavy & set(sys.modules))) if heavy & set(sys.modules) else 0)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ([], "exporter: Missing command. See `python -m exporter --help`."),
        (
            ["readines"],
            "exporter: No such command 'readines'. Did you mean 'readiness'?"
            " See `python -m exporter --help`.",
        ),
        (
            ["readiness", "more"],
            "exporter readiness: Got unexpected extra argument (more)."
            " See `python -m exporter readiness --help`.",
        ),
        (
            ["readiness", "--critera", "x"],
            "exporter readiness: No such option '--critera'. Did you mean '--criteria'?"
            " See `python -m exporter readiness --help`.",
        ),
    ],
)
def test_wrong_usage_is_one_line_with_the_way_to_the_help(
    given: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(exporter, "exporter", given) == 2
    assert capsys.readouterr() == ("", f"{line}\n")


def test_a_command_returns_its_exit_code() -> None:
    @click.group()
    def group() -> None: ...

    @group.command()
    def three() -> int:
        return 3

    @group.command()
    def nothing() -> None: ...

    assert [run(group, "it", [name]) for name in ("three", "nothing")] == [3, 0]
