"""What real labels did, observed: 14 days of iNaturalist's records of June and July 2026.

The observations of about 110 national parks of the USA, each read the morning after it was made, with its
identifications until then. Made by ``python -m exporter policy --history`` on them.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Observed:
    """``overturned``: shares of labels overturned by that age in hours, with their 90 % interval."""

    labels: int
    hours: int
    overturned: float
    low: float
    high: float
    first_hour: float
    suggested: float
    unaided: float
    younger: float
    older: float
    needed_days: int


OBSERVED = Observed(
    labels=30_517,
    hours=24,
    overturned=0.0179,
    low=0.0166,
    high=0.0193,
    first_hour=0.0067,
    suggested=0.0162,
    unaided=0.0229,
    younger=0.0076,
    older=0.0022,
    needed_days=118,
)
