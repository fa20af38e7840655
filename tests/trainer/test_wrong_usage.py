"""Wrong invocations: each ends with exit code 1 or 2 and one line, and none with a traceback."""

import json
import shlex
from pathlib import Path

import pytest

from trainer.__main__ import main

DEEP = 100_000


def cases() -> list[tuple[str, int, str]]:
    """Each invocation with its exit code and the end of what it says, from the table."""
    lines = (Path(__file__).parent / "wrong_usage.txt").read_text(encoding="utf-8").splitlines()
    return [
        (call, int(told.strip()[0]), told.strip()[2:])
        for call, told in zip(lines[::2], lines[1::2], strict=True)
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Snapshots, runs and configs to give by mistake."""
    folder = tmp_path_factory.mktemp("wrong")
    manifests = {
        "nested": '{"files": ' + "[" * DEEP + "]" * DEEP + "}",
        "cut": '{"files": ',
        "list": "[]",
        "nofiles": "{}",
        "listed": '{"files": []}',
        "odd": '{"files": {"taxonomy.csv": 7}}',
        "nodigest": '{"files": {"taxonomy.csv": {}}}',
        "binary": "\x00\x01\x02",
    }
    for name, text in manifests.items():
        (folder / name).mkdir()
        for file in ("manifest.json", "results.json", "run.json", "portal.json"):
            (folder / name / file).write_text(text)
        (folder / name / "taxonomy.csv").write_text("taxon_id\n")
    (folder / "empty").mkdir()
    (folder / "latin").mkdir()
    (folder / "latin" / "manifest.json").write_bytes(b'{"name": "\xe9"}')
    (folder / "results").mkdir()
    (folder / "results" / "results.json").write_text(json.dumps({"run": {}}))
    configs = {
        "good": "",
        "nested": "a = " + "[" * DEEP + "]" * DEEP,
        "tables": "a" + ".a" * 500 + " = 1",
        "dots": "a" + ".a" * DEEP + " = 1",
        "cut": "a = ",
        "unknown": "more = 1",
        "type": "[training]\nepochs = 'many'",
        "minus": "[training]\nepochs = -1",
    }
    for name, text in configs.items():
        (folder / f"{name}.toml").write_text(text)
    (folder / "latin.toml").write_bytes(b"a = '\xe9'")
    (folder / "token").write_text("leafline_x")
    (folder / "photo.jpg").write_text("no photo")
    return folder


@pytest.mark.parametrize(("call", "code", "words"), cases())
def test_it_ends_in_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], call: str, code: int, words: str
) -> None:
    arguments = [
        one.replace("{}", str(folder)).replace("NUL", "\0") for one in shlex.split(call, comments=False)
    ]
    try:
        ended = main(arguments)
    except SystemExit as end:
        ended = int(end.code or 0)
    said = capsys.readouterr().err.replace(str(folder), "{}").strip().splitlines()
    assert (ended, said[-1].partition(": ")[2] if ended == 1 else said[-1].partition("error: ")[2]) == (
        code,
        words,
    )
    assert ended == 2 or len(said) == 1
