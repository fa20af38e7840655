"""Progress bars on a terminal. Where nobody looks on nothing is written, and the library is not loaded."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TextIO, TypeVar

_shown: ContextVar[bool] = ContextVar("progress_shown", default=False)
_Item = TypeVar("_Item")


class Bar:
    """A bar, or nothing where bars are not shown."""

    def __init__(self, line: Any = None) -> None:
        self._line = line

    def advance(self, number: float = 1) -> None:
        """Go on by so many units."""
        if self._line is not None:
            self._line.update(number)

    def over(self, items: Iterable[_Item]) -> Iterator[_Item]:
        """Hand on items, a unit each."""
        for item in items:
            yield item
            self.advance()

    def expect(self, rest: int) -> None:
        """Set the total: what was done and so many units more."""
        if self._line is not None and self._line.total != self._line.n + rest:
            self._line.total = self._line.n + rest
            self._line.refresh()

    def stage(self, title: str) -> None:
        """Say what is done now."""
        if self._line is not None:
            self._line.set_description_str(title)


@contextmanager
def shown() -> Iterator[None]:
    """Show bars on standard error within the block, if that is a terminal."""
    before = _shown.set(sys.stderr.isatty())
    try:
        yield
    finally:
        _shown.reset(before)


@contextmanager
def bar(title: str, total: float | None = None, *, unit: str, begun: float = 0) -> Iterator[Bar]:
    """Show a bar while the block runs. ``total``, ``begun``: in units; bytes (the unit "B") as MB and GB."""
    if not _shown.get():
        yield Bar()
        return
    from tqdm import tqdm

    tqdm.monitor_interval = 0  # its thread would be left in whatever is forked
    is_bytes = unit == "B"
    with tqdm(
        desc=title,
        total=total,
        initial=begun,
        unit=unit if is_bytes else f" {unit}",
        unit_scale=is_bytes,
        file=sys.stderr,
        leave=False,
        dynamic_ncols=True,
    ) as line:
        yield Bar(line)


def say(text: str, stream: TextIO | None = None) -> None:
    """Print a line, above the bar if there is one; to standard output unless another stream is given."""
    to = stream or sys.stdout
    if not _shown.get():
        print(text, file=to, flush=True)
        return
    from tqdm import tqdm

    tqdm.write(text, file=to)
    to.flush()
