"""Ids in addresses: whole numbers as large as the database keeps them."""

from django.urls import register_converter

#: The largest that a column of ids holds; no row has it.
LARGEST_ID = 2**63 - 1


class Id:
    """An id. One that is too large to be any becomes the largest, which nothing has."""

    regex = "[0-9]+"

    def to_python(self, value: str) -> int:
        """The number; ValueError, which is no such address, for more digits than Python reads."""
        return min(int(value), LARGEST_ID)

    def to_url(self, value: int) -> str:
        """The number in digits."""
        return str(value)


register_converter(Id, "id")
