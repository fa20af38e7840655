"""Lists in pages."""

from collections.abc import Sequence

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _


def page_of(
    request: HttpRequest, rows: QuerySet | Sequence, size: int, count: int | None = None
) -> tuple[Page, list[str]]:
    """The page asked for, or the nearest one that exists, said in a notice.

    ``count``: how many rows there are, where that is known already.
    """
    asked = request.GET.get("page", "1")
    paginator = Paginator(rows, size)
    if count is not None:
        paginator.count = count
    page = paginator.get_page(asked)
    if str(page.number) == asked:
        return page, []
    return page, [
        _("There is no page “%(asked)s”; this is page %(page)s.") % {"asked": asked[:20], "page": page.number}
    ]
