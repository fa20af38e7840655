"""Small worlds of the policy lab."""

from datetime import date
from typing import Any

import pytest

from exporter.criteria import Criteria
from exporter.policy.lab import Lab, Size
from exporter.simulation.histories import History, Identification
from exporter.simulation.places import TOWNS
from exporter.simulation.sightings import Sighting
from exporter.simulation.tree import ids_by_name

#: A class needs four confirmed observations, and one photo in training.
SMALL = Criteria(
    name="small",
    confirmed_by="community_taxon",
    min_observations=0,
    min_confirmed=0,
    train_min=3,
    train_max=20,
    val_min=1,
    val_max=3,
    test_min=1,
    test_max=3,
    train_photos_per_observation=5,
)
SIZE = Size(900, SMALL)
END = date(2026, 11, 1)

EASTERN_BEE, SOUTHERN_BEE = (ids_by_name()[name] for name in ("Xylocopa virginica", "Xylocopa micans"))


@pytest.fixture(scope="session")
def lab() -> Lab:
    """One small world, for all who only look at it."""
    return Lab(1, SIZE)


def sighting(index: int, true_taxon_id: int, created_at: int, **others: Any) -> Sighting:
    """An observation with one photo, in order in every way."""
    values = {
        "group": 1,
        "observer": 0,
        "town": TOWNS[0],
        "latitude": 50.0,
        "longitude": 10.0,
        "accuracy": 10,
        "observed_at": created_at - 3600,
        "photos": 1,
        "visits": 0,
        "has_date": True,
        "has_place": True,
        "is_obscured": False,
        "is_captive": False,
        "fails_metric": False,
        "is_flagged": False,
    }
    return Sighting(index=index, true_taxon_id=true_taxon_id, created_at=created_at, **(values | others))


def history(*named: tuple[int, int, int]) -> History:
    """Identifications as (person, taxon, time); person 0 is the observer. Nobody disagrees explicitly."""
    said = History()
    for person, taxon_id, made_at in named:
        label = said.consensus.taxon_id
        said.identifications.append(
            Identification(
                person=person,
                taxon_id=taxon_id,
                made_at=made_at,
                is_own=person == 0,
                is_vision=False,
                is_disagreement=None if label is None else label != taxon_id,
                previous_taxon_id=label,
                is_hidden=False,
            )
        )
        said.settle()
    return said
