"""From a simulated world to a page of hotspots that a trained network found, by public commands alone."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command
from PIL import Image

from exporter.__main__ import main as exporter

pytest.importorskip("tensorflow", reason="the trainer's requirements are not installed")

from portal.cutoffs import services as cutoffs
from portal.cutoffs import snapshotting
from portal.cutoffs.models import Cutoff, Hold
from portal.hotspots.models import Hotspot, WorklistEntry
from portal.lake import asking
from portal.taxa.ancestry import ids_in
from portal.taxa.models import Taxon
from portal.training.models import LabelIssue, Run
from portal.training.queries import label_issues
from trainer.snapshot import SETS, read_snapshot

END = datetime(2026, 6, 1, tzinfo=UTC)
CUTOFF_AT = END - timedelta(days=2)

CONFIG = """
[data]
image_size = 32
short_side = 32
[network]
name = "miniature"
dropout = 0.1
[augment]
crop_area = [0.8, 1.0]
flip = false
colour_share = 0.0
[training]
batch_size = 32
epochs = 4
optimizer = "adamw"
learning_rate = 0.01
decay = 0.8
decay_epochs = 1
epsilon = 1e-7
watch_steps = 10
[hardware]
input_threads = 2
"""


def draw_photos(snapshot: Path, photos: Path) -> set[int]:
    """A picture for each photo: its class's own colours, and noise. Every third that nothing is fitted on
    shows the next class, as if its label were wrong: gives the observations of these.
    """
    photos.mkdir()
    result = read_snapshot(snapshot)
    classes = len(result.class_taxon_ids)
    wrong = set()
    for name in SETS:
        of = result.photos(name)
        rows = zip(of.photo_ids.tolist(), of.observation_ids.tolist(), of.class_ids.tolist(), strict=True)
        for photo_id, observation_id, class_id in rows:
            if name != "train" and observation_id % 3 == 0:
                wrong.add(observation_id)
                class_id = (class_id + 1) % classes
            pattern = np.random.default_rng(class_id).uniform(0, 255, (2, 2, 3))
            noise = np.random.default_rng(photo_id).normal(0, 15, (2, 2, 3))
            pixels = np.clip(pattern + noise, 0, 255).astype(np.uint8)
            image = Image.fromarray(pixels).resize((40, 32), Image.Resampling.BICUBIC)
            image.save(photos / f"{photo_id}.jpg", quality=90)
    return wrong


def cut(data: Path) -> Cutoff:
    """A cutoff of the simulated world from its draft to its snapshot."""
    values = {"name": "Example", "cutoff_at": CUTOFF_AT, "is_simulated": True, "hold": Hold.NEVER}
    announced_at = CUTOFF_AT - timedelta(days=30)
    cutoff = cutoffs.announce(cutoffs.draft(values, by=None, now=announced_at), by=None, now=announced_at)
    cutoffs.advance_due(now=CUTOFF_AT)
    assert snapshotting.cut_all() == 1
    cutoff.refresh_from_db()
    return cutoff


@pytest.mark.django_db(transaction=True)
def test_a_cutoff_is_trained_on_and_what_the_network_doubts_is_on_the_hotspots_page(
    live_server, client, settings, tmp_path, monkeypatch
):
    settings.DATA_DIR, settings.LAKE_DIR = tmp_path, tmp_path / "lake"
    settings.SITE_URL = live_server.url
    settings.TRAIN_CONFIG, settings.TRAIN_FOLDS = str(tmp_path / "tiny.toml"), 0
    (tmp_path / "tiny.toml").write_text(CONFIG)
    requested = []
    monkeypatch.setattr(asking, "send", lambda task: not requested.append(task))

    world = str(tmp_path / "world")
    simulate = ["simulate", "--seed", "1", "--observations", "3500", "--end", f"{END:%Y-%m-%d}"]
    assert exporter([*simulate, "--out", world]) == 0
    assert exporter(["--lake", str(settings.LAKE_DIR), "ingest", f"{world}/observations"]) == 0
    call_command("refresh")
    assert not Hotspot.objects.filter(kinds__has_key="model").exists()

    cutoff = cut(tmp_path)
    wrong = draw_photos(tmp_path / "snapshots" / f"{cutoff.pk}-1", tmp_path / "photos")
    call_command("train", cutoff.pk, "--model", "example")
    run = Run.objects.get()
    assert (run.state, run.is_simulated, run.overall["top1"] > 0.4) == ("done", True, True)
    assert len(run.progress["history"]) == 4
    doubted = set(LabelIssue.objects.values_list("observation_id", flat=True))
    assert len(doubted & wrong) > 0.7 * len(wrong)
    assert requested == ["sync.refresh"]

    call_command("refresh")
    result = Hotspot.objects.filter(criteria=cutoff.criteria, kinds__has_key="model")
    contradicted = set(label_issues(run)["label_taxon_id"].to_pylist())
    leaves = Taxon.objects.in_bulk([hotspot.leaf_taxon_id for hotspot in result])
    # A class of the cutoff may have become several since, each of them below it.
    assert all(contradicted & {leaf.pk, *ids_in(leaf.ancestry)} for leaf in leaves.values())
    assert leaves
    entries = WorklistEntry.objects.filter(criteria=cutoff.criteria)
    recorded = {
        entry.observation_id
        for entry in entries
        if {"model", "model_other"} & {reason["code"] for reason in entry.reasons}
    }
    assert recorded <= doubted
    assert recorded & wrong

    page = client.get("/hotspots/?kind=model").content.decode()
    assert result.first().taxon.name in page
    page = client.get(f"/training/{run.pk}/").content.decode()
    assert "Most often confused" in page
    assert f'href="/cutoffs/{cutoff.pk}/"' in page
