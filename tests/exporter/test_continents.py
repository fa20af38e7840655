import pyarrow as pa
import pytest

from exporter.continents import continents


def where(latitude, longitude):
    places = [pa.chunked_array([pa.array([degrees], pa.float64())]) for degrees in (latitude, longitude)]
    return continents(*places).to_pylist()[0]


@pytest.mark.parametrize(
    ("latitude", "longitude", "continent"),
    [
        (42.36, -71.06, "north_america"),  # Boston
        (9.93, -84.08, "north_america"),  # San José, Costa Rica
        (18.47, -69.9, "north_america"),  # Santo Domingo
        (4.92, -52.31, "south_america"),  # Cayenne, which is France
        (-33.45, -70.67, "south_america"),  # Santiago de Chile
        (51.5, -0.13, "europe"),  # London
        (64.15, -21.94, "europe"),  # Reykjavik
        (55.75, 37.62, "europe"),  # Moscow
        (62.03, 129.73, "asia"),  # Yakutsk
        (66.16, -169.8, "asia"),  # Uelen, beyond 180 degrees
        (41.01, 39.7, "asia"),  # Trabzon
        (35.68, 139.69, "asia"),  # Tokyo
        (30.04, 31.24, "africa"),  # Cairo
        (-20.16, 57.5, "africa"),  # Mauritius, which the grid knows as sea
        (-36.85, 174.76, "oceania"),  # Auckland
        (-17.71, 178.07, "oceania"),  # Fiji
        (-77.85, 166.67, "antarctica"),  # McMurdo
        (90, 180, "asia"),
        (-90, -180, "antarctica"),
        (None, 5.0, ""),
        (5.0, None, ""),
    ],
)
def test_a_place_lies_on_its_continent(latitude, longitude, continent):
    assert where(latitude, longitude) == continent


def test_no_places_are_no_continents():
    nothing = pa.chunked_array([pa.array([], pa.float64())])
    assert continents(nothing, nothing).to_pylist() == []
