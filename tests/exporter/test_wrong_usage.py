"""Wrong invocations: each ends with exit code 1 or 2 and one line, and leaves nothing behind."""

import json
import os
import re
import shlex
from pathlib import Path

import pytest

from exporter.__main__ import main

HERE = "2026-01-01T00:00:00Z"
TOML = """
name = "mine"
confirmed_by = "community_taxon"
min_observations = 0
min_confirmed = 0
train_min = 50
train_max = 1000
val_min = 25
val_max = 100
test_min = 25
test_max = 100
train_photos_per_observation = 5
"""
OBSERVATION = {
    "id": 7,
    "updated_at": HERE,
    "taxon": {"id": 3, "name": "Aves", "rank": "class", "rank_level": 50, "ancestor_ids": [48460, 1, 2, 3]},
    "photos": [{"id": 1, "url": "https://static.inaturalist.org/photos/1/square.jpg"}],
    "identifications": [{"id": 5, "user": {"id": 4}, "taxon_id": 3, "created_at": HERE, "current": True}],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of one observation, and files to give by mistake."""
    folder = tmp_path_factory.mktemp("wrong")
    (folder / "page.json").write_text(json.dumps({"results": [OBSERVATION]}))
    assert main(["--lake", str(folder / "lake"), "ingest", str(folder / "page.json")]) == 0
    (folder / "empty").mkdir()
    (folder / "nothing.csv").touch()
    (folder / "noise.bin").write_bytes(bytes(range(256)) * 4)
    (folder / "poem.txt").write_text("Shall I compare thee to a summer's day?\n")
    (folder / "refused.json").write_text(json.dumps({"results": [{"id": None}]}))
    (folder / "cut.json").write_text(json.dumps({"results": [OBSERVATION]})[:-5])
    (folder / "cut.csv.gz").write_bytes(b"\x1f\x8bnot gzip")
    (folder / "loop").symlink_to(folder / "loop")
    (folder / "dangling").symlink_to(folder / "nowhere")
    os.mkfifo(folder / "pipe")
    (folder / "taxa.txt").write_text("3\nAves\n")
    (folder / "minus.txt").write_text("-3\n")
    (folder / "digits.txt").write_text("\u00b2\n")
    (folder / "huge.txt").write_text("9" * 30)
    (folder / "long.txt").write_text("9" * 5_000)
    (folder / "zero.txt").write_text("0\n")
    tables = {
        "broken": "name = ",
        "short": "name = 'mine'",
        "unknown": TOML + "more = 1",
        "text": TOML.replace("= 50\n", "= '50'\n"),
        "wrong": TOML.replace("train_max = 1000", "train_max = 1"),
        "huge": TOML.replace("train_max = 1000", f"train_max = {10**30}"),
        "leaves": TOML + f"leaves = [{10**30}]",
        "clades": TOML + "clades = ['Aves']",
        "huge_clade": TOML + f"clades = [{-(10**30)}]",
        "name": TOML.replace('"mine"', "7"),
        "dots": f"a{'.a' * 100_000} = 1",
        "deep": f"{TOML}leaves = {'[' * 5_000}",
    }
    for name, text in tables.items():
        (folder / f"{name}.toml").write_text(text)
    (folder / "binary.toml").write_bytes(b"\xff\xfe")
    (folder / "folder.toml").mkdir()
    for name, text in (("cut", '{"format": '), ("list", "[]"), ("object", "{}"), ("deep", "[" * 100_000)):
        (folder / name).mkdir()
        (folder / name / "manifest.json").write_text(text)
    (folder / "binary").mkdir()
    (folder / "binary" / "manifest.json").write_bytes(b"\xff")
    (folder / "folder").mkdir()
    (folder / "folder" / "manifest.json").mkdir()
    return folder


def wrong_invocations() -> list[tuple[str, int, str]]:
    """Command line, exit code, and what the line says, from the table beside this file; {} is the folder."""
    lines = (Path(__file__).parent / "wrong_usage.txt").read_text(encoding="utf-8").splitlines()
    pairs = zip(lines[::2], lines[1::2], strict=True)
    return [(command, int(said[4]), said[6:]) for command, said in pairs]


def arguments(command: str, folder: Path) -> list[str]:
    """The words of a command line; \\0 and the like are characters."""
    words = [
        word.encode().decode("unicode_escape") if "\\" in word else word for word in shlex.split(command)
    ]
    lake = [] if command.startswith("--la") else ["--lake", "{}/lake"]
    return [word.replace("{}", str(folder)) for word in (*lake, *words)]


@pytest.mark.parametrize(("command", "code", "said"), wrong_invocations())
def test_a_wrong_invocation_is_one_line_and_leaves_nothing_behind(
    command: str,
    code: int,
    said: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("LEAFLINE_DATA", str(folder / "data"))
    before = files(folder)
    ended = main(arguments(command, folder))
    printed = capsys.readouterr()
    [line] = printed.err.splitlines()
    assert line.startswith("exporter")
    assert said.replace("{}", str(folder)) in line
    assert (ended, printed.out) == (code, "")
    assert bool(re.search(r" See `python -m exporter.* --help`\.$", line)) == (code == 2)
    assert files(folder) == before


def files(folder: Path) -> set[Path]:
    """What lies in the folder but for the memory of pulls, which any command of theirs begins."""
    return {path for path in folder.rglob("*") if not {"lake", "data", "nowhere"} & {*path.parts}}


def test_the_table_has_enough_of_them() -> None:
    commands = [command for command, _, _ in wrong_invocations()]
    assert len(set(commands)) == len(commands) >= 200
