"""Examples for the schema. A test holds each against what it is an example of. Counts are made up."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

from exporter.messages import english, message

DATA = {
    "criteria": "inat-2022",
    "as_of": "2026-11-01T06:30:00Z",
    "counted_at": "2026-11-02T04:21:09Z",
    "lake_version": 7,
    "is_simulated": False,
    "has_lower_bounds": False,
}
BRIEF = {
    "taxon_id": 120215,
    "name": "Bombus griseocollis",
    "common_name": "Brown-belted Bumble Bee",
    "rank": "species",
}
GENUS = {"taxon_id": 52775, "name": "Bombus", "common_name": "Bumble Bees", "rank": "genus"}
COUNTS = {"observations": 86, "community_confirmed": 38, "photos": 110}
SHORT = {"short_observations": 12, "short_confirmed": 12, "short_photos": 0}
INCLUSION = {
    **BRIEF,
    "current_model": {"version": "v2-13", "included": False, "class_taxon_id": 52775},
    "outlook": {
        "included": False,
        "status": "dropped",
        "class_taxon_id": None,
        "cutoff_at": "2027-01-20T00:00:00Z",
    },
    "line": {"margin": -12, **SHORT, "is_lower_bound": False},
    "counts": COUNTS,
    "why": "110 photos unused.",
    "is_partly_loaded": False,
    "inaturalist": {
        "standing": "pending",
        "told_on": "2026-10-28",
        "is_from_export": False,
        "difference": "",
    },
}
TAXON = {
    **INCLUSION,
    "url": "https://leafline.example.org/taxa/120215/",
    "inaturalist_url": "https://www.inaturalist.org/taxa/120215",
    "ancestors": [GENUS],
    "history": [{"at": "2026-11-01T06:30:00Z", "status": "dropped", **COUNTS, "margin": -12}],
}
READINESS = {
    **BRIEF,
    "status": "dropped",
    "leaf_taxon_id": None,
    **COUNTS,
    **SHORT,
    "margin": -12,
    "is_lower_bound": False,
    "is_partly_loaded": False,
}
HOTSPOT = {
    "rank": 1,
    "taxon_id": 118970,
    "name": "Bombus impatiens",
    "common_name": "Common Eastern Bumble Bee",
    "kind": "lookalike",
    "confused_with_taxon_id": 120215,
    "confused_with_name": "Bombus griseocollis",
    "labels": 540,
    "expected_wrong": 61.4,
    "expected_wrong_low": 48.2,
    "expected_wrong_high": 77.9,
    "expected_wrong_photos": 88.0,
    "exported_photos": 860,
    "from_vision": 310,
    "reviewed": 120,
    "overturned": 17,
    "evidence": "identifications",
    "to_review": 35,
}
WORKLIST_ENTRY = {
    "observation_id": 1000,
    "observation_uuid": None,
    "url": "https://www.inaturalist.org/observations/1000",
    "label_taxon_id": 118970,
    "suspicion": 0.9,
    "suggested_taxon_id": 120215,
    "reason": english([message("suggested"), message("maybe", taxon="Bombus griseocollis")]),
    "priority": 0.9,
    "photos": 1,
    "kind": "lookalike",
    "evidence": "identifications",
}
CUTOFF = {
    "id": 3,
    "name": "Winter 2027",
    "state": "announced",
    "cutoff_at": "2027-01-20T00:00:00Z",
    "settling_from": "2027-01-06T00:00:00Z",
    "settle_days": 14,
    "criteria": "inat-2022",
    "note": "",
    "announced_at": "2026-12-01T09:00:00Z",
    "changed_at": "2026-12-01T09:00:00Z",
    "commitment": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "model_name": "",
    "is_simulated": False,
    "url": "https://leafline.example.org/cutoffs/3/",
}
BLITZ = {
    "id": 4,
    "title": "Bumble bees before the cutoff",
    "purpose": "Many are named from a suggestion alone.",
    "for_whom": "Whoever knows North American bumble bees",
    "proposed_by": "Maria",
    "state": "running",
    "clade": GENUS,
    "cutoff_id": 3,
    "criteria": "inat-2022",
    "starts_at": "2026-12-20T00:00:00Z",
    "ends_at": "2027-01-20T00:00:00Z",
    "looked_at": 210,
    "moved": 41,
    "moved_photos": 66,
    "before": {
        "at": "2026-12-19T06:30:00Z",
        "data_as_of": "2026-12-19T06:30:00Z",
        "labels": 700,
        "expected_wrong": 61.4,
        "expected_wrong_low": 48.0,
        "expected_wrong_high": 78.0,
        "expected_wrong_photos": 88.0,
    },
    "latest": {
        "at": "2027-01-02T06:30:00Z",
        "data_as_of": "2027-01-02T06:30:00Z",
        "labels": 690,
        "expected_wrong": 30.2,
        "expected_wrong_low": 21.0,
        "expected_wrong_high": 42.0,
        "expected_wrong_photos": 43.5,
    },
    "is_final": False,
    "is_simulated": False,
    "url": "https://leafline.example.org/blitzes/4/",
}
MODEL_TAXON = {
    "taxon_id": 118970,
    "images": 100,
    "top1": 0.92,
    "top5": 0.98,
    "mean_true_probability": 0.81,
}
HEARTBEAT = {
    "epoch": 2,
    "epochs": 80,
    "step": 180_500,
    "steps": 6_562_500,
    "images_per_second": 812.5,
    "seconds_left": 2_010_000,
    "loss": 1.7,
    "precision": "mixed_float16",
    "device": "NVIDIA H100",
    "history": [
        {"epoch": 1, "loss": 4.9, "top1": 0.21, "val_loss": 4.1, "val_top1": 0.33},
        {"epoch": 2, "loss": 3.2, "top1": 0.41, "val_loss": 2.9, "val_top1": 0.48},
    ],
}
RESULTS = {
    "run": {"snapshot_digest": "abc", "config": {"model": "xception"}, "precision": "mixed_float16"},
    "overall": {"top1": 0.82, "top5": 0.95},
    "taxa": [MODEL_TAXON],
    "confusions": [{"true_taxon_id": 118970, "predicted_taxon_id": 120215, "count": 3}],
    "label_issues": [
        {
            "photo_id": 9,
            "observation_id": 1000,
            "label_taxon_id": 118970,
            "suggested_taxon_id": 120215,
            "score": 0.93,
        }
    ],
}
PROBLEMS = {
    400: (
        "Bad request",
        "status: “none” is not a valid choice.",
        [{"name": "status", "reason": "“none” is not a valid choice."}],
    ),
    401: ("Not authenticated", "This token is not known, or was revoked.", []),
    403: ("Not allowed", "This token may not do that.", []),
    404: ("Not found", "Taxon 5 is not in the data.", []),
    406: ("Not acceptable", "Could not satisfy the request Accept header.", []),
    409: ("Conflict", "Run 12 is done: its results have come.", []),
    413: ("Content too large", "The body is larger than 256 KiB.", []),
    415: ("Unsupported media type", "Unsupported media type “text/plain” in request.", []),
    429: ("Too many requests", "Request was throttled. Expected available in 17 seconds.", []),
}


def answer(value: dict[str, Any]) -> list[OpenApiExample]:
    """An example of a JSON answer."""
    return [OpenApiExample("Example", value, response_only=True, media_type="application/json")]


def listed(row: dict[str, Any], **more: Any) -> list[OpenApiExample]:
    """An example of a list's page with one row, the last page."""
    return answer({**more, "next": None, "results": [row]})


def request(value: dict[str, Any]) -> list[OpenApiExample]:
    """An example of a JSON body."""
    return [OpenApiExample("Example", value, request_only=True)]


def problem(status: int) -> list[OpenApiExample]:
    """An example of a problem document."""
    title, detail, errors = PROBLEMS[status]
    document = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    document |= {"errors": errors} if errors else {}
    return [OpenApiExample("Example", document, response_only=True)]
