"""What the checks of `make lint` that are our own report."""

from typing import NamedTuple


class Fault(NamedTuple):
    """A line that breaks a rule, or points to what is not there."""

    path: str
    line: int
    words: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.words}"
