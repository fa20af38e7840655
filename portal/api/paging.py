"""Pages of long lists by cursor: as quick at the end as at the beginning, and stable while rows change."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from portal.api.fields import Address
from portal.api.parameters import Query, WholeNumber
from portal.api.queries import rows_after
from portal.ids import LARGEST_ID
from portal.links import absolute

PAGE_SIZE = 100
LARGEST_PAGE = 500


class PageQuery(Query):
    """The parameters of a list that comes in pages."""

    cursor = WholeNumber(
        required=False,
        min_value=0,
        max_value=LARGEST_ID,
        help_text="Where the page begins: taken from `next` of the page before it.",
    )
    page_size = WholeNumber(
        default=PAGE_SIZE, min_value=1, max_value=LARGEST_PAGE, help_text="Rows on a page."
    )


class Page(serializers.Serializer):
    """What a page has besides its rows."""

    next = Address("Address of the next page; null on the last one.", null=True)


def page(
    request: Request, rows: QuerySet, key: str, selected: dict[str, Any]
) -> tuple[str | None, list[Any]]:
    """The address of the next page and the rows of the requested one.

    ``key`` is a field of unique whole numbers that the rows are sorted by; a cursor is the last one seen.
    """
    return cut(request, rows_after(rows, key, selected.get("cursor")), key, selected["page_size"])


def cut(request: Request, rows: QuerySet, key: str, size: int) -> tuple[str | None, list[Any]]:
    """The address of the next page and the first of these rows; the last one's key is the cursor."""
    result = list(rows[: size + 1])
    if len(result) <= size:
        return None, result
    shown = result[:size]
    address = absolute(request.get_full_path())
    return replace_query_param(address, "cursor", getattr(shown[-1], key)), shown


def answer(following: str | None, rows: list[Any], **more: Any) -> Response:
    """The page as an answer, with the next one's address as a header too, which CSV has no place for."""
    response = Response({**more, "next": following, "results": rows})
    if following:
        response.headers["Link"] = f'<{following}>; rel="next"'
    return response
