"""Results of draws that are kept."""

from pathlib import Path

import pytest

from trainer.errors import DataError
from trainer.experiments.kept import run_draws


class Runs:
    """Remembers which draws were run."""

    def __init__(self) -> None:
        self.numbers: list[int] = []

    def __call__(self, number: int) -> dict[str, int]:
        self.numbers.append(number)
        return {"twice": 2 * number}


def test_what_is_there_is_not_run_again(tmp_path: Path) -> None:
    runs, lines = Runs(), list[str]()
    assert run_draws(tmp_path / "new", [1, 2], {"a": 1}, runs, lines.append) == [{"twice": 2}, {"twice": 4}]
    assert run_draws(tmp_path / "new", [1, 2, 3], {"a": 1}, runs, lines.append)[2] == {"twice": 6}
    assert runs.numbers == [1, 2, 3]
    assert lines[:2] == ["new: draw 1 of 2", "new: draw 2 of 2"]


def test_another_making_is_run_anew(tmp_path: Path) -> None:
    runs = Runs()
    for made_from in ({"a": 1}, {"a": 2}):
        run_draws(tmp_path, [1], made_from, runs, lambda line: None)
    assert runs.numbers == [1, 1]


def test_a_broken_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "00001.json").write_text("{")
    with pytest.raises(DataError, match="not JSON; delete it"):
        run_draws(tmp_path, [1], {}, Runs(), lambda line: None)
