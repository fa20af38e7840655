"""From rows to answers: the plain values that JSON, CSV and Parquet carry, as `serializers.py` describes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rest_framework.serializers import BaseSerializer, ListSerializer

from exporter.forecast import COVERAGE, Forecast
from portal import inaturalist
from portal.api import edition
from portal.blitzes.models import Measurement
from portal.blitzes.queries import EXPECTED, Course
from portal.cutoffs.models import Cutoff
from portal.hotspots.models import Hotspot, WorklistEntry
from portal.links import page_address
from portal.messages import english
from portal.taxa import wording
from portal.taxa.models import Readiness, ReadinessHistory, Taxon
from portal.taxa.queries.inclusion import Standing
from portal.training.models import Run, TaxonResult
from portal.versions.models import ModelVersion
from portal.versions.queries import classes_of
from portal.versions.queries.current import Told
from portal.versions.wording import difference

NOT_COUNTED = "No usable observation of it, or of anything within it, is in the data."


def data(criteria: str) -> dict[str, Any] | None:
    """Which data an answer comes from; None while none are loaded."""
    refresh = edition.refresh_under(criteria)
    if refresh is None:
        return None
    return {
        "criteria": criteria,
        "as_of": refresh.data_as_of,
        "counted_at": refresh.finished_at,
        "lake_version": refresh.lake_version,
        "is_simulated": refresh.is_simulated,
        "has_lower_bounds": refresh.has_lower_bounds,
    }


def inclusion(row: Standing, told: Told | None) -> dict[str, Any]:
    """`Inclusion`, with what iNaturalist said of its own model."""
    has_counts = row.status is not None
    return {
        "taxon_id": row.taxon_id,
        "name": row.name,
        "common_name": row.common_name,
        "rank": row.rank,
        "current_model": current_model(row),
        "outlook": {
            "included": row.is_class,
            "status": row.status,
            "class_taxon_id": row.leaf_taxon_id,
            "cutoff_at": cutoff_at(row.criteria),
        },
        "line": {
            "margin": row.margin,
            "short_observations": row.short_observations,
            "short_confirmed": row.short_confirmed,
            "short_photos": row.short_photos,
            "is_lower_bound": row.is_lower_bound if has_counts else None,
        },
        "counts": {
            "observations": row.observations,
            "community_confirmed": row.community_confirmed,
            "photos": row.photos,
        },
        "why": why(row),
        "is_partly_loaded": bool(row.is_partly_loaded) if has_counts else None,
        "inaturalist": on_inaturalist(told, row.status),
    }


def on_inaturalist(told: Told | None, status: str | None) -> dict[str, Any]:
    """`OnINaturalist`."""
    if told is None:
        return {"standing": None, "told_on": None, "is_from_export": None, "difference": None}
    return {
        "standing": "included" if told.is_included else "pending",
        "told_on": told.told_on,
        "is_from_export": told.is_from_export,
        "difference": difference(told, status),
    }


def current_model(row: Standing) -> dict[str, Any]:
    """`CurrentModel`."""
    version = edition.current().version
    if version is None:
        return {"version": None, "included": None, "class_taxon_id": None}
    classes = classes_of(version.run_id)
    found = next((taxon_id for taxon_id in reversed(row.path) if taxon_id in classes), None)
    return {"version": version.name, "included": found == row.taxon_id, "class_taxon_id": found}


def cutoff_at(criteria: str) -> datetime | None:
    """When the next snapshot under that rule is cut; None where none is announced."""
    coming = edition.current().cutoff
    return coming.cutoff_at if coming and coming.criteria == criteria else None


def why(row: Standing) -> str:
    """The reason in a sentence. Which classes lie below a covered taxon is left to its page."""
    standing: Any = row  # it has the fields of the model, as wording needs them
    return str(wording.reason(standing, None)) if row.status else NOT_COUNTED


def taxon(
    row: Standing, told: Told | None, ancestors: Sequence[Taxon], history: Sequence[ReadinessHistory]
) -> dict[str, Any]:
    """`Taxon`."""
    return {
        **inclusion(row, told),
        "url": page_address("taxa:taxon", row.taxon_id),
        "inaturalist_url": inaturalist.taxon_address(row.taxon_id),
        "ancestors": [brief(each) for each in ancestors],
        "history": [
            {
                "at": each.refresh.moment,
                "status": each.status,
                "observations": each.observations,
                "community_confirmed": each.community_confirmed,
                "photos": each.photos,
                "margin": each.margin,
            }
            for each in history
        ],
    }


def brief(taxon: Taxon) -> dict[str, Any]:
    """`TaxonBrief`."""
    return {
        "taxon_id": taxon.id,
        "name": taxon.name,
        "common_name": taxon.common_name,
        "rank": taxon.rank,
    }


def readiness(row: Readiness) -> dict[str, Any]:
    """`ReadinessRow`."""
    return {
        **brief(row.taxon),
        "status": row.status,
        "leaf_taxon_id": row.leaf_taxon_id,
        "observations": row.observations,
        "community_confirmed": row.community_confirmed,
        "photos": row.photos,
        "short_observations": row.short_observations,
        "short_confirmed": row.short_confirmed,
        "short_photos": row.short_photos,
        "margin": row.margin,
        "is_lower_bound": row.is_lower_bound,
        "is_partly_loaded": row.is_partly_loaded,
    }


def cutoff(cutoff: Cutoff) -> dict[str, Any]:
    """`Cutoff`."""
    return {
        "id": cutoff.pk,
        "name": cutoff.name,
        "state": cutoff.state,
        "cutoff_at": cutoff.cutoff_at,
        "settling_from": cutoff.window_start,
        "settle_days": cutoff.settle_days,
        "criteria": cutoff.criteria,
        "note": cutoff.note,
        "announced_at": cutoff.announced_at,
        "changed_at": cutoff.changed_at,
        "commitment": cutoff.commitment,
        "model_name": cutoff.model_name,
        "is_simulated": cutoff.is_simulated,
        "url": page_address("cutoffs:cutoff", cutoff.pk),
    }


def blitz(course: Course) -> dict[str, Any]:
    """`Blitz`."""
    row, latest = course.blitz, course.latest
    return {
        "id": row.pk,
        "title": row.title,
        "purpose": row.purpose,
        "for_whom": row.for_whom,
        "proposed_by": row.shown_as,
        "state": row.state,
        "clade": brief(row.clade),
        "cutoff_id": row.cutoff_id,
        "criteria": row.criteria,
        "starts_at": row.starts_at,
        "ends_at": row.closes_at,
        "looked_at": latest.looked_at if latest else None,
        "moved": latest.moved if latest else None,
        "moved_photos": latest.moved_photos if latest else None,
        "before": _expected(course.before),
        "latest": _expected(latest),
        "is_final": course.is_final,
        "is_simulated": row.is_simulated,
        "url": page_address("blitzes:blitz", row.pk),
    }


def _expected(row: Measurement | None) -> dict[str, Any]:
    """`BlitzCount`; all null before it began."""
    values = {"at": row.at if row else None, "data_as_of": row.data_as_of if row else None}
    return values | {name: getattr(row, name) if row else None for name in EXPECTED}


def forecast(found: Forecast) -> dict[str, Any]:
    """`Forecast`."""
    return {
        "low": found.low,
        "high": found.high,
        "probability": COVERAGE,
        "last_export": found.last,
        "median_days": found.median_days,
        "intervals": found.intervals,
        "is_old": found.is_old,
    }


def hotspot(row: Hotspot, partner: Taxon | None) -> dict[str, Any]:
    """`Hotspot`."""
    return {
        "rank": row.rank,
        "taxon_id": row.taxon_id,
        "name": row.taxon.name,
        "common_name": row.taxon.common_name,
        "kind": row.kind,
        "confused_with_taxon_id": row.confused_with_taxon_id,
        "confused_with_name": partner.name if partner else None,
        "labels": row.labels,
        "expected_wrong": row.expected_wrong,
        "expected_wrong_low": row.expected_wrong_low,
        "expected_wrong_high": row.expected_wrong_high,
        "expected_wrong_photos": row.expected_wrong_photos,
        "exported_photos": row.exported_photos,
        "from_vision": row.from_vision,
        "reviewed": row.reviewed,
        "overturned": row.overturned,
        "evidence": row.evidence,
        "to_review": row.to_review,
    }


def worklist_entry(entry: WorklistEntry) -> dict[str, Any]:
    """`WorklistEntry`."""
    return {
        "observation_id": entry.number,
        "observation_uuid": entry.observation_uuid or None,
        "url": inaturalist.observation_address(entry),
        "label_taxon_id": entry.label_taxon_id,
        "suspicion": entry.suspicion,
        "suggested_taxon_id": entry.suggested_taxon_id,
        "reason": english(entry.reasons) or entry.reason,
        "priority": entry.priority,
        "photos": entry.photos,
        "kind": entry.kind,
        "evidence": entry.evidence,
    }


def model(version: ModelVersion) -> dict[str, Any]:
    """`Model`."""
    return {
        "version": version.name,
        "released_at": version.released_at,
        "classes": version.classes,
        "is_simulated": version.run.is_simulated,
        "snapshot_digest": version.run.snapshot_digest,
        "overall": version.run.overall,
    }


def model_taxon(row: TaxonResult) -> dict[str, Any]:
    """`ResultTaxon`."""
    return {
        "taxon_id": row.taxon_id,
        "images": row.images,
        "top1": row.top1,
        "top5": row.top5,
        "mean_true_probability": row.mean_true_probability,
    }


def run(run: Run) -> dict[str, Any]:
    """`Run`."""
    return {
        "id": run.pk,
        "key": run.key,
        "state": run.state,
        "snapshot_digest": run.snapshot_digest,
        "is_simulated": run.is_simulated,
        "created_at": run.created_at,
        "heartbeat_at": run.heartbeat_at,
        "progress": run.progress,
        "finished_at": run.finished_at,
        "results_digest": run.results_digest or None,
        "overall": run.overall,
    }


def columns(serializer: type[BaseSerializer]) -> list[str]:
    """The columns that its rows have as CSV: its fields, what is nested joined, lists left out."""
    names: list[str] = []
    made: Any = serializer()
    for name, field in made.fields.items():
        if isinstance(field, ListSerializer):
            continue
        if isinstance(field, BaseSerializer):
            names += [f"{name}_{inner}" for inner in columns(type(field))]
        else:
            names.append(name)
    return names
