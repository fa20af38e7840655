"""The loop over generations: what wrong labels do to suggestions, by a table."""

from pathlib import Path

import numpy as np
import pytest

from exporter.errors import DataError
from exporter.policy import loops
from exporter.policy.generations import ARMS, RESPONSES, Arm, Model, follow, read_response
from exporter.policy.lab import Size
from exporter.policy.scenarios import REFERENCE, announced
from exporter.simulation.opinions import SUGGESTION, Opinions
from exporter.simulation.people import NOVICE
from exporter.simulation.tree import ids_by_name, load_tree
from tests.exporter.policy.conftest import SIZE

SOUTHERN, EASTERN = (ids_by_name()[name] for name in ("Xylocopa micans", "Xylocopa virginica"))
FLAT = ((0.0, 1.0), (1.0, 1.0))


def test_a_model_without_factors_suggests_as_now() -> None:
    now, model = Opinions(1.0).shares(SOUTHERN, SUGGESTION), Model({}).shares(SOUTHERN, SUGGESTION)
    assert model == pytest.approx(now)


def test_a_class_with_a_factor_is_suggested_wrongly_so_much_more_often() -> None:
    now, model = (
        Opinions(1.0).shares(SOUTHERN, SUGGESTION),
        Model({EASTERN: 3.0}).shares(SOUTHERN, SUGGESTION),
    )
    assert model[EASTERN] == pytest.approx(3 * now[EASTERN])
    assert sum(model.values()) == pytest.approx(1)
    assert 0 < model[SOUTHERN] < now[SOUTHERN]
    assert Model({EASTERN: 3.0}).shares(SOUTHERN, NOVICE) == Opinions(1.0).shares(SOUTHERN, NOVICE)


def test_no_model_is_always_wrong() -> None:
    shares = Model(dict.fromkeys(ids_by_name().values(), 1e6)).shares(SOUTHERN, SUGGESTION)
    line = load_tree()[SOUTHERN].line
    assert sum(share for taxon_id, share in shares.items() if taxon_id not in line) == pytest.approx(0.9)


def test_every_arm_has_a_scenario_a_generation() -> None:
    assert {len(arm.scenarios) for arm in ARMS} == {5}
    assert all(table[0][0] == 0 and table[-1][0] > 0.3 for table in RESPONSES.values())


def test_generations_follow_each_other() -> None:
    """Two generations: the first is the same whatever the table, the clean-up leaves fewer wrong labels."""
    quiet, strong = (
        list(follow(1, Arm("never", (REFERENCE, REFERENCE)), table, SIZE))
        for table in (FLAT, RESPONSES["strong"])
    )
    cleaned = list(follow(1, Arm("every", (announced("worklist", 28),) * 2), FLAT, SIZE))
    assert [row["generation"] for row in quiet] == [1, 2]
    same = ("classes", "wrong_share", "worst_share")
    assert [quiet[0][name] for name in same] == [strong[0][name] for name in same]
    assert quiet[0]["wrong_suggestions"] != strong[0]["wrong_suggestions"]
    assert all(
        after["wrong_share"] < before["wrong_share"] for before, after in zip(quiet, cleaned, strict=True)
    )


def test_models_respond_as_the_trainer_measured() -> None:
    """The more wrong labels, the more wrong suggestions; a factor of 1 at the share of today, 5 %."""
    table = RESPONSES["measured"]
    shares, factors = zip(*table, strict=True)
    assert list(shares) == sorted(set(shares))
    assert list(factors) == sorted(factors)
    assert np.interp(0.05, shares, factors) == pytest.approx(1.0, abs=0.005)
    strong = np.interp(shares[-1], *zip(*RESPONSES["strong"], strict=True))
    assert factors[0] < 1.0 < factors[-1] < strong


def test_a_response_table_is_a_file(tmp_path: Path) -> None:
    file = tmp_path / "response.csv"
    file.write_text("wrong_share,factor\n0,0.5\n0.1,2\n")
    assert read_response(file) == ((0.0, 0.5), (0.1, 2.0))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "does not rise"),
        ("a,b\n1,2\n", "not a response table"),
        ("wrong_share,factor\n0,x\n", "not a response table"),
        ("wrong_share,factor\n0.2,1\n0.1,1\n", "does not rise"),
        ("wrong_share,factor\n0,1\n2,1\n", "does not rise"),
        ("wrong_share,factor\n0,-1\n", "a factor is not from 0 to 1,000"),
        ("wrong_share,factor\n0,nan\n", "a factor is not from 0 to 1,000"),
    ],
)
def test_a_faulty_response_table_is_refused(tmp_path: Path, content: str, words: str) -> None:
    file = tmp_path / "response.csv"
    file.write_text(content)
    with pytest.raises(DataError, match=words):
        read_response(file)


def test_a_response_table_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No such file or directory; give a readable response table"):
        read_response(tmp_path / "nothing.csv")


def test_loops_are_kept_and_summed_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "ARMS", (Arm("never", (REFERENCE,)),))
    size, steps = Size(500, SIZE.criteria), []
    rows = loops.run_loops({"flat": FLAT}, (1, 2, 3), tmp_path, size)
    monkeypatch.setattr(loops, "follow", None)
    again = loops.run_loops(
        {"flat": FLAT}, (1, 2, 3), tmp_path, size, lambda done, of: steps.append((done, of))
    )
    assert rows == again
    assert steps == [(1, 3), (2, 3), (3, 3)]
    found = loops.summarise_loops(rows, {"flat": FLAT})
    [line] = found["lines"]
    assert (line["response"], line["arm"], line["generation"]) == ("flat", "never", 1)
    shares = [row["wrong_share"] for row in rows]
    assert line["wrong_share"][0] == pytest.approx(sum(shares) / 3, rel=1e-5)
    assert line["wrong_share"][1] < line["wrong_share"][0] < line["wrong_share"][2]
    assert found["responses"] == {"flat": [[0.0, 1.0], [1.0, 1.0]]}
    (tmp_path / "generations-flat-never-2.json").write_text("{")
    with pytest.raises(DataError, match=r"generations-flat-never-2.json: not a result of the policy lab"):
        loops.run_loops({"flat": FLAT}, (1, 2, 3), tmp_path, size)
