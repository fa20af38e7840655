"""Made-up results of a training run, for demonstrations: no network is trained, and they say so."""

import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from pathlib import Path
from typing import Any

import numpy as np
from pyarrow import parquet

from exporter.criteria import PRESETS
from exporter.manifest import NAME, read_manifest
from portal.hotspots.models import WorklistEntry
from portal.taxa.ancestry import ids_in
from portal.taxa.models import Taxon
from portal.training import document

_EPOCHS = 40
#: Of the photos named wrong, how many are named a class of the same genus, family, order, class.
_NEARNESS = (0.6, 0.25, 0.1, 0.05)
_LEVELS = (20.0, 30.0, 40.0, 50.0)
#: The share of suspected observations whose photos show it.
_SEEN = 0.7


def snapshot_digest(folder: Path) -> str:
    """A snapshot's digest, as trainers name it: SHA-256 of its manifest."""
    return hashlib.sha256((folder / NAME).read_bytes()).hexdigest()


def results(folder: Path, edition: int) -> document.Results:
    """Results on the test photos of a snapshot; a later edition knows most classes a little better."""
    classes = read_manifest(folder)["counts"]["classes"]
    images = {row["taxon_id"]: row["test"] for row in classes if row["test"]}
    groups = _groups(images)
    rng = np.random.default_rng(edition)
    taxa, confusions = [], Counter[tuple[int, int]]()
    for taxon_id, number in images.items():
        right = int(rng.binomial(number, _skill(taxon_id, edition)))
        in_five = right + int(rng.binomial(number - right, 0.6))
        taxa.append(
            {
                "taxon_id": taxon_id,
                "images": number,
                "top1": right / number,
                "top5": in_five / number,
                "mean_true_probability": right / number * 0.95,
            }
        )
        for other in _mistakes(taxon_id, number - right, groups, rng):
            confusions[taxon_id, other] += 1
    recorded = {
        "run": _run(snapshot_digest(folder), taxa),
        "overall": _overall(taxa),
        "taxa": taxa,
        "confusions": [
            {"true_taxon_id": true, "predicted_taxon_id": predicted, "count": count}
            for (true, predicted), count in sorted(confusions.items())
        ],
        "label_issues": _label_issues(folder, set(images), rng),
    }
    return document.read(io.BytesIO(json.dumps(recorded).encode()), is_gzip=False)


def _skill(taxon_id: int, edition: int) -> float:
    """How often the class is named right: its own ease, which lasts, and what each edition changes."""
    own = np.random.default_rng(taxon_id)
    ease, leap = own.normal(1.7, 0.9), own.choice([3.5, -3.5, 0.0], p=[0.1, 0.05, 0.85])
    steps = own.normal(0.1, 0.3, edition).sum() + leap * (edition - 1.5)
    return float(1 / (1 + np.exp(-(ease + steps))))


def _groups(images: Mapping[int, int]) -> dict[int, list[list[int]]]:
    """For each class the other classes of its genus, family, order and class, nearest first."""
    taxa = Taxon.objects.in_bulk(list(images))
    above = {taxon_id: ids_in(taxon.ancestry) for taxon_id, taxon in taxa.items()}
    ids = {one for path in above.values() for one in path}
    level = dict(Taxon.objects.filter(id__in=ids).values_list("id", "rank_level"))
    members: dict[int, list[int]] = {}
    for taxon_id, path in above.items():
        for one in path:
            members.setdefault(one, []).append(taxon_id)

    def others(taxon_id: int, selected: float) -> list[int]:
        clade = next((one for one in above.get(taxon_id, []) if level.get(one) == selected), None)
        return [other for other in members.get(clade or 0, []) if other != taxon_id]

    return {taxon_id: [others(taxon_id, selected) for selected in _LEVELS] for taxon_id in images}


def _mistakes(
    taxon_id: int, number: int, groups: Mapping[int, Sequence[Sequence[int]]], rng: np.random.Generator
) -> Iterable[int]:
    """What so many photos of the class are taken for; fewer where it has no relatives."""
    for group, count in zip(groups[taxon_id], rng.multinomial(number, _NEARNESS), strict=True):
        if group:
            favourites = group[:3]
            yield from rng.choice(favourites, count).tolist()


def _label_issues(folder: Path, classes: Set[int], rng: np.random.Generator) -> list[dict[str, Any]]:
    """Doubts as if a network had seen in the photos what the worklists suspect: in most, not in all."""
    suspected = WorklistEntry.objects.filter(criteria__in=PRESETS, suggested_taxon_id__isnull=False)
    rows = suspected.values_list("observation_id", "suggested_taxon_id", "suspicion")
    by_observation = {
        observation_id: (taxon_id or 0, suspicion)
        for observation_id, taxon_id, suspicion in rows.order_by("id")
    }
    suggested = _classes_of({taxon_id for taxon_id, _ in by_observation.values()}, classes)
    photos = parquet.read_table(folder / "photos.parquet", columns=["photo_id", "observation_id", "taxon_id"])
    result: dict[int, dict[str, Any]] = {}
    for photo in photos.to_pylist():
        observation_id, label = photo["observation_id"], photo["taxon_id"]
        if observation_id in result or observation_id not in by_observation:
            continue
        taxon_id, suspicion = by_observation[observation_id]
        if suggested.get(taxon_id) not in (None, label) and rng.random() < _SEEN:
            result[observation_id] = {
                "photo_id": photo["photo_id"],
                "observation_id": observation_id,
                "label_taxon_id": label,
                "suggested_taxon_id": suggested[taxon_id],
                "score": round(0.5 + suspicion / 2, 4),
            }
    return list(result.values())


def _classes_of(taxon_ids: Set[int], classes: Set[int]) -> dict[int, int]:
    """The class of each taxon: itself, or the nearest above it; none for one that has none."""
    result = {}
    for taxon in Taxon.objects.filter(id__in=taxon_ids):
        path = [taxon.id, *reversed(ids_in(taxon.ancestry))]
        above = next((one for one in path if one in classes), None)
        if above is not None:
            result[taxon.id] = above
    return result


def _run(digest: str, taxa: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    top1 = _overall(taxa)["top1"]
    progress = 1 - np.exp(-np.arange(1, _EPOCHS + 1) / 9)
    return {
        "snapshot_digest": digest,
        "is_simulated": True,
        "config": {"note": "made up for a demonstration: no network was trained"},
        "precision": "float32",
        "device": "none, made up",
        "epochs": _EPOCHS,
        "images_per_second": None,
        "wall_seconds": None,
        "history": [
            {
                "epoch": epoch,
                "loss": round(6.5 - 5.2 * done, 3),
                "top1": round(top1 * done * 0.92, 4),
                "val_loss": round(6.4 - 5.0 * done, 3),
                "val_top1": round(top1 * done, 4),
            }
            for epoch, done in enumerate(progress.tolist(), start=1)
        ],
    }


def _overall(taxa: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    images = sum(row["images"] for row in taxa)
    return {
        "images": images,
        **{name: sum(row[name] * row["images"] for row in taxa) / images for name in ("top1", "top5")},
        "expected_calibration_error": 0.017,
        "expected_calibration_error_uncalibrated": 0.058,
        "temperature": 1.31,
    }
