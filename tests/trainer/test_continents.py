"""On which continent a place lies."""

import numpy as np

from trainer.continents import continents


def test_cities_and_the_sea_beside_them() -> None:
    places = {
        (48.9, 2.4): "Europe",
        (-1.3, 36.8): "Africa",
        (35.7, 139.7): "Asia",
        (-33.9, 151.2): "Oceania",
        (19.4, -99.1): "North America",
        (-23.5, -46.6): "South America",
        (-80.0, 0.0): "Antarctica",
        (90.0, 180.0): "North America",
        (np.nan, 5.0): "",
    }
    latitudes, longitudes = np.array(list(places)).T
    result = continents(latitudes, longitudes)
    assert dict(zip(list(places)[:7], result[:7], strict=True)) == dict(list(places.items())[:7])
    assert result[8] == ""
