"""The worklists as a pool of batches."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.batches.pools import Part, Source
from portal.cutoffs.queries import Viewer
from portal.hotspots.forms import WorklistOverAllForm
from portal.hotspots.models import WorklistEntry
from portal.hotspots.queries import Wanted, worklists
from portal.ids import id_written


class Worklists:
    """Batches of a worklist: the part that the address of its page says."""

    def criteria(self, part: Part) -> str:
        return _wanted(part).criteria

    def draw(self, part: Part, leave_out: QuerySet, size: int, now: datetime) -> Iterable[WorklistEntry]:
        rows = worklists.worklist_within(_wanted(part))
        if (label := id_written(QueryDict(part.query).get("label", ""))) is not None:
            rows = rows.filter(label_taxon_id=label)
        return rows.exclude(observation_id__in=leave_out)[:size]

    def source(self, part: Part, viewer: Viewer) -> Source:
        address = reverse("hotspots:worklist")
        return Source(_("Worklist"), f"{address}?{part.query}" if part.query else address)


def _wanted(part: Part) -> Wanted:
    wanted, _notices = WorklistOverAllForm(QueryDict(part.query)).wanted()
    return wanted
