"""Whether a taxon is in the model that iNaturalist uses now."""

from datetime import date

from exporter.current_model import Standing
from portal.lake.models import Refresh
from portal.versions.models import CurrentClass

#: Where a refresh keeps how many taxa are told of, and the day of the export that was read, if one was.
CURRENT_MODEL = "current_model"


def current_standing(taxon_id: int, refresh: Refresh | None) -> Standing | None:
    """What iNaturalist said of a taxon, by its own word or by what an export lacks; None where nothing."""
    known = refresh.counts.get(CURRENT_MODEL) if refresh else None
    if known is None:
        return None
    row = CurrentClass.objects.filter(pk=taxon_id).first()
    if row is not None:
        return Standing(row.taxon_id, row.is_included, row.told_on, row.is_from_export)
    if known["exported"] is None:
        return None
    told_on = date.fromisoformat(known["exported"])
    return Standing(taxon_id, is_included=False, told_on=told_on, is_from_export=True)
