"""Scenarios by name and from files; what is wrong with a file is one line."""

from pathlib import Path

import pytest

from exporter.errors import DataError
from exporter.policy.scenarios import (
    LEADS,
    PARAMETERS,
    REACTIONS,
    REFERENCE,
    SCENARIOS,
    Scenario,
    load_scenarios,
)


def test_every_parameter_has_a_range_that_holds_the_values_here_and_a_source() -> None:
    assert list(Scenario("x").numbers) == [parameter.name for parameter in PARAMETERS]
    for scenario in SCENARIOS:
        for parameter in PARAMETERS:
            assert parameter.low <= scenario.numbers[parameter.name] <= parameter.high
    assert all(parameter.source for parameter in PARAMETERS)


def test_the_default_is_that_nothing_happens() -> None:
    assert Scenario("none") == REFERENCE
    amounts = ("lead_days", "cleanup", "enthusiasts", "pushed_taxa", "aimed", "records", "redraw")
    assert {REFERENCE.numbers[name] for name in amounts} == {0}


def test_scenarios_have_names() -> None:
    assert load_scenarios("all") == list(SCENARIOS)
    [announced] = load_scenarios("all-7")
    assert (announced.lead_days, announced.cleanup, announced.pushed_taxa) == (7, 0.5, 4)
    names = {scenario.name for scenario in SCENARIOS}
    assert names == {"none", "redrawn"} | {f"{name}-{lead}" for name in REACTIONS for lead in LEADS}


def test_a_file_gives_what_differs_from_nothing(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('name = "mine-2"\nlead_days = 5\ncleanup = 0.75\n')
    assert load_scenarios(str(file)) == [Scenario("mine-2", lead_days=5.0, cleanup=0.75)]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("name = ", "give a TOML file of a scenario"),
        ("cleanup = 1", "name is not a text of letters, digits and hyphens"),
        ('name = "a b"', "name is not a text of letters, digits and hyphens"),
        ('name = "all-7"', "the name all-7 is that of a scenario here; give another"),
        ('name = "x"\npush = 1', "no such key: push; known are name, lead_days, "),
        ('name = "x"\ncleanup = "much"', "cleanup is not a number"),
        ('name = "x"\ncleanup = nan', "cleanup is nan, and must be from 0 to 5"),
        ('name = "x"\nerror = 1.5', "error is 1.5, and must be from 0 to 1"),
        ('name = "x"\nredraw = true', "redraw is not a number"),
    ],
)
def test_a_file_with_a_fault_is_refused_in_one_line(tmp_path: Path, content: str, words: str) -> None:
    file = tmp_path / "x.toml"
    file.write_text(content)
    with pytest.raises(DataError) as caught:
        load_scenarios(str(file))
    assert str(caught.value).startswith(f"{file}: ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["nobody", "/nowhere/x.toml", ""])
def test_a_scenario_that_is_not_there(name: str) -> None:
    with pytest.raises(DataError, match=r"no scenario '(nobody)?'|/nowhere/x.toml: No such file"):
        load_scenarios(name)
