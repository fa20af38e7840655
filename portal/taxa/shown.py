"""Which taxa readers see: those that the refresh under way has added wait for its end."""

from typing import TypeVar

from django.db import models
from django.db.models import Q, QuerySet

from portal.lake.models import Refresh

Row = TypeVar("Row", bound=models.Model)

#: The last refresh that was done, in SQL.
LAST_DONE = "(SELECT id FROM sync_refresh WHERE state = 'done' ORDER BY id DESC LIMIT 1)"
#: Whether a row of `taxa_taxon AS taxon` is shown, in SQL.
IS_SHOWN = f"(taxon.added_by IS NULL OR taxon.added_by <= {LAST_DONE})"


class ShownTaxa(models.Manager[Row]):
    """The taxa that readers see."""

    def get_queryset(self) -> QuerySet[Row]:
        done = Refresh.objects.filter(state=Refresh.State.DONE).order_by("-id").values("id")[:1]
        return super().get_queryset().filter(Q(added_by=None) | Q(added_by__lte=done))
