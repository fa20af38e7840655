"""The worklists as a pool of batches."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.batches.pools import Part, Source
from portal.cutoffs.queries import Viewer
from portal.hotspots.facets import Facets
from portal.hotspots.forms import FacetsForm
from portal.hotspots.models import WorklistEntry
from portal.hotspots.queries.offering import next_rows
from portal.hotspots.seen import Visitor


class Worklists:
    """Batches of a worklist: the part that the address of its page says, one confusion each unless mixed."""

    def criteria(self, part: Part) -> str:
        return _facets(part)[0].criteria

    def draw(self, part: Part, leave_out: QuerySet, size: int, now: datetime) -> Iterable[WorklistEntry]:
        facets, is_mixed = _facets(part)
        return next_rows(facets, leave_out=leave_out, size=size, one_confusion=not is_mixed)

    def source(self, part: Part, viewer: Viewer) -> Source:
        address = reverse("hotspots:worklist")
        return Source(_("Worklist"), f"{address}?{part.query}" if part.query else address)


def _facets(part: Part) -> tuple[Facets, bool]:
    """What a part narrows the worklists down to, and whether it mixes confusions."""
    form = FacetsForm(QueryDict(part.query))
    facets, _notices = form.facets(visitor=Visitor(part.user))
    return facets, bool(form.cleaned_data.get("mixed"))
