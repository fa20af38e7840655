"""What was learned serves again: close to learning anew, the same each time, and about nobody."""

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from exporter.hotspots import find, learned
from exporter.hotspots.learned import Learned
from exporter.hotspots.predictors import GROUPS
from exporter.hotspots.schema import Findings
from tests.exporter.hotspots.scenes import TINY, Scene, says, suggested
from tests.exporter.hotspots.test_find import EXPERT, SECOND_EXPERT, hotspot, school

NEGLECTED = 60


@pytest.fixture(scope="module")
def scene() -> Scene:
    """A genus that skilled people cleaned, and one that few looked at."""
    scene = Scene()
    school(scene)
    scene.stories(60, 12, suggested(300, 11), says(EXPERT, 12), says(SECOND_EXPERT, 12))
    scene.stories(6, 22, suggested(302, 21), says(EXPERT, 22), says(SECOND_EXPERT, 22))
    scene.stories(NEGLECTED, 21, suggested(303, 21))
    return scene


@pytest.fixture(scope="module")
def fresh(scene: Scene) -> Findings:
    return find(scene.connect(), TINY)


def kept(findings: Findings, folder: Path) -> Learned:
    assert findings.learned is not None
    learned.write(folder / "learned.arrow", findings.learned)
    result = learned.read(folder / "learned.arrow")
    assert result is not None
    return result


def suspicions(findings: Findings) -> dict[int, float]:
    rows = findings.worklist
    return dict(zip(rows["observation_id"].to_pylist(), rows["suspicion"].to_pylist(), strict=True))


def test_a_search_by_what_was_kept_is_close_to_one_that_learns_and_always_the_same(
    scene: Scene, fresh: Findings, tmp_path: Path
) -> None:
    known = kept(fresh, tmp_path)
    first, second = (find(scene.connect(), TINY, learned=known) for _ in range(2))
    for name in ("hotspots", "worklist", "confusions", "fit"):
        assert getattr(first, name).equals(getattr(second, name))
    assert first.learned is known
    assert first.fit.equals(fresh.fit)
    before, now = suspicions(fresh), suspicions(first)
    assert now.keys() == before.keys()
    assert now == pytest.approx(before, abs=0.03)
    assert hotspot(first, 21)["expected_wrong"] == pytest.approx(
        hotspot(fresh, 21)["expected_wrong"], rel=0.1
    )


def test_nothing_that_is_kept_is_about_a_person(fresh: Findings, tmp_path: Path) -> None:
    known = kept(fresh, tmp_path)
    groups = set(known.effects["group"].to_pylist())
    assert "label" in groups
    assert groups <= set(GROUPS) - {"namer"}
    assert not any("namer" in str(row["name"]) for row in known.facts.to_pylist())


def test_new_reviews_and_new_taxa_are_judged_by_what_was_kept(
    scene: Scene, fresh: Findings, tmp_path: Path
) -> None:
    known = kept(fresh, tmp_path)
    later = deepcopy(scene)
    later.taxon(25, 20, "species")
    later.stories(6, 25, says(304, 25))
    # Somebody skilled confirms one of the neglected labels: it is doubted less.
    [doubted, *_] = [
        row["observation_id"] for row in fresh.worklist.to_pylist() if row["label_taxon_id"] == 21
    ]
    later.identify(doubted, 21, EXPERT)
    findings = find(later.connect(), TINY, learned=known)
    assert findings.learned is known
    assert suspicions(findings).get(doubted, 0.0) < suspicions(fresh)[doubted] / 2
    assert hotspot(findings, 25)["labels"] == 6


def test_it_is_learned_anew_when_it_is_old_or_outgrown_or_unreadable(
    scene: Scene, fresh: Findings, tmp_path: Path
) -> None:
    known = kept(fresh, tmp_path)
    week = timedelta(days=7)
    assert not known.is_due(known.at + timedelta(days=6), week)
    assert known.is_due(known.at + week, week)
    assert known.is_due(known.at, timedelta(0))
    assert known.is_due(known.at - timedelta(days=1), week)  # the clock was wrong when it was kept
    assert [replace(known, reviewed=100).is_outgrown(now) for now in (89, 90, 100, 110, 111)] == [
        True, False, False, False, True,
    ]  # fmt: skip
    outgrown = replace(known, reviewed=known.reviewed // 2, at=datetime(2020, 1, 1, tzinfo=UTC))
    again = find(scene.connect(), TINY, learned=outgrown)
    assert again.learned is not outgrown
    assert again.hotspots.equals(fresh.hotspots)
    path = tmp_path / "learned.arrow"
    path.write_bytes(path.read_bytes()[:200])
    assert learned.read(path) is None
    assert learned.read(tmp_path / "absent.arrow") is None


def test_a_lake_without_reviews_has_something_to_keep_too(tmp_path: Path) -> None:
    scene = Scene()
    scene.stories(6, 21, says(1, 21))
    first = find(scene.connect(), TINY)
    second = find(scene.connect(), TINY, learned=kept(first, tmp_path))
    assert second.hotspots.equals(first.hotspots)
    assert isinstance(second.hotspots, pa.Table)
