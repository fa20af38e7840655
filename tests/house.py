"""How the portal's house is kept, read from its syntax trees and templates: `python -m tests.house`.

- The database is read in `queries` and written in `services` (which may read what they write), nowhere else.
- A template loads tags, and includes and extends templates, of its own room or of rooms below it.
- Words that stood for everything here, and that plain English has better ones for, are rare (`WORDS`).

import-linter holds the rest: see `[tool.importlinter]` in pyproject.toml, whose storeys are read here too.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from tools.fault import Fault

ROOT = Path(__file__).resolve().parents[1]
#: What gives a manager of rows, and what only a set of rows can do.
MANAGERS = frozenset({"objects", "_default_manager", "_base_manager"})
READS = frozenset(
    {
        "aggregate",
        "annotate",
        "chunked_cursor",
        "cursor",
        "defer",
        "exclude",
        "filter",
        "in_bulk",
        "order_by",
        "prefetch_related",
        "select_for_update",
        "select_related",
        "values_list",
    }
)
WRITES = frozenset(
    {
        "_raw_delete",
        "bulk_create",
        "bulk_update",
        "create",
        "delete",
        "get_or_create",
        "save",
        "update_or_create",
    }
)
#: What of `portal.bulk` writes.
BULK = frozenset({"alter", "append", "clear", "copy", "drop", "execute", "make", "pour", "remove", "stage"})
#: Modules with another rule, and why.
EXCEPTIONS = {
    "portal/bulk.py": "how services write many rows at once",
    "portal/sqlite_log.py": "what is done to SQLite's log between them",
    "portal/lifecycle.py": "how services make a transition",
    "portal/lake/locks.py": "PostgreSQL's locks are asked for by a statement",
    "portal/taxa/shown.py": "what every read of taxa goes through",
}
#: Words, how often all sources together may have them, and what to write in their place.
WORDS = (
    (("tell", "tells", "told"), 25, "write says, shows, reports, gives or notifies"),
    (("found", "wanted", "asked"), 120, "write result, selected, requested, or say who does what"),
)
SOURCES = ("demo", "exporter", "portal", "templates", "terminal", "tools", "trainer")
#: Rooms of templates that are no packages of the portal: the frame of every page stands on the ground.
GROUND = "tags"


def faults(root: Path = ROOT) -> list[Fault]:
    """Return every breach of the rules in a tree."""
    return [*_of_modules(root), *_of_templates(root), *_of_words(root)]


# The database ------------------------------------------------------------------------------------


def _of_modules(root: Path) -> Iterator[Fault]:
    for path in sorted((root / "portal").rglob("*.py")):
        name = path.relative_to(root).as_posix()
        places = {*path.relative_to(root).parts, path.stem}
        if name in EXCEPTIONS or "migrations" in places or "services" in places:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if words := _breach(node, may_read="queries" in places):
                yield Fault(name, node.lineno, words)


def _breach(node: ast.AST, *, may_read: bool) -> str:
    """What a node does that its module may not; empty where it may."""
    if isinstance(node, ast.Attribute) and node.attr in MANAGERS and not may_read:
        return f"`.{node.attr}`: read the database in `queries`"
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return ""
    called, owner = node.func.attr, node.func.value
    if called in BULK and isinstance(owner, ast.Name) and owner.id == "bulk":
        return f"`bulk.{called}`: write to the database in `services`"
    if _is_other(owner):
        return ""
    if called in WRITES or (called == "update" and _is_rows(owner)):
        return f"`.{called}()`: write to the database in `services`"
    if called in READS and not may_read:
        return f"`.{called}()`: read the database in `queries`"
    return ""


def _is_other(owner: ast.expr) -> bool:
    """Whether an expression is known to be no set of rows: tags' library, `super()`, a table, a picture."""
    if isinstance(owner, ast.Name):
        return owner.id == "register"
    if not isinstance(owner, ast.Call):
        return False
    name = owner.func.attr if isinstance(owner.func, ast.Attribute) else getattr(owner.func, "id", "")
    return name in ("super", "group_by", "quantize")


def _is_rows(owner: ast.expr) -> bool:
    """Whether an expression goes through a manager, or through what only a set of rows can do."""
    return any(isinstance(node, ast.Attribute) and node.attr in MANAGERS | READS for node in ast.walk(owner))


# Templates ---------------------------------------------------------------------------------------


_LOAD = re.compile(r"{% load ([^%]*?) %}")
_USE = re.compile(r"{% (?:include|extends) \"([^\"]+)\"")


def _of_templates(root: Path) -> Iterator[Fault]:
    heights, libraries = storeys(root), _libraries(root)
    for path in sorted((root / "templates").rglob("*.*")):
        name = path.relative_to(root).as_posix()
        own = heights[_room(path.relative_to(root / "templates"))]
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            for library in " ".join(_LOAD.findall(line)).split():
                room = libraries.get(library)
                if room and heights[room] > own:
                    yield Fault(name, number, f"loads `{library}`, the tags of a higher room")
            for used in _USE.findall(line):
                if heights[_room(Path(used))] > own:
                    yield Fault(name, number, f"uses `{used}`, a template of a higher room")


def _room(template: Path) -> str:
    return template.parts[0] if len(template.parts) > 1 else GROUND


def storeys(root: Path) -> dict[str, int]:
    """Return how high each room of the portal lies, by import-linter's contract."""
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in contracts if contract["id"] == "storeys")
    return {
        room: height for height, layer in enumerate(reversed(layers)) for room in re.findall(r"\w+", layer)
    }


def _libraries(root: Path) -> dict[str, str]:
    """The room of each of our libraries of tags."""
    portal = root / "portal"
    result = {path.stem: path.parts[-3] for path in portal.glob("*/templatetags/*.py")}
    return result | {path.stem: GROUND for path in (portal / "tags").glob("*.py")}


# Words -------------------------------------------------------------------------------------------


def _of_words(root: Path) -> Iterator[Fault]:
    texts = [
        (path.relative_to(root).as_posix(), path.read_text(encoding="utf-8"))
        for folder in SOURCES
        for path in sorted((root / folder).rglob("*"))
        if path.suffix in (".py", ".html", ".txt", ".toml")
    ]
    for words, most, instead in WORDS:
        pattern = re.compile(rf"\b(?:{'|'.join(words)})\b", re.IGNORECASE)
        numbers = {name: len(pattern.findall(text)) for name, text in texts}
        if (total := sum(numbers.values())) > most:
            name = max(numbers, key=lambda each: numbers[each])
            said = (
                f"{total} times {', '.join(words)} in all sources, {most} at most; most often here: {instead}"
            )
            yield Fault(name, 1, said)


def main() -> int:
    """Print every fault; 1 if there is any."""
    result = faults()
    for fault in result:
        print(fault)
    return int(bool(result))


if __name__ == "__main__":
    sys.exit(main())
