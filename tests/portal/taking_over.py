"""What a refresh writes, in one call: unseen first, then shown, then tidied."""

from collections.abc import Iterable, Mapping

import pyarrow as pa
from django.db import transaction

from exporter.hotspots import Findings
from portal.hotspots import services as hotspots
from portal.hotspots.models import HotspotHistory
from portal.lake.models import Refresh
from portal.taxa import services as taxa
from portal.taxa.services import photos


def take_over_taxa(
    refresh: Refresh, batches: Iterable[pa.RecordBatch], readiness: Mapping[str, pa.Table]
) -> dict[str, int]:
    """Take over every taxon, and readiness by rule; returns how many taxa are new and changed."""
    counted = taxa.write_unseen(refresh, batches, readiness)
    with transaction.atomic():
        taxa.show(refresh, readiness)
    taxa.settle()
    taxa.tidy()
    return counted


def take_over_photos(rows: pa.Table) -> None:
    """Take over the photos that pages may show."""
    photos.write_unseen(rows)
    with transaction.atomic():
        photos.show()
    photos.settle()
    photos.tidy()


def take_over_hotspots(refresh: Refresh, findings: Mapping[str, Findings]) -> dict[str, int]:
    """Take over hotspots by rule, again where a test does so twice; returns how many each rule has."""
    HotspotHistory.objects.filter(refresh=refresh, criteria__in=findings).delete()
    counted = hotspots.write_unseen(refresh, findings)
    with transaction.atomic():
        hotspots.show(refresh, findings)
    hotspots.tidy()
    return counted
