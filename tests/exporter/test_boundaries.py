import pyarrow as pa
import pytest

from exporter.boundaries import Place, countries_and_regions, places


def where(latitude, longitude):
    columns = [pa.chunked_array([pa.array([degrees], pa.float64())]) for degrees in (latitude, longitude)]
    country, region = countries_and_regions(*columns)
    return country.to_pylist()[0], region.to_pylist()[0]


@pytest.mark.parametrize(
    ("latitude", "longitude", "country", "region"),
    [
        (42.36, -71.06, "US", "US-MA"),  # Boston
        (38.90, -77.04, "US", "US-DC"),  # Washington, a region of few kilometres
        (19.72, -155.08, "US", "US-HI"),  # Hilo
        (9.93, -84.08, "CR", "CR-SJ"),  # San José
        (41.39, 2.17, "ES", "ES-cataluna"),  # Barcelona: communities, where Natural Earth has provinces
        (28.12, -15.43, "ES", "ES-canarias"),  # Las Palmas
        (55.95, -3.19, "GB", "GB-scotland"),  # Edinburgh
        (4.92, -52.31, "FR", "FR-guyane-francaise"),  # Cayenne
        (48.21, 16.37, "AT", "AT-9"),  # Vienna
        (35.68, 139.69, "JP", "JP-13"),  # Tokyo
        (64.75, 177.50, "RU", "RU-CHU"),  # Anadyr
        (66.16, -169.8, "RU", "RU-CHU"),  # Uelen, beyond 180 degrees
        (43.74, 7.42, "MC", ""),  # Monaco, which has no regions
        (-36.85, 174.76, "NZ", "NZ-AUK"),  # Auckland
        (-77.85, 166.67, "AQ", ""),  # McMurdo
        (41.30, 2.35, "ES", "ES-cataluna"),  # at sea, 15 km off Barcelona
        (40.5, -40.0, "", ""),  # in the middle of the Atlantic
        (90, 180, "", ""),
        (-90, -180, "AQ", ""),
        (None, 5.0, "", ""),
        (5.0, None, "", ""),
    ],
)
def test_a_place_lies_in_its_country_and_region(latitude, longitude, country, region):
    assert where(latitude, longitude) == (country, region)


def test_no_places_are_nowhere():
    nothing = pa.chunked_array([pa.array([], pa.float64())])
    assert [column.to_pylist() for column in countries_and_regions(nothing, nothing)] == [[], []]


def test_places_have_names_and_every_region_its_country():
    every = places()
    assert every["ES"] == Place("ES", "", "Spain", "España")
    assert every["AT-9"] == Place("AT-9", "AT", "Vienna", "Viena")
    assert all(not every[place.country].country for place in every.values() if place.country)
    assert all(place.name and place.name_es for place in every.values())
    # Nobody chooses between two of one name.
    named = [(place.country, place.name) for place in every.values()]
    assert len(set(named)) == len(named)
