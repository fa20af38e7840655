"""What other pages show of mails."""

from typing import Any

from django.template import Context

from portal.access import signed_in
from portal.hotspots.models import SavedSearch
from portal.notices import queries
from portal.slots import fills, once


@fills("saved-search", "notices/_saved_search.html")
def mails_about_search(context: Context, search: SavedSearch) -> dict[str, Any]:
    """Whether mails about a search come, and a link to have or to end them. One query for all."""
    user = signed_in(context["request"])
    mails = once(context, "search-mails", lambda: queries.search_mails_of(user))
    return {"search": search, "mailed": mails.get(search.pk)}
