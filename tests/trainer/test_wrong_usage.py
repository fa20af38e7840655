"""Wrong invocations of the trainer: one line, exit code 1 or 2, nothing printed, nothing written."""

import re
import shlex
from pathlib import Path

import pytest

from trainer.__main__ import main

FIT = "fit --snapshot {}/empty --images {}/images --run {}/run --config"
#: The command line, its exit code, and what its line says; {} is a folder.
WRONG = [
    ("", 2, "Missing command."),
    ("fly", 2, "No such command 'fly'."),
    ("fetch", 2, "Missing argument 'SNAPSHOT'."),
    ("fetch {}/empty", 2, "Missing option '--images'."),
    ("fetch {}/empty --images", 2, "Option '--images' requires an argument."),
    (
        "fetch {}/empty --images {}/images --threads 0",
        2,
        "'--threads': 0 is not a number of threads from 1 to 64",
    ),
    (
        "fetch {}/empty --images {}/images --threads 65",
        2,
        "'--threads': 65 is not a number of threads from 1 to 64",
    ),
    (
        "fetch {}/empty --images {}/images --threads many",
        2,
        "'--threads': 'many' is not a whole number",
    ),
    (
        "fetch {}/empty --images {}/images --threads 1000000",
        2,
        "'--threads': 1000000 is not a number of threads from 1 to 64",
    ),
    ("fetch {}/empty --images {}/images", 1, "{}/empty/manifest.json"),
    ("fetch {}/nowhere --images {}/images", 1, "{}/nowhere/manifest.json"),
    ("fetch {}/a.txt --images {}/images", 1, "{}/a.txt"),
    ("fetch {}/cut --images {}/images", 1, "{}/cut/manifest.json"),
    ("fetch {}/list --images {}/images", 1, "{}/list/manifest.json"),
    ("fetch {}/binary --images {}/images", 1, "{}/binary/manifest.json"),
    ("fetch {}/loop --images {}/images", 1, "{}/loop"),
    ("fetch {}/nowhere --images {}/images --plan", 1, "{}/nowhere/manifest.json"),
    ("fetch '{}/a\0b' --images {}/images", 2, "is not a path in UTF-8"),
    ("fit", 2, "Missing option '--config'."),
    (f"{FIT} {{}}/nowhere.toml", 1, "{}/nowhere.toml"),
    (f"{FIT} {{}}/empty", 1, "{}/empty"),
    (f"{FIT} {{}}/a.txt", 1, "{}/a.txt"),
    (f"{FIT} {{}}/binary.toml", 1, "{}/binary.toml"),
    (f"{FIT} {{}}/unknown.toml", 1, "{}/unknown.toml"),
    (f"{FIT} {{}}/nowhere.toml --portal https://example.org", 1, "--portal and --token-file belong together"),
    (f"{FIT} {{}}/nowhere.toml --token-file {{}}/a.txt", 1, "--portal and --token-file belong together"),
    ("label-issues", 2, "Missing option '--run'."),
    (
        "label-issues --run {}/empty --folds 1",
        2,
        "'--folds': 1 is not a number of folds from 2 to 20",
    ),
    (
        "label-issues --run {}/empty --folds 21",
        2,
        "'--folds': 21 is not a number of folds from 2 to 20",
    ),
    ("evaluate", 2, "Missing option '--run'."),
    ("evaluate --run {}/empty --part 3/2", 2, "'--part': 3/2 is not like 2/4"),
    ("evaluate --run {}/empty --part 0/2", 2, "'--part': 0/2 is not like 2/4"),
    ("evaluate --run {}/empty --part 1", 2, "'--part': 1 is not like 2/4"),
    (
        "evaluate --run {}/empty --part \u00b2/\u00b2",
        2,
        "'--part': \u00b2/\u00b2 is not like 2/4",
    ),
    ("report --run {}/empty", 2, "Missing option '--portal'."),
    (
        "report --run {}/empty --portal https://example.org",
        2,
        "Missing option '--token-file'.",
    ),
    ("report --run {}/nowhere --portal https://example.org --token-file {}/a.txt", 1, "{}/nowhere"),
    ("export", 2, "Missing option '--run'."),
    ("export --run {}/empty --format onnx", 2, "'--format': 'onnx' is not one of"),
    ("export --run {}/empty --format keras --out {}/bundle", 1, "--out is for a bundle"),
    ("predict", 2, "Missing argument 'PHOTO...'."),
    ("predict {}/a.txt", 2, "Missing option '--run'."),
    ("predict --run {}/empty", 2, "Missing argument 'PHOTO...'."),
    (
        "predict {}/a.txt --run {}/empty --date May",
        2,
        "'--date': 'May' is not a date like 2026-01-31",
    ),
    (
        "predict {}/a.txt --run {}/empty --date 2026-02-30",
        2,
        "'--date': '2026-02-30' is not a date like 2026-01-31",
    ),
    (
        "predict {}/a.txt --run {}/empty --lat north",
        2,
        "'--lat': 'north' is not a valid float.",
    ),
    (
        "predict {}/a.txt --run {}/empty --accuracy 0.5",
        2,
        "'--accuracy': '0.5' is not one of",
    ),
    ("predict {}/a.txt --run {}/empty --format xml", 2, "'--format': 'xml' is not one of"),
    ("compare --run {}/empty", 2, "Missing option '--out'."),
    ("compare --run {}/empty --out {}/out", 1, "{}/empty/run.json: No such file or directory"),
    ("compare --run {}/empty --out {}/out --rank tribe", 2, "'--rank': 'tribe' is not one of"),
    (
        "compare --run {}/empty --out {}/out --draws 1",
        2,
        "'--draws': 1 is not a number of draws from 2 to 1000",
    ),
    (
        "compare --run {}/empty --out {}/out --seeds 0",
        2,
        "'--seeds': 0 is not a number of seeds from 1 to 100",
    ),
    ("label-noise --run {}/empty", 2, "Missing option '--out'."),
    ("label-noise --run {}/empty --out {}/new.json", 1, "{}/empty/run.json: No such file or directory"),
    (FIT + " trainer/configs/miniature.toml --track tensorbord", 2, "'--track': 'tensorbord' is not one of"),
    (FIT + " trainer/configs/miniature.toml --dry-run", 1, "{}/empty/manifest.json"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Things to give by mistake."""
    for name, text in (("cut", '{"format": '), ("list", "[]"), ("empty", None), ("binary", None)):
        (tmp_path / name).mkdir()
        if text is not None:
            (tmp_path / name / "manifest.json").write_text(text)
    (tmp_path / "binary" / "manifest.json").write_bytes(b"\xff\xfe")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    (tmp_path / "unknown.toml").write_text("[network]\ncolour = 'red'\n")
    (tmp_path / "a.txt").write_text("neither a photo nor a token\n")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    return tmp_path


@pytest.mark.parametrize(("command", "code", "said"), WRONG, ids=[str(place) for place in range(len(WRONG))])
def test_a_wrong_invocation_is_one_line(
    command: str, code: int, said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = set(folder.rglob("*"))
    ended = main([word.replace("{}", str(folder)) for word in shlex.split(command)])
    printed = capsys.readouterr()
    [line] = printed.err.splitlines()
    assert line.startswith("trainer")
    assert said.replace("{}", str(folder)) in line
    assert (ended, printed.out) == (code, "")
    assert bool(re.search(r" See `python -m trainer.* --help`\.$", line)) == (code == 2)
    assert set(folder.rglob("*")) == before


def test_the_table_has_enough_of_them() -> None:
    assert len({command for command, _, _ in WRONG}) == len(WRONG) >= 45
