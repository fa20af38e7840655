"""Lists in pages."""

from collections.abc import Sequence

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _


def page_of(
    request: HttpRequest, rows: QuerySet | Sequence, size: int, count: int | None = None
) -> tuple[Page, list[str]]:
    """The requested page, or the nearest one that exists, said in a notice.

    ``count``: how many rows there are, where that is known already.
    """
    requested = request.GET.get("page", "1")
    paginator = Paginator(rows, size)
    if count is not None:
        paginator.count = count
    page = paginator.get_page(requested)
    if str(page.number) == requested:
        return page, []
    return page, [
        _("There is no page “%(requested)s”; this is page %(page)s.")
        % {"requested": requested[:20], "page": page.number}
    ]
