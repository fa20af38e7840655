"""Whether what the documents point to is there: `python -m tools.documents`, which `make lint` runs.

In every Markdown file of the repository a relative link leads to a file, and its anchor to a heading. The
commands that a document names exist with their options: those of `exporter` and `trainer`, of `manage.py` and
`make`, and modules that are run by `python -m`.
"""

import re
import shlex
import sys
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from urllib.parse import unquote

import click
import django

from exporter.__main__ import exporter
from tools.fault import Fault
from trainer.__main__ import trainer

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("", "benchmarks", "docs", "docs/es", "static/vendor")
_GROUPS: dict[str, click.Group] = {"exporter": exporter, "trainer": trainer}
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
_INLINE = re.compile(r"(?<!`)`([^`\n]+(?:\n[^`\n]+)?)`(?!`)")
_BLOCK = re.compile(r"(?:^ {4}.*\n)+", re.MULTILINE)
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
#: What begins a command in a line of a shell.
_COMMAND = re.compile(r"(?:python3?|\.venv/bin/python)(?: -m (?P<module>[\w.]+)| manage\.py)|\bmake\b(?!\()")


def faults(root: Path = ROOT) -> list[Fault]:
    """Return every dead link and every command that is not there."""
    documents = sorted(chain.from_iterable((root / folder).glob("*.md") for folder in FOLDERS))
    return [fault for path in documents for fault in _of_document(path, root)]


def _of_document(path: Path, root: Path) -> Iterator[Fault]:
    text = path.read_text(encoding="utf-8")
    name = path.relative_to(root).as_posix()
    for link in _LINK.finditer(_FENCE.sub(lambda fence: "\n" * fence[0].count("\n"), text)):
        if words := _dead(link[1], path):
            yield Fault(name, text.count("\n", 0, link.start()) + 1, words)
    for start, line in _shell_lines(text):
        if words := _not_there(line, root):
            yield Fault(name, text.count("\n", 0, start) + 1, words)


# Links -------------------------------------------------------------------------------------------


def _dead(target: str, document: Path) -> str:
    """Why a link leads nowhere; empty if it leads somewhere, or out of the repository."""
    if re.match(r"[a-z]+:", target):
        return ""
    file, _, anchor = target.partition("#")
    path = document.parent / unquote(file) if file else document
    if file.startswith("/static/"):  # as pages of the portal have it, which show some documents
        path = ROOT / unquote(file[1:])
    if not path.exists():
        return f"`{target}`: there is no such file"
    if anchor and anchor not in anchors(path.read_text(encoding="utf-8")):
        return f"`{target}`: no heading of that file has this anchor"
    return ""


def anchors(text: str) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a document."""
    headings = _HEADING.findall(_FENCE.sub("", text))
    plain = (re.sub(r"\[([^\]]*)\]\([^)]*\)|[`*]", r"\1", heading) for heading in headings)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in plain}


# Commands ----------------------------------------------------------------------------------------


def _shell_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines of a shell in blocks, continued ones as one, and pieces of inline code; each with its place."""
    for block in _BLOCK.finditer(text):
        for line in re.finditer(r"(?:.*\\\n)*.+", block[0]):
            yield block.start() + line.start(), re.sub(r"\\\n", " ", line[0])
    for code in _INLINE.finditer(text):
        yield code.start(), " ".join(code[1].split())


def _not_there(line: str, root: Path) -> str:
    """What a line runs that is not there; empty if all of it is."""
    result = _COMMAND.search(line)
    if result is None:
        return ""
    words = _words(line[result.end() :])
    module = result["module"]
    if module in _GROUPS:
        return _wrong_usage(module, words)
    if module is not None:
        return "" if _is_module(module) else f"`python -m {module}`: there is no such module"
    if result[0].endswith("manage.py"):
        return _no_management_command(words, root)
    return _no_target(words, root)


def _words(rest: str) -> list[str]:
    """The words of a command up to a comment, a pipe or the next command; dots for more of them are none."""
    lexer = shlex.shlex(rest, posix=True, punctuation_chars="|;&()<>")
    lexer.whitespace_split = True
    words: list[str] = []
    for word in lexer:
        if set(word) & set("|;&()<>") and not word.startswith(("$", "-")):
            break
        words.append(word)
    return [word for word in words if word not in ("...", "--help")]


def _wrong_usage(program: str, words: list[str]) -> str:
    """A command or an option that the program does not have. What stands for a value need not be one."""
    group = _GROUPS[program]
    try:
        with group.make_context(program, []) as context:
            names = set(group.list_commands(context))
            place = next((place for place, word in enumerate(words) if word in names), len(words))
            group.make_context(program, words[:place])
            command = group.get_command(context, words[place]) if place < len(words) else None
            if command is not None:
                command.make_context(words[place], words[place + 1 :], parent=context)
    except click.BadParameter:
        return ""
    except click.UsageError as error:
        return f"`python -m {program}`: {error.format_message()}"
    unknown = [word for word in words[:place] if command is None and word.islower() and word.isalpha()]
    return f"`python -m {program} {unknown[0]}`: there is no such command" if unknown else ""


def _is_module(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _no_management_command(words: list[str], root: Path) -> str:
    """A command that `manage.py` does not have: neither one of ours nor one of Django's."""
    if not words or not words[0].isidentifier() or words[0] in _management_commands(root):
        return ""
    return f"`manage.py {words[0]}`: there is no such command"


@cache
def _management_commands(root: Path) -> set[str]:
    folders = [
        *root.glob("*/**/management/commands"),
        *Path(django.__file__).parent.glob("**/management/commands"),
    ]
    return {path.stem for folder in folders for path in folder.glob("*.py")}


def _no_target(words: list[str], root: Path) -> str:
    """What `make` is to make and cannot; what stands in prose after the word is none."""
    targets = set(re.findall(r"^([a-z-]+):", (root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    first = next((word for word in words if "=" not in word), "")
    is_target = re.fullmatch(r"[a-z]+(-[a-z]+)*", first)
    return f"`make {first}`: the Makefile has no such target" if is_target and first not in targets else ""


def main() -> int:
    """Print every fault; 1 if there is any."""
    result = faults()
    for fault in result:
        print(fault)
    return int(bool(result))


if __name__ == "__main__":
    sys.exit(main())
