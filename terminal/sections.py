"""Commands under headings, each imported when somebody runs it; wrong usage is one line on standard error."""

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import click
from click.shell_completion import CompletionItem

from terminal import progress

#: Exit code of a command line that cannot be read.
WRONG_USAGE = 2


class Sections(click.Group):
    """A group of commands whose help has a heading for each section.

    ``sections`` maps a heading to its commands, and a command's name to its line in the help. The command
    ``label-issues`` is the object ``command`` of the module ``<package>.label_issues``. That is imported when
    the command runs or its own help is shown: the list of commands needs none of them.
    """

    def __init__(
        self, *arguments: Any, package: str, sections: Mapping[str, Mapping[str, str]], **options: Any
    ) -> None:
        super().__init__(*arguments, **options | {"no_args_is_help": False})
        self._package = package
        self._sections = sections
        self._lines = {name: line for commands in sections.values() for name, line in commands.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (Click's signature)
        """Return the names of all commands, section by section."""
        return list(self._lines)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 (as above)
        """Return a command; None if there is none of that name."""
        if cmd_name not in self._lines:
            return None
        command: click.Command = import_module(f"{self._package}.{cmd_name.replace('-', '_')}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the first argument names, and the rest; an error suggests a similar one."""
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            raise click.NoSuchCommand(error.command_name, possibilities=self._lines, ctx=ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 (as above)
        """Write the commands of each section under its heading."""
        for heading, commands in self._sections.items():
            with formatter.section(heading):
                formatter.write_dl(list(commands.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the commands that begin so, without importing them, and the group's own options."""
        begun = [
            CompletionItem(name, help=line)
            for name, line in self._lines.items()
            if name.startswith(incomplete)
        ]
        return [*begun, *click.Command.shell_complete(self, ctx, incomplete)]


def run(commands: click.Group, program: str, given: Sequence[str]) -> int:
    """Run the command that the arguments name; return its exit code, or print one line if they are wrong."""
    try:
        with progress.shown(), commands.make_context(program, list(given)) as context:
            return int(commands.invoke(context) or 0)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.UsageError as error:
        print(_one_line(error, program), file=sys.stderr)
        return WRONG_USAGE


def _one_line(error: click.UsageError, program: str) -> str:
    """What is wrong and where the help is, like "exporter guard: Missing option '--cutoff'. See ..."."""
    path = error.ctx.command_path if error.ctx else program
    message = " ".join(error.format_message().split())
    stop = "" if message.endswith((".", "?", "?)")) else "."
    return f"{path}: {message}{stop} See `python -m {path} --help`."
