"""Where and when classes are, learnt."""

from pathlib import Path

import numpy as np
import pytest

from trainer import geomodel
from trainer.geomodel import GeoModel, encode
from trainer.prior import Places, Spots

NOBODY = np.array([], dtype=np.int64)


@pytest.fixture
def places() -> Places:
    """Four classes of 500: north and south, in January and in July."""
    random = np.random.default_rng(1)
    class_ids = np.arange(2000) % 4
    return Places(
        np.arange(2000),
        np.where(class_ids % 2 == 0, 50.0, -50.0) + random.normal(0, 5, 2000),
        random.uniform(-180, 180, 2000),
        np.where(class_ids < 2, 15, 196) + random.integers(-10, 11, 2000),
        class_ids,
    )


def likeliest(model: GeoModel, latitude: float, day: int) -> int:
    ratios = model.log_ratios(Spots(np.array([latitude]), np.array([20.0]), np.array([day])))
    return int(ratios[0].argmax())


def test_classes_are_known_by_place_and_season(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(geomodel, "_LEAST_STEPS", 250)
    monkeypatch.setattr(geomodel, "_MOST_STEPS", 250)
    model = GeoModel.fit(places, 4, NOBODY, seed=1)
    assert [likeliest(model, *spot) for spot in ((50.0, 15), (-50.0, 15), (50.0, 196), (-50.0, 196))] == [
        0,
        1,
        2,
        3,
    ]
    assert likeliest(model, 50.0, 362) == 0  # the year is a circle
    model.save(tmp_path / "geomodel.keras")
    spots = Spots(np.array([10.0, np.nan]), np.array([5.0, 5.0]), np.array([-1, 3]))
    again = GeoModel.load(tmp_path / "geomodel.keras", model.log_shares)
    assert np.array_equal(model.log_ratios(spots), again.log_ratios(spots))
    assert model.log_ratios(spots)[1].tolist() == [0, 0, 0, 0]


def test_few_places_teach_nothing(places: Places) -> None:
    assert GeoModel.fit(places, 4, np.arange(1500), seed=1) is None


def test_what_the_network_sees() -> None:
    """Places on the sphere; December next to January; an unknown date all zeros."""
    seen = encode(Spots(np.zeros(3), np.array([0.0, 90.0, 180.0]), np.array([0, 365, -1])))
    assert seen.shape == (3, 15)
    assert np.allclose(seen[:, :3], [[1, 0, 0], [0, 1, 0], [-1, 0, 0]], atol=1e-6)
    assert np.allclose(seen[0, 9:], seen[1, 9:], atol=0.05)
    assert seen[2, 9:].tolist() == [0] * 6
