"""Two runs on the same photos."""

from pathlib import Path

import numpy as np
import pytest

from tests.trainer.world import World
from trainer.paired import compare_pairs, mcnemar, paired_interval
from trainer.predictions import SCHEMA, Part, lists, write_part


def test_mcnemar_is_the_binomial_test_of_the_photos_that_differ() -> None:
    """Ten photos known to one alone, two to the other: 2 * (66 + 12 + 1) / 4096."""
    assert mcnemar(10, 2) == pytest.approx(2 * 79 / 4096)
    assert mcnemar(2, 10) == mcnemar(10, 2)
    assert mcnemar(3, 3) == mcnemar(0, 0) == 1


def test_the_interval_is_newcombes() -> None:
    """An example of his: 36 both, 12 and 2 one alone, none neither: 0.2, from 0.0569 to 0.3404."""
    low, high = paired_interval(36, 12, 2, 50)
    assert (low, high) == (pytest.approx(0.0569, abs=5e-5), pytest.approx(0.3404, abs=5e-5))


def keep(folder: Path, said: dict[int, tuple[int, int]]) -> None:
    """Predictions of photos: label and likeliest taxon."""
    folder.mkdir(exist_ok=True)
    rows = len(said)
    columns = {name: [None] * rows for name in SCHEMA.names} | {
        "photo_id": list(said),
        "label_taxon_id": [label for label, _ in said.values()],
        "taxon_ids": lists(np.array([[taxon] for _, taxon in said.values()])),
    }
    write_part(Part("test", range(rows), folder / "predictions" / "test-00000.parquet"), columns, "x")


def test_only_photos_of_both_with_the_same_label_count(world: World, tmp_path: Path) -> None:
    keep(tmp_path / "now", {1: (201, 201), 2: (202, 202), 3: (301, 301), 4: (302, 301), 5: (201, 201)})
    keep(tmp_path / "before", {1: (201, 201), 2: (202, 201), 3: (301, 302), 4: (301, 301), 9: (201, 201)})
    pairs = compare_pairs(tmp_path / "now", tmp_path / "before", world.snapshot())["pairs"]
    figures = ("photos", "top1", "previous_top1", "right_only_here", "right_only_before", "p_value")
    assert [pairs[name] for name in figures] == [3, 1.0, pytest.approx(1 / 3), 2, 0, 0.5]
    assert [(row["taxon_id"], row["photos"], row["right_only_here"]) for row in pairs["clades"]] == [
        (1, 3, 2),
        (10, 3, 2),
        (20, 2, 1),
    ]


def test_a_run_without_predictions_or_other_photos_has_no_pairs(world: World, tmp_path: Path) -> None:
    keep(tmp_path / "now", {1: (201, 201)})
    keep(tmp_path / "before", {2: (201, 201)})
    for previous in ("before", "none"):
        assert compare_pairs(tmp_path / "now", tmp_path / previous, world.snapshot()) == {"pairs": None}
