"""Reads of the confusions within a genus."""

from collections.abc import Iterable

from portal.hotspots.models import Confusion, Hotspot
from portal.hotspots.queries import Selection, hotspot_list
from portal.taxa.models import Taxon


def labels_within(genus: Taxon, criteria: str) -> dict[int, Hotspot]:
    """The labels of the genus under which anything is wrong, by taxon."""
    rows = hotspot_list(Selection(criteria, clade=genus))
    return {row.taxon_id: row for row in rows}


def confusions_of(label_taxon_ids: Iterable[int], criteria: str) -> list[Confusion]:
    """What the observations under these labels are taken to be instead."""
    return list(Confusion.objects.filter(criteria=criteria, label_taxon_id__in=list(label_taxon_ids)))
