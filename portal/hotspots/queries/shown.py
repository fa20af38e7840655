"""The rows that are shown, whatever rule they are under."""

from typing import TypeVar

from django.db.models import Model, QuerySet

from exporter.criteria import PRESETS

Row = TypeVar("Row", bound=Model)


def shown(rows: QuerySet[Row]) -> QuerySet[Row]:
    """Those of hotspots, confusions or worklists that no refresh is still writing."""
    return rows.filter(criteria__in=PRESETS)
