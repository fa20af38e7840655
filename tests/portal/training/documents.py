"""Results documents for tests."""

import copy
import gzip
import io
import json

DOCUMENT = {
    "run": {"snapshot_digest": "abc", "config": {"model": "xception"}, "precision": "float32"},
    "overall": {"top1": 0.8, "top5": 0.95, "images": 75},
    "taxa": [
        {
            "taxon_id": 57516,
            "images": 25,
            "top1": 0.88,
            "top5": 1.0,
            "mean_true_probability": 0.7,
            "top1_low": 0.7,
        },
        {"taxon_id": 118970, "images": 25, "top1": 0.92, "top5": 1, "mean_true_probability": 0.8},
        {"taxon_id": 120489, "images": 25, "top1": 0.6, "top5": 0.85, "mean_true_probability": 0.5},
    ],
    "confusions": [
        {"true_taxon_id": 57516, "predicted_taxon_id": 118970, "count": 3, "photo_ids": [1, 2, 3]}
    ],
    "label_issues": [
        {
            "photo_id": 9,
            "observation_id": 8,
            "label_taxon_id": 57516,
            "suggested_taxon_id": 118970,
            "score": 0.93,
        }
    ],
    "ranks": [{"rank": "genus", "top1": 0.9}],
    "compared": None,
}


def document(**changes):
    return copy.deepcopy(DOCUMENT) | changes


def stream(value):
    """The value as JSON to be read; bytes as they are."""
    return io.BytesIO(value if isinstance(value, bytes) else json.dumps(value).encode())


def packed(value):
    return gzip.compress(json.dumps(value).encode())


#: A sign of life, as a trainer sends it.
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
