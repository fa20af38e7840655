"""Wrong invocations of the trainer: one line, exit code 1 or 2, nothing printed, nothing written."""

import shlex
from pathlib import Path

import pytest

from trainer.__main__ import main

FIT = "fit --snapshot {}/empty --images {}/images --run {}/run --config"
#: The command line, its exit code, and what its line says; {} is a folder.
WRONG = [
    ("", 2, "the following arguments are required: COMMAND"),
    ("fly", 2, "invalid choice: 'fly'"),
    ("fetch", 2, "the following arguments are required: SNAPSHOT, --images"),
    ("fetch {}/empty", 2, "the following arguments are required: --images"),
    ("fetch {}/empty --images", 2, "argument --images: expected one argument"),
    ("fetch {}/empty --images {}/images --threads 0", 2, "argument --threads: invalid choice: 0"),
    ("fetch {}/empty --images {}/images --threads 65", 2, "argument --threads: invalid choice: 65"),
    ("fetch {}/empty --images {}/images --threads many", 2, "argument --threads: invalid int value: 'many'"),
    ("fetch {}/empty --images {}/images --threads 1000000", 2, "argument --threads: invalid choice: 1000000"),
    ("fetch {}/empty --images {}/images", 1, "{}/empty/manifest.json"),
    ("fetch {}/nowhere --images {}/images", 1, "{}/nowhere/manifest.json"),
    ("fetch {}/a.txt --images {}/images", 1, "{}/a.txt"),
    ("fetch {}/cut --images {}/images", 1, "{}/cut/manifest.json"),
    ("fetch {}/list --images {}/images", 1, "{}/list/manifest.json"),
    ("fetch {}/binary --images {}/images", 1, "{}/binary/manifest.json"),
    ("fetch {}/loop --images {}/images", 1, "{}/loop"),
    ("fetch {}/nowhere --images {}/images --plan", 1, "{}/nowhere/manifest.json"),
    ("fetch '{}/a\0b' --images {}/images", 1, "an argument holds a NUL character"),
    ("fit", 2, "the following arguments are required: --config, --snapshot, --images, --run"),
    (f"{FIT} {{}}/nowhere.toml", 1, "{}/nowhere.toml"),
    (f"{FIT} {{}}/empty", 1, "{}/empty"),
    (f"{FIT} {{}}/a.txt", 1, "{}/a.txt"),
    (f"{FIT} {{}}/binary.toml", 1, "{}/binary.toml"),
    (f"{FIT} {{}}/unknown.toml", 1, "{}/unknown.toml"),
    (f"{FIT} {{}}/nowhere.toml --portal https://example.org", 1, "--portal and --token-file belong together"),
    (f"{FIT} {{}}/nowhere.toml --token-file {{}}/a.txt", 1, "--portal and --token-file belong together"),
    ("label-issues", 2, "the following arguments are required: --run"),
    ("label-issues --run {}/empty --folds 1", 2, "argument --folds: invalid choice: 1"),
    ("label-issues --run {}/empty --folds 21", 2, "argument --folds: invalid choice: 21"),
    ("evaluate", 2, "the following arguments are required: --run"),
    ("evaluate --run {}/empty --part 3/2", 2, "argument --part: 3/2: not like 2/4"),
    ("evaluate --run {}/empty --part 0/2", 2, "argument --part: 0/2: not like 2/4"),
    ("evaluate --run {}/empty --part 1", 2, "argument --part: 1: not like 2/4"),
    ("evaluate --run {}/empty --part \u00b2/\u00b2", 2, "argument --part: \u00b2/\u00b2: not like 2/4"),
    ("report --run {}/empty", 2, "the following arguments are required: --portal, --token-file"),
    (
        "report --run {}/empty --portal https://example.org",
        2,
        "the following arguments are required: --token-file",
    ),
    ("report --run {}/nowhere --portal https://example.org --token-file {}/a.txt", 1, "{}/nowhere"),
    ("export", 2, "the following arguments are required: --run"),
    ("export --run {}/empty --format onnx", 2, "argument --format: invalid choice: 'onnx'"),
    ("export --run {}/empty --format keras --out {}/bundle", 1, "--out is for a bundle"),
    ("predict", 2, "the following arguments are required: PHOTO, --run"),
    ("predict {}/a.txt", 2, "the following arguments are required: --run"),
    ("predict --run {}/empty", 2, "the following arguments are required: PHOTO"),
    ("predict {}/a.txt --run {}/empty --date May", 2, "argument --date: May: not a date like 2026-05-31"),
    ("predict {}/a.txt --run {}/empty --date 2026-02-30", 2, "argument --date: 2026-02-30: not a date"),
    ("predict {}/a.txt --run {}/empty --lat north", 2, "argument --lat: invalid float value: 'north'"),
    ("predict {}/a.txt --run {}/empty --accuracy 0.5", 2, "argument --accuracy: invalid choice: 0.5"),
    ("predict {}/a.txt --run {}/empty --format xml", 2, "argument --format: invalid choice: 'xml'"),
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
    try:
        ended: object = main([word.replace("{}", str(folder)) for word in shlex.split(command)])
    except SystemExit as stopped:
        ended = stopped.code
    printed = capsys.readouterr()
    usage = [line for line in printed.err.splitlines() if line.startswith(("usage: ", " "))]
    [line] = printed.err.splitlines()[len(usage) :]
    assert line.startswith("trainer")
    assert said.replace("{}", str(folder)) in line
    assert (ended, printed.out, bool(usage)) == (code, "", code == 2)
    assert set(folder.rglob("*")) == before


def test_the_table_has_enough_of_them() -> None:
    assert len({command for command, _, _ in WRONG}) == len(WRONG) >= 45
