"""Where the simulated world's observations are made: towns of five real regions (public coordinates)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Town:
    """A place that people observe around. ``utc_offset`` is its standard time, hours ahead of UTC."""

    region: str
    latitude: float
    longitude: float
    utc_offset: int
    time_zone: str

    @property
    def is_southern(self) -> bool:
        """Is its summer in January?"""
        return self.latitude < 0


#: Regions by letter, and the share of all observations made there.
REGION_SHARES = {"E": 0.36, "A": 0.22, "W": 0.24, "T": 0.09, "Z": 0.09}

TOWNS = (
    Town("E", 51.75, -1.26, 0, "Europe/London"),
    Town("E", 53.48, -2.24, 0, "Europe/London"),
    Town("E", 52.52, 13.40, 1, "Europe/Berlin"),
    Town("E", 45.76, 4.84, 1, "Europe/Paris"),
    Town("A", 43.65, -79.38, -5, "America/Toronto"),
    Town("A", 42.44, -76.50, -5, "America/New_York"),
    Town("A", 35.60, -82.55, -5, "America/New_York"),
    Town("W", 36.97, -122.03, -8, "America/Los_Angeles"),
    Town("W", 45.52, -122.68, -8, "America/Los_Angeles"),
    Town("W", 48.43, -123.37, -8, "America/Vancouver"),
    Town("T", 29.42, -98.49, -6, "America/Chicago"),
    Town("T", 30.27, -97.74, -6, "America/Chicago"),
    Town("Z", -39.06, 174.08, 12, "Pacific/Auckland"),
    Town("Z", -41.29, 174.78, 12, "Pacific/Auckland"),
)

#: Standard deviation of the distance from the town, degrees.
SCATTER_DEGREES = 0.35

#: iNaturalist shows an obscured observation at a random point of its cell of this size, degrees.
OBSCURED_CELL_DEGREES = 0.2
