"""The command: what it prints, what it writes, and that it goes on where it stopped."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from exporter.__main__ import main
from exporter.commands import policy as command
from exporter.policy.lab import END, Lab
from exporter.policy.runs import Study
from exporter.policy.scenarios import Scenario
from exporter.policy.studies import single
from exporter.simulation import simulate


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """One window and no guards: what they give is tested elsewhere."""

    def study(scenario: Scenario) -> Study:
        return replace(single(scenario), windows=(14,), with_guards=False)

    monkeypatch.setattr(command, "single", study)


def run(*arguments: str) -> int:
    return main(["policy", "--seeds", "4", "--observations", "500", "--processes", "1", *arguments])


def test_a_scenario_is_run_beside_no_announcement(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scenario = tmp_path / "mine.toml"
    scenario.write_text('name = "mine"\nlead_days = 7\ncleanup = 1\n')
    out = tmp_path / "out"
    assert run("--scenario", str(scenario), "--out", str(out)) == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines()[-1] == f"{out}: results.parquet, summary.json, windows.svg (simulated)"
    assert [line.split(":")[0] for line in printed.out.splitlines()[:-1]] == ["none", "mine"]
    assert printed.err.splitlines()[0] == "exporter: scenarios: 0 of 2 worlds lived"
    assert printed.err.splitlines()[-1] == "exporter: scenarios: 2 of 2 worlds lived"
    summary = (out / "summary.json").read_bytes()
    assert json.loads(summary)["is_simulated"] is True
    assert {row["scenario"] for row in json.loads(summary)["rows"]} == {"none", "mine"}

    (out / "summary.json").unlink()
    assert run("--scenario", str(scenario), "--out", str(out)) == 0
    assert (out / "summary.json").read_bytes() == summary
    assert capsys.readouterr().err == "exporter: scenarios: 2 of 2 worlds lived\n"


def test_a_stop_says_how_to_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_given: object) -> Lab:
        raise KeyboardInterrupt

    monkeypatch.setattr("exporter.policy.runs.Lab", stop)
    assert run("--scenario", "none", "--out", str(tmp_path / "out")) == 1
    words = capsys.readouterr().err.splitlines()[-1]
    assert words == "exporter: stopped; run the same again, and it goes on where it stopped"


@pytest.mark.parametrize(("text", "seeds"), [("3", [3]), ("1-3", [1, 2, 3]), ("0-0", [0])])
def test_seeds_are_a_range(text: str, seeds: list[int]) -> None:
    assert command.seeds(text) == seeds


def test_the_history_of_a_lake_is_observed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    simulate(tmp_path / "world", seed=1, observations=300, end=END)
    assert main(["--lake", str(tmp_path / "lake"), "ingest", str(tmp_path / "world" / "observations")]) == 0
    capsys.readouterr()
    out = tmp_path / "out"
    assert main(["--lake", str(tmp_path / "lake"), "policy", "--history", "--out", str(out)]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert "overturned while they were watched" in printed[0]
    assert printed[-1] == f"{out}: history.json (simulated)"
    assert json.loads((out / "history.json").read_text())["is_simulated"] is True
