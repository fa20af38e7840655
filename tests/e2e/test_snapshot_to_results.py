"""From a simulated world to a trained network's results, through the public commands alone."""

import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from exporter.__main__ import main as exporter

pytest.importorskip("tensorflow", reason="the trainer's requirements are not installed")

from trainer.__main__ import main as trainer
from trainer.snapshot import SETS, read_snapshot

#: A world small enough to train on in seconds: what a class needs is a tenth of iNaturalist's rule.
CRITERIA = """
name = "tenth"
confirmed_by = "community_taxon"
min_observations = 0
min_confirmed = 0
train_min = 12
train_max = 16
val_min = 2
val_max = 3
test_min = 3
test_max = 4
train_photos_per_observation = 1
"""
END = date(2026, 6, 1)


def draw_photos(snapshot: Path, images: Path) -> None:
    """A photo for each row: the class's own pattern of colours, and noise."""
    images.mkdir()
    result = read_snapshot(snapshot)
    for name in SETS:
        photos = result.photos(name)
        for photo_id, class_id in zip(photos.photo_ids.tolist(), photos.class_ids.tolist(), strict=True):
            pattern = np.random.default_rng(class_id).uniform(0, 255, (2, 3, 3))
            noise = np.random.default_rng(photo_id).normal(0, 25, (2, 3, 3))
            pixels = np.clip(pattern + noise, 0, 255).astype(np.uint8)
            image = Image.fromarray(pixels).resize((60, 40), Image.Resampling.BICUBIC)
            image.save(images / f"{photo_id}.jpg", quality=90)


def test_a_simulated_world_becomes_a_network_that_knows_it(tmp_path: Path) -> None:
    lake, world, snapshot = (str(tmp_path / name) for name in ("lake", "world", "snapshot"))
    criteria, images, run = tmp_path / "tenth.toml", tmp_path / "images", str(tmp_path / "run")
    criteria.write_text(CRITERIA)
    simulate = ["simulate", "--seed", "1", "--observations", "2500", "--end", END.isoformat(), "--out", world]
    assert exporter(simulate) == 0
    assert exporter(["--lake", lake, "ingest", f"{world}/observations"]) == 0
    cutoff = ["--cutoff", f"{END - timedelta(days=2)}T00:00:00Z", "--seed", "a seed of 16 bytes or more"]
    assert (
        exporter(["--lake", lake, "snapshot", *cutoff, "--criteria", str(criteria), "--out", snapshot]) == 0
    )
    assert exporter(["verify", snapshot]) == 0
    draw_photos(Path(snapshot), images)

    settings = (
        "data.image_size=32",
        "data.short_side=40",
        "training.epochs=15",
        "training.learning_rate=0.01",
        "training.batch_size=16",
        "augment.crop_area=[0.7, 1.0]",
        "augment.flip=false",
        "augment.colour_share=0",
    )
    changes = [word for change in settings for word in ("--set", change)]
    config = ["--config", "trainer/configs/miniature.toml", *changes]
    where = ["--snapshot", snapshot, "--images", str(images), "--run", run]
    assert trainer(["fit", *config, *where]) == 0
    assert trainer(["evaluate", "--run", run]) == 0

    results = json.loads(Path(run, "results.json").read_text())
    manifest = json.loads(Path(snapshot, "manifest.json").read_text())
    classes = {one["taxon_id"] for one in manifest["counts"]["classes"]}
    assert len(classes) > 10
    assert {row["taxon_id"] for row in results["taxa"]} == classes
    assert results["overall"]["images"] == manifest["counts"]["test"]["photos"]
    assert results["overall"]["top1_low"] > 5 / len(classes)
    assert results["run"]["is_simulated"] is True
