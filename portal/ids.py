"""Ids: whole numbers as large as a column holds.

Somebody may write a larger one. In paths the converter ``<id:name>`` reads them; elsewhere `id_written`, or a
field that is checked against `LARGEST_ID`.
"""

from django.urls.converters import IntConverter

LARGEST_ID = 2**63 - 1
_MOST_DIGITS = len(str(LARGEST_ID))


class AbsentId(int):
    """An id larger than any: nothing has it, and pages show it as it was written.

    It counts as 0, which no row has, so that a lookup may use it like every other id.
    """

    written: str

    def __new__(cls, written: str) -> "AbsentId":
        """Make one of its digits, however many there are."""
        made = super().__new__(cls, 0)
        made.written = written
        return made

    def __str__(self) -> str:
        return self.written


def id_written(text: str) -> int | None:
    """Return the id that is written in these digits; None where it is too large, or no number."""
    if not text.isdecimal():
        return None
    digits = text.lstrip("0") or "0"
    # Python does not read numbers of some thousand digits.
    return int(digits) if len(digits) <= _MOST_DIGITS and int(digits) <= LARGEST_ID else None


class IdConverter(IntConverter):
    """An id in a path, as ``<id:taxon_id>``: any digits, and one number whatever they are."""

    def to_python(self, value: str) -> int:
        """Return the id; for one larger than any, an `AbsentId`."""
        result = id_written(value)
        return AbsentId(value) if result is None else result
