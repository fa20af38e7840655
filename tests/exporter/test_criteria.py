"""The presets are the rules that iNaturalist exported by: a changed number is a changed export."""

import dataclasses
from pathlib import Path

import pytest

from exporter.criteria import INAT_2021, INAT_2022, Criteria, load_criteria, preset
from exporter.errors import DataError

SETS = {
    "train_min": 50,
    "train_max": 1000,
    "val_min": 25,
    "val_max": 100,
    "test_min": 25,
    "test_max": 100,
    "train_photos_per_observation": 5,
    "clades": (),
    "leaves": (),
    "hybrids": False,
    "set_aside_by": "fewest_photos",
}


def test_inat_2022() -> None:
    assert dataclasses.asdict(INAT_2022) == {
        "name": "inat-2022",
        "confirmed_by": "community_taxon",
        "min_observations": 0,
        "min_confirmed": 0,
        **SETS,
    }
    assert INAT_2022.confirmed_needed == 50


def test_inat_2021() -> None:
    assert dataclasses.asdict(INAT_2021) == {
        "name": "inat-2021",
        "confirmed_by": "same_taxon",
        "min_observations": 100,
        "min_confirmed": 50,
        **SETS,
        "val_max": 25,
        "test_max": 25,
        "hybrids": True,
        "set_aside_by": "draw",
    }
    assert INAT_2021.confirmed_needed == 50


@pytest.mark.parametrize(("observations", "can_lack"), [(99, True), (100, False), (101, False)])
def test_a_hundred_observations_bring_all_photos_that_a_class_needs(
    observations: int, can_lack: bool
) -> None:
    """25 for test, 25 for validation and 50 for training, one of each at least."""
    criteria = dataclasses.replace(INAT_2022, min_observations=observations)
    assert criteria.can_lack_photos is can_lack


def test_presets_by_name() -> None:
    assert preset("inat-2021") is INAT_2021
    assert preset("inat-2022") is INAT_2022


def test_an_unknown_preset_is_refused_with_the_known_ones() -> None:
    with pytest.raises(DataError, match=r"^no criteria 'inat-2020': use one of inat-2021, inat-2022$"):
        preset("inat-2020")


def test_criteria_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        INAT_2022.train_min = 1  # type: ignore[misc]


TOML = """
name = "mine"
confirmed_by = "research_grade"
min_observations = 0
min_confirmed = 7
train_min = 4
train_max = 4
val_min = 0
val_max = 3
test_min = 2
test_max = 5
train_photos_per_observation = 1
"""
MOST = 10**9
MINE = Criteria(
    name="mine",
    confirmed_by="research_grade",
    min_observations=0,
    min_confirmed=7,
    train_min=4,
    train_max=4,
    val_min=0,
    val_max=3,
    test_min=2,
    test_max=5,
    train_photos_per_observation=1,
)


REQUIRED = set(dataclasses.asdict(MINE)) - {"clades", "leaves", "hybrids", "set_aside_by"}


def with_line(key: str, value: str | None) -> str:
    """The file with another value of a key, or without it."""
    lines = [line for line in TOML.splitlines() if not line.startswith(f"{key} =")]
    return "\n".join([*lines, *([] if value is None else [f"{key} = {value}"])])


@pytest.mark.parametrize(
    ("text", "criteria"),
    [
        # A maximum may equal its minimum, and a minimum may be 0.
        (TOML, MINE),
        (f"{TOML}clades = [3, 47126]\nleaves = []", dataclasses.replace(MINE, clades=(3, 47126))),
        (f"{TOML}leaves = [20]", dataclasses.replace(MINE, leaves=(20,))),
        (f"{TOML}hybrids = true", dataclasses.replace(MINE, hybrids=True)),
        (
            with_line("min_observations", "6") + '\nset_aside_by = "draw"',
            dataclasses.replace(MINE, min_observations=6, set_aside_by="draw"),
        ),
    ],
)
def test_a_file_of_criteria_gives_every_number(text: str, criteria: Criteria, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    assert load_criteria(str(path)) == criteria


@pytest.mark.parametrize("name", ["inat-2021", "inat-2022"])
def test_a_name_that_does_not_end_in_toml_is_a_preset(name: str) -> None:
    assert load_criteria(name) is preset(name)
    with pytest.raises(DataError, match=f"^no criteria '{name}.toml.txt': use one of inat-2021, inat-2022$"):
        load_criteria(f"{name}.toml.txt")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (with_line("train_min", None), "missing: train_min"),
        ("", f"missing: {', '.join(sorted(REQUIRED))}"),
        (f"{TOML}seed = 1\nprice = 2", "no such key: price, seed"),
        (with_line("train_max", "3"), "train_max is less than train_min"),
        (with_line("val_min", "4"), "val_max is less than val_min"),
        (with_line("test_max", "1"), "test_max is less than test_min"),
        (
            with_line("train_photos_per_observation", "0"),
            "train_photos_per_observation: Input should be greater than or equal to 1",
        ),
        (with_line("min_observations", "-1"), "min_observations: Input should be greater than or equal to 0"),
        (with_line("min_observations", "true"), "min_observations: Input should be a valid integer"),
        (with_line("min_observations", "1.0"), "min_observations: Input should be a valid integer"),
        (with_line("min_observations", '"1"'), "min_observations: Input should be a valid integer"),
        (
            with_line("min_observations", f"{MOST + 1}"),
            f"min_observations: Input should be less than or equal to {MOST}",
        ),
        (f"{TOML}clades = [-1]", "clades.0: Input should be greater than or equal to 0"),
        (f"{TOML}leaves = [7, {2**60}]", f"leaves.1: Input should be less than or equal to {2**52 - 1}"),
        (with_line("name", "7"), "name: Input should be a valid string"),
        (with_line("name", '""'), "name: String should have at least 1 character"),
        (
            with_line("confirmed_by", '"all"'),
            "confirmed_by: Input should be 'community_taxon', 'same_taxon' or 'research_grade'",
        ),
        (f"{TOML}hybrids = 1", "hybrids: Input should be a valid boolean"),
        (
            f'{TOML}set_aside_by = "size"',
            "set_aside_by: Input should be 'fewest_photos' or 'draw'",
        ),
        (
            with_line("min_observations", "5") + '\nset_aside_by = "draw"',
            "min_observations is less than test_min, val_min and train_min together, which set_aside_by"
            " 'draw' needs",
        ),
        (f"{TOML}clades = 3", "clades: Input should be a valid list"),
        (f"{TOML}leaves = [true]", "leaves.0: Input should be a valid integer"),
        (f"{TOML}leaves = ['3']", "leaves.0: Input should be a valid integer"),
    ],
)  # fmt: skip
def test_a_file_with_a_fault_is_refused_with_the_reason(text: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(DataError) as refused:
        load_criteria(str(path))
    assert str(refused.value) == f"{path}: {reason}; compare it with exporter/criteria.py"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file or directory"),
        (b"name = ", "Invalid value (at end of document)"),
        (b"\xff", "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_reason(
    content: bytes | None, reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "mine.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError) as refused:
        load_criteria(str(path))
    assert str(refused.value) == f"{path}: {reason}; give a readable TOML file of criteria"
