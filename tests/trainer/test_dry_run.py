"""`fit --dry-run`."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.trainer.world import MINIATURE, World
from trainer.__main__ import main

CHANGES = ("--set", "data.image_size=32", "--set", "data.short_side=40", "--set", "training.batch_size=8")


def dry_run(world: World, run: Path, *more: str) -> int:
    folders = ("--snapshot", str(world.snapshot_folder), "--images", str(world.images), "--run", str(run))
    return main(["fit", "--config", str(MINIATURE), *folders, *CHANGES, *more, "--dry-run"])


def test_it_prints_what_a_run_would_be_and_writes_nothing(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert dry_run(world, tmp_path / "run") == 0
    config, _, facts = capsys.readouterr().out.partition("\n\nsnapshot:")
    resolved = tomllib.loads(config)
    assert resolved["data"]["image_size"] == 32
    assert resolved["training"]["batch_size"] == 8
    assert " 4 classes; photos: 48 train, 12 val, 16 test" in facts
    [(all_of_them, trained)] = re.findall(r"parameters: ([\d,]+), of which ([\d,]+) are trained", facts)
    assert int(all_of_them.replace(",", "")) > int(trained.replace(",", "")) > 1_000
    assert re.search(r"a step of 8 photos: [\d.e-]+ s, [\d,.]+ photos/s", facts)
    assert re.search(r"memory at most: [\d,]+ MiB of the process", facts)
    assert f"steps: {6 * resolved['training']['epochs']:,} in" in facts
    assert not (tmp_path / "run").exists()


def test_what_fit_refuses_it_refuses(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert dry_run(world, tmp_path / "run", "--set", "training.batch_size=64") == 1
    assert "48 training photos are fewer than a batch of 64" in capsys.readouterr().err
