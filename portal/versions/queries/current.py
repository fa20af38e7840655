"""Which taxa are in the model that iNaturalist uses now, and where our outlook for the next one differs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
from django.db.models import Count, Max, Min, Q, QuerySet

from exporter.criteria import DEFAULT_CRITERIA
from exporter.current_model import BESIDE, Standing
from portal.lake.models import Refresh
from portal.taxa.models import Readiness, Status, Taxon
from portal.taxa.queries import taxa_with_ids
from portal.versions.models import CurrentClass

#: Where a refresh keeps how many taxa are reported, and the day of the export that was read, if one was.
CURRENT_MODEL = "current_model"
_OUTLOOK = pa.schema(
    [
        ("taxon_id", pa.int64()),
        ("status", pa.string()),
        ("observations", pa.int64()),
        ("tree_left", pa.int64()),
        ("tree_right", pa.int64()),
    ]
)

#: Past the line by our count, and pending on iNaturalist; a class there, and none by our count; and what it
#: includes without an observation here.
_NOT_YET = Q(is_included=False, status=Status.LEAF)
_NO_MORE = Q(is_included=True) & ~Q(status__in=[Status.LEAF, ""])
_UNSEEN = Q(is_included=True, status="")


@dataclass(frozen=True)
class Reported(Standing):
    """What iNaturalist said of a taxon. ``has_classes_below``: it is pending, and some in it are included."""

    has_classes_below: bool = False


@dataclass(frozen=True)
class Contrast:
    """A taxon of which iNaturalist's model and our outlook differ. ``status``: ours."""

    taxon_id: int
    taxon: Taxon | None
    reported: Reported
    status: str


def current_standing(taxon_id: int, refresh: Refresh | None) -> Reported | None:
    """What iNaturalist said of a taxon, by its own word or by what an export lacks; None where nothing."""
    return current_standings([taxon_id], refresh).get(taxon_id)


def current_standings(taxon_ids: Sequence[int], refresh: Refresh | None) -> dict[int, Reported]:
    """The same of some taxa, by id."""
    return _standings(taxon_ids, CurrentClass.objects.filter(taxon_id__in=taxon_ids), refresh)


def current_standings_along(taxon_ids: Sequence[int], refresh: Refresh | None) -> dict[int, Reported]:
    """The same of very many taxa, in the order of their ids and with hardly any between them left out."""
    ends = (taxon_ids[0], taxon_ids[-1]) if taxon_ids else (0, 0)
    return _standings(taxon_ids, CurrentClass.objects.filter(taxon_id__range=ends), refresh)


def _standings(
    taxon_ids: Sequence[int], rows: QuerySet[CurrentClass], refresh: Refresh | None
) -> dict[int, Reported]:
    known = facts(refresh)
    if known is None:
        return {}
    result: dict[int, Reported] = {}
    if known["exported"] is not None:
        told_on = date.fromisoformat(known["exported"])
        result = {each: Reported(each, False, told_on, is_from_export=True) for each in taxon_ids}
    return result | {row.taxon_id: _told(row) for row in rows}


def _told(row: CurrentClass) -> Reported:
    return Reported(row.taxon_id, row.is_included, row.told_on, row.is_from_export, row.has_classes_below)


def facts(refresh: Refresh | None) -> dict[str, Any] | None:
    """What a refresh keeps of iNaturalist's current model as a whole; None where nothing is known."""
    return refresh.counts.get(CURRENT_MODEL) if refresh else None


def counted() -> dict[str, Any]:
    """How many taxa are reported, and how many where our outlook differs; days as text."""
    by_api = Q(is_from_export=False)
    result = CurrentClass.objects.aggregate(
        included=Count("pk", filter=Q(is_included=True)),
        pending=Count("pk", filter=Q(is_included=False) & by_api),
        since=Min("told_on", filter=by_api),
        until=Max("told_on", filter=by_api),
        not_yet=Count("pk", filter=_NOT_YET),
        no_more=Count("pk", filter=_NO_MORE),
        unseen=Count("pk", filter=_UNSEEN),
    )
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in result.items()}


def not_yet(limit: int) -> list[Contrast]:
    """Taxa past the line by our count that iNaturalist calls pending: those without classes below first."""
    return _contrasts(CurrentClass.objects.filter(_NOT_YET), limit)


def no_more(limit: int) -> list[Contrast]:
    """Taxa that iNaturalist includes and that are no class by our count, the most observed first."""
    return _contrasts(CurrentClass.objects.filter(_NO_MORE), limit)


def _contrasts(rows: QuerySet[CurrentClass], limit: int) -> list[Contrast]:
    listed = list(rows.order_by("has_classes_below", "-observations", "taxon_id")[:limit])
    taxa = taxa_with_ids(row.taxon_id for row in listed)
    return [Contrast(row.taxon_id, taxa.get(row.taxon_id), _told(row), row.status) for row in listed]


def outlook() -> pa.Table:
    """Our count of each taxon under the usual rule, with the columns that `exporter.current_model` takes."""
    rows = Readiness.objects.filter(criteria=DEFAULT_CRITERIA).order_by()
    return _table(rows, _OUTLOOK)


def kept() -> pa.Table:
    """Every taxon of which it is known whether it is a class, as `exporter.current_model.BESIDE` has it."""
    return _table(CurrentClass.objects.order_by(), BESIDE)


def _table(rows: QuerySet, schema: pa.Schema) -> pa.Table:
    values = list(rows.values_list(*schema.names).iterator(chunk_size=50_000))
    columns = zip(*values, strict=True) if values else [()] * len(schema)
    return pa.table(
        [pa.array(column, kind) for column, kind in zip(columns, schema.types, strict=True)], schema
    )
