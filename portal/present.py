"""Fields that may be empty in the table, and are not in the rows at hand."""

from typing import TypeVar

Value = TypeVar("Value")


def present(value: Value | None) -> Value:
    """Return a value that a constraint, or the state of its row, keeps from being empty.

    ValueError if it is empty after all: a fault of the program.
    """
    if value is None:
        raise ValueError("a field is empty that is filled in this state")
    return value
