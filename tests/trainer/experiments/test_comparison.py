"""The command `compare`, from a run to a report; and `label-noise`, for both need such a run."""

import json
from pathlib import Path

import pytest

from tests.trainer.test_fit import quiet
from tests.trainer.world import World, small_config
from trainer.__main__ import main
from trainer.fit import fit

FEW = ("--draws", "2", "--seeds", "1", "--set", "training.epochs=2")


@pytest.fixture(scope="module")
def run(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that trained its last layer, on the features of an earlier one."""
    folder = tmp_path_factory.mktemp("runs")
    for name, changes in (
        ("start", ()),
        ("last", (f"network.init={folder / 'start'}", "network.train=last_layer")),
    ):
        fit(
            small_config("training.epochs=1", *changes),
            world.snapshot_folder,
            world.images,
            folder / name,
            shards_folder=folder / "shards",
            say=quiet,
        )
    return folder / "last"


def test_a_comparison_is_a_document_and_a_page(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / "out"
    command = ["compare", "--run", str(run), "--rank", "genus", *FEW, "--out", str(out)]
    assert main(command) == 0
    assert "compare: draw 2 of 2" in capsys.readouterr().out
    document = json.loads((out / "comparison.json").read_text())
    assert [(row["name"], row["classes"]) for row in document["groups"]] == [("Bombus", 2), ("Apis", 2)]
    assert (document["photos"], document["classes"], document["rank"]) == (76, 4, "genus")
    assert document["photos_seen"]["one_twice"] == 2 * document["photos_seen"]["one"]
    page = (out / "comparison.html").read_text()
    assert "Simulated data." in page
    assert "<td>Bombus</td>" in page
    assert main(command) == 0  # nothing is trained again
    assert json.loads((out / "comparison.json").read_text()) == document


@pytest.mark.parametrize(
    ("rank", "reason"), [("kingdom", "all classes are in one"), ("iconic", "all classes are in one")]
)
def test_what_does_not_split_is_one_line(
    run: Path, tmp_path: Path, rank: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", "--run", str(run), "--rank", rank, "--out", str(tmp_path / "out")]) == 1
    assert f"no split by {rank}: {reason}; give another --rank" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_label_noise_writes_a_table(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "responses.json"
    assert main(["label-noise", "--run", str(run), "--draws", "2", "--out", str(out)]) == 0
    table = json.loads(out.read_text())
    assert table["command"] == "python -m trainer label-noise --run RUN --draws 2 --out responses.json"
    assert table["is_simulated"]
    assert list(table["responses"]) == ["uniform", "collapse"]
    shares = [row["wrong_share"] for row in table["responses"]["uniform"]]
    assert shares == sorted(shares)


def test_a_run_of_the_whole_network_has_no_features(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "responses.json"
    assert main(["label-noise", "--run", str(run.parent / "start"), "--out", str(out)]) == 1
    assert "give a run of fit with --set network.train=last_layer" in capsys.readouterr().err
    assert not out.exists()
