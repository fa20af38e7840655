"""The presets are the rules that iNaturalist exported by: a changed number is a changed export."""

import dataclasses

import pytest

from exporter.criteria import INAT_2021, INAT_2022, preset
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
        "confirmed_by": "research_grade",
        "min_observations": 100,
        "min_confirmed": 50,
        **SETS,
    }
    assert INAT_2021.confirmed_needed == 50


def test_presets_by_name() -> None:
    assert preset("inat-2021") is INAT_2021
    assert preset("inat-2022") is INAT_2022


def test_an_unknown_preset_is_refused_with_the_known_ones() -> None:
    with pytest.raises(DataError, match=r"^no criteria 'inat-2020': use one of inat-2021, inat-2022$"):
        preset("inat-2020")


def test_criteria_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        INAT_2022.train_min = 1  # type: ignore[misc]
