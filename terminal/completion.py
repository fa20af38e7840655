"""Completion of command lines in a shell: the command ``completion`` and the answers to the shell.

Click completes programs that lie on the PATH. Ours are started as ``python -m PROGRAM``, so that the script
defines a shell function of the program's name, and Click's script calls Python in its place.
"""

import os
import shlex
import sys

import click
from click.shell_completion import get_completion_class, shell_complete

#: Where Click's script calls the program or looks for it on the PATH, and what ours has there, by shell.
_CALLS = {
    "bash": [("_complete $1)", "_complete %(call)s)")],
    "zsh": [
        ("_complete %(prog_name)s)", "_complete %(call)s)"),
        ("$+commands[%(prog_name)s]", "$+functions[%(prog_name)s]"),
    ],
}


def answer(commands: click.Group, program: str) -> int | None:
    """Answer a shell that completes a command line: the exit code; None if no shell asks."""
    variable = _variable(program)
    instruction = os.environ.get(variable)
    return shell_complete(commands, {}, program, variable, instruction) if instruction else None


def script(commands: click.Group, program: str, shell: str) -> str:
    """Return what a shell evaluates to run ``python -m PROGRAM`` by its name, with completion."""
    completer = get_completion_class(shell)
    if completer is None:
        raise ValueError(f"no completion for {shell}")
    call = f"{shlex.quote(sys.executable)} -m {program}"
    template = completer.source_template
    for clicks, ours in _CALLS[shell]:
        template = template.replace(clicks, ours)
    words = completer(commands, {}, program, _variable(program)).source_vars() | {"call": call}
    return f'{program}() {{ {call} "$@"; }}\n{template % words}'


def command(program: str) -> click.Command:
    """Return the command ``completion`` of a program's group."""

    @click.command(
        "completion",
        help=f"""Print a script that lets a shell run `{program}` by its name and complete its command lines.

        In the folder of the checkout: eval "$(python -m {program} completion bash)", and then press Tab after
        `{program}`. zsh needs its compinit before it.""",
    )
    @click.argument("shell", type=click.Choice(list(_CALLS)))
    @click.pass_context
    def completion(context: click.Context, shell: str) -> int:
        commands = context.find_root().command
        if not isinstance(commands, click.Group):
            raise TypeError("completion is a command of a group")
        click.echo(script(commands, program, shell))
        return 0

    return completion


def _variable(program: str) -> str:
    """The environment variable in which the shell says what it wants."""
    return f"_{program.upper()}_COMPLETE"
