"""Reads of the curve of species by their photos."""

from portal.taxa.curves import EVERYTHING, STATUSES, Counted, count
from portal.taxa.models import Curve
from portal.taxa.queries import Selection, in_clade
from portal.taxa.queries.named import AnyClade, ByName


def curve(criteria: str, clade: AnyClade | None) -> Counted:
    """The curve of a clade, or of everything."""
    kept = None
    if not isinstance(clade, ByName):
        taxon_id = clade.id if clade else EVERYTHING
        kept = Curve.objects.filter(criteria=criteria, taxon_id=taxon_id).first()
    if kept is not None:
        return Counted({int(step): counts for step, counts in kept.steps.items()}, kept.near)
    if clade is None:
        return Counted({}, 0)
    species = in_clade(Selection(criteria, clade=clade)).filter(taxon__rank="species", status__in=STATUSES)
    rows = species.order_by().values_list("photos", "status", "margin")
    return count((photos, status, margin or 0) for photos, status, margin in rows)
