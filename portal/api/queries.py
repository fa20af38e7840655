"""Reads by cursor, of whatever comes in pages."""

from typing import TypeVar

from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)


def rows_after(rows: QuerySet[Row], key: str, last: int | None) -> QuerySet[Row]:
    """The rows sorted by a field of unique whole numbers, from where the last page ended."""
    if last is not None:
        rows = rows.filter(**{f"{key}__gt": last})
    return rows.order_by(key)
