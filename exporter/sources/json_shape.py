"""How a JSON text begins, and the pieces that it is taken apart by."""

import re
from dataclasses import dataclass, field
from typing import Literal

#: Levels of lists and objects within each other; iNaturalist's records have about ten.
MOST_LEVELS = 64

#: What is between two brackets: strings, which never hold a line end, and all but quotes and brackets.
GAP = re.compile(rb'(?:[^"{}\[\]]++|"(?:[^"\\\n]++|\\[^\n])*+")*+')
#: The end of a gap after which the results of a page begin.
RESULTS = re.compile(rb'"results"\s*:\s*$')
#: The end of a line before one that begins a document.
START = re.compile(rb"\n(?=[{\[])")
_KEY = re.compile(rb'"((?:[^"\\]|\\.)*+)"\s*:')


@dataclass
class Shape:
    """How a JSON text begins: its form, and the keys of its first record."""

    form: Literal["page", "list", "record"] = "record"
    keys: set[str] = field(default_factory=set)
    #: Whether it is a page or a list without records.
    is_empty: bool = False
    #: Whether it is nested deeper than any record is.
    is_too_deep: bool = False


def shape_of(head: bytes) -> Shape:
    """Return how a JSON text begins, which may break off anywhere. No keys where no record can be read."""
    shape, level, inside, position = Shape(), 0, 1, 0
    while position < len(head):
        match = GAP.match(head, position)
        gap = match[0] if match else b""
        position += len(gap) + 1
        bracket = head[position - 1 : position]
        if level == inside:
            shape.keys.update(key.decode("utf-8", "replace") for key in _KEY.findall(gap))
        if bracket == b'"':  # A string without an end: the head ends here, or a line that was cut off.
            start = START.search(head, position)
            if start is None:
                break
            shape, level, inside, position = Shape(), 0, 1, start.end()
        elif bracket in (b"{", b"["):
            if level == 0:
                shape.form, inside = ("list", 2) if bracket == b"[" else ("record", 1)
            elif shape.form == "record" and level == 1 and bracket == b"[" and RESULTS.search(gap):
                shape.form, inside = "page", 3
                shape.keys.clear()
            level += 1
        elif bracket:
            level -= 1
            shape.is_empty = bracket == b"]" and not shape.keys and inside - level == 2
            if shape.is_empty or (shape.keys and level < inside):
                break
        if level > MOST_LEVELS:
            shape.is_too_deep = True
            break
    return shape
