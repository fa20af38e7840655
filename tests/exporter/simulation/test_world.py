import hashlib
from collections import Counter
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from exporter.errors import DataError
from exporter.simulation import simulate
from exporter.simulation.tree import load_tree
from tests.exporter.simulation.conftest import END, SmallWorld, read_observations


def digest(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_same_arguments_same_bytes(tmp_path: Path) -> None:
    simulate(tmp_path / "one", seed=3, observations=150, end=END)
    simulate(tmp_path / "two", seed=3, observations=150, end=END)
    assert digest(tmp_path / "one") == digest(tmp_path / "two")


def test_another_seed_is_another_world(tmp_path: Path) -> None:
    simulate(tmp_path / "one", seed=3, observations=150, end=END)
    simulate(tmp_path / "two", seed=4, observations=150, end=END)
    one, two = digest(tmp_path / "one"), digest(tmp_path / "two")
    assert one.keys() == two.keys()
    assert {name for name in one if one[name] == two[name]} == {"names/VernacularNames-spanish.csv"}


def test_the_truth_lies_apart_from_what_is_ingested(small_world: SmallWorld) -> None:
    assert sorted(digest(small_world.folder)) == [
        "names/VernacularNames-spanish.csv",
        "observations/observations-0001.ndjson.gz",
        "truth/truth.parquet",
    ]


def test_the_truth_has_a_row_an_observation(small_world: SmallWorld) -> None:
    truth = pq.read_table(small_world.folder / "truth" / "truth.parquet").to_pylist()
    assert [row["observation_id"] for row in truth] == [one["id"] for one in small_world.observations]
    kinds = Counter(row["mistake"] for row in truth)
    assert set(kinds) == {"none", "collapse", "suggestion", "lookalike"}
    assert kinds["none"] == small_world.summary.observations - small_world.summary.wrong


def test_a_right_label_lies_on_the_true_taxons_line(small_world: SmallWorld) -> None:
    tree = load_tree()
    truth = pq.read_table(small_world.folder / "truth" / "truth.parquet").to_pylist()
    for row, observation in zip(truth, small_world.observations, strict=True):
        if observation["taxon"] is None:
            assert row["mistake"] == "none"
            continue
        label, true = observation["taxon"]["id"], tree[row["true_taxon_id"]]
        is_right = label in true.line or (true.rank == "species" and true.taxon_id in tree[label].line)
        assert (row["mistake"] == "none") == is_right


def test_summary_counts_what_was_written(small_world: SmallWorld) -> None:
    summary, observations = small_world.summary, small_world.observations
    assert (summary.folder, summary.files) == (small_world.folder, 1)
    assert summary.observations == len(observations) == 1_500
    assert summary.photos == sum(len(one["photos"]) for one in observations)
    assert summary.identifications == sum(len(one["identifications"]) for one in observations)
    assert summary.research_grade == sum(one["quality_grade"] == "research" for one in observations)


def test_nothing_happens_after_the_end(small_world: SmallWorld) -> None:
    last = "2026-11-20T00:00:00+00:00"
    for observation in small_world.observations:
        assert all(made["created_at"] < last for made in observation["identifications"])
        assert observation["observed_on"] is None or observation["observed_on"] <= "2026-11-20"


def test_a_large_world_is_written_in_several_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exporter.simulation.world.OBSERVATIONS_PER_FILE", 40)
    summary = simulate(tmp_path / "world", seed=3, observations=100, end=END)
    assert summary.files == 3
    assert [one["id"] for one in read_observations(tmp_path / "world")] == [
        9_000_000_000 + index for index in range(100)
    ]


def test_without_difficulty_no_label_is_wrong(tmp_path: Path) -> None:
    assert simulate(tmp_path / "world", seed=3, observations=300, end=END, difficulty=0.0).wrong == 0


def test_an_existing_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "world").mkdir()
    with pytest.raises(DataError, match=r"world: is there already; give a new folder with --out"):
        simulate(tmp_path / "world", seed=3, observations=10, end=END)
    assert list(tmp_path.iterdir()) == [tmp_path / "world"]


def test_a_killed_run_leaves_nothing_under_the_folders_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr("exporter.simulation.world.pq.write_table", fail)
        with pytest.raises(KeyboardInterrupt):
            simulate(tmp_path / "world", seed=3, observations=10, end=END)
    assert not (tmp_path / "world").exists()
    assert simulate(tmp_path / "world", seed=3, observations=10, end=END).observations == 10
    assert [path.name for path in tmp_path.iterdir()] == ["world"]


@pytest.mark.parametrize("wrong", [{"observations": 0}, {"seed": -1}, {"difficulty": -0.1}])
def test_numbers_that_make_no_sense_are_refused(tmp_path: Path, wrong: dict[str, float]) -> None:
    with pytest.raises(DataError, match="1 observation or more"):
        simulate(tmp_path / "world", **({"seed": 3, "observations": 10, "end": date(2026, 1, 1)} | wrong))


def test_a_push_that_is_too_large_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Cannot push 99 taxa over the line: only 0 are near enough to it"):
        simulate(tmp_path / "world", seed=3, observations=20, end=END, push=99)
    assert list(tmp_path.iterdir()) == []
