"""Progress bars: on a terminal, and nowhere else."""

import io
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from exporter.__main__ import main
from exporter.simulation import simulate
from terminal.progress import bar, say, shown


class Terminal(io.StringIO):
    """Standard error, as a terminal is."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Terminal]:
    """To be called in the test: pytest puts its own standard error there before."""

    def put() -> Terminal:
        stream = Terminal()
        monkeypatch.setattr(sys, "stderr", stream)
        return stream

    return put


def test_a_bar_counts_on_a_terminal_and_is_gone_at_the_end(on_a_terminal: Callable[[], Terminal]) -> None:
    terminal = on_a_terminal()
    with shown(), bar("photos", 4, unit="photos", begun=1) as one:
        one.advance()
        assert list(one.over([7, 8])) == [7, 8]
        one.expect(3)
        one.stage("places")
    printed = terminal.getvalue()
    assert "photos:  25%" in printed
    assert "| 4/7 [" in printed
    assert printed.endswith("\r")


def test_a_line_stands_above_the_bar(
    on_a_terminal: Callable[[], Terminal], capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = on_a_terminal()
    with shown(), bar("photos", 2, unit="photos"):
        say("one is missing")
        say("a warning", sys.stderr)
    assert capsys.readouterr().out == "one is missing\n"
    assert "\r" + "a warning\n" in terminal.getvalue()


@pytest.mark.parametrize("is_within", [False, True])
def test_nothing_is_written_elsewhere(capsys: pytest.CaptureFixture[str], is_within: bool) -> None:
    """Neither where standard error is a file, nor where no command runs: a worker of the portal."""
    if is_within:
        with shown(), bar("photos", 2, unit="photos") as one:
            one.advance()
            say("one is missing")
    else:
        with bar("photos", 2, unit="photos") as one:
            one.advance()
            say("one is missing")
    assert capsys.readouterr() == ("one is missing\n", "")


def test_commands_show_how_far_they_are(
    tmp_path: Path, on_a_terminal: Callable[[], Terminal], capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = on_a_terminal()
    simulate(tmp_path / "world", seed=3, observations=600, end=date(2026, 11, 1))
    lake = ["--lake", str(tmp_path / "lake")]
    assert main([*lake, "ingest", str(tmp_path / "world" / "observations")]) == 0
    assert "ingest: merging into the lake: 100%|" in terminal.getvalue()
    assert main([*lake, "hotspots", "--format", "csv"]) == 0
    assert "hotspots: which to look at first:  80%|" in terminal.getvalue()
    criteria = tmp_path / "small.toml"
    criteria.write_text(SMALL)
    snapshot = ["snapshot", "--cutoff", "2026-10-01T00:00:00Z", "--seed", "a seed of 16 bytes or more"]
    assert main([*lake, *snapshot, "--criteria", str(criteria), "--out", str(tmp_path / "out")]) == 0
    assert "snapshot: report:  83%|" in terminal.getvalue()
    assert "%" not in capsys.readouterr().out.replace("90 %", "")


SMALL = """
name = "small"
confirmed_by = "community_taxon"
min_observations = 0
min_confirmed = 0
train_min = 1
train_max = 20
val_min = 1
val_max = 2
test_min = 1
test_max = 2
train_photos_per_observation = 5
"""
