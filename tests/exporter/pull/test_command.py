"""The command `pull`: what it prints, and that it goes on where it stopped."""

from functools import partial
from pathlib import Path

import pytest

from exporter.__main__ import main
from exporter.commands import pull as command
from exporter.pull.client import Client
from tests.standin.server import StandIn

pytestmark = pytest.mark.usefixtures("_unhurried")


@pytest.fixture(autouse=True)
def _data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEAFLINE_DATA", str(tmp_path))


def test_a_clade_is_pulled_and_then_its_changes(
    standin: StandIn, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    birds = standin.world.ids(frozenset([3]))
    photos = sum(len(standin.world[number]["photos"]) for number in birds)
    assert main(["pull", "--taxon", "3", "--api-url", standin.url]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "2 requests"
    assert f"observations: {len(birds)} rows read, {len(birds)} new, 0 changed" in printed
    assert f"photos: {photos} rows read, {photos} new, 0 changed" in printed
    assert main(["pull", "--taxon", "3", "--api-url", standin.url]) == 0
    assert "observations: 0 rows read, 0 new, 0 changed" in capsys.readouterr().out
    assert (tmp_path / "budget.sqlite3").exists()


def test_no_server_there_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "Client", partial(Client, backoff_s=0.001))
    assert main(["pull", "--taxon", "3", "--api-url", "http://127.0.0.1:9/v1"]) == 1
    *_, line = capsys.readouterr().err.splitlines()
    assert line.startswith(
        "exporter: iNaturalist: no answer (ConnectionError). http://127.0.0.1:9/v1/taxa failed 8 times"
    )


def test_being_interrupted_is_one_line(
    standin: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command.Puller, "pull_clade", interrupted)
    assert main(["pull", "--taxon", "3", "--api-url", standin.url]) == 1
    assert capsys.readouterr().err == (
        "exporter: stopped; nothing is lost: run the same again, it goes on where it stopped\n"
    )
