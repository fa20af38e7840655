"""What the database itself refuses."""

import pytest
from django.db import IntegrityError

from portal.lake.models import Refresh
from portal.taxa.models import Readiness, ReadinessHistory, Taxon, TaxonName
from tests.portal.world import LAST_DAY


def copy_of(row, **changes):
    row.pk = None
    for name, value in changes.items():
        setattr(row, name, value)
    return row


def readiness(**changes):
    return copy_of(Readiness.objects.filter(taxon_id=118970).first(), **changes)


def history(**changes):
    return copy_of(ReadinessHistory.objects.filter(taxon_id=118970).first(), **changes)


REFUSED = {
    "a taxon that is its own parent": lambda: Taxon(id=5, parent_id=5, name="x"),
    "a name twice": lambda: TaxonName(taxon_id=118970, key="bee"),
    "readiness twice under one rule": readiness,
    "an unknown status": lambda: readiness(criteria="other", status="nearly"),
    "a clade that ends before it starts": lambda: readiness(criteria="other", tree_left=3, tree_right=2),
    "fewer than no observations": lambda: readiness(criteria="other", observations=-1),
    "history twice for one refresh": history,
    "an unknown status in history": lambda: history(criteria="other", status="nearly"),
    "an unknown state": lambda: Refresh(state="paused", started_at=LAST_DAY, finished_at=LAST_DAY),
    "an ended refresh without its end": lambda: Refresh(state="failed", started_at=LAST_DAY),
    "a done refresh without its data's date": lambda: Refresh(
        state="done", started_at=LAST_DAY, finished_at=LAST_DAY, lake_version=1
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_the_database_refuses(world, what):
    with pytest.raises(IntegrityError):
        REFUSED[what]().save(force_insert=True)


def test_two_refreshes_cannot_run_at_once(db):
    Refresh.objects.create(started_at=LAST_DAY)
    with pytest.raises(IntegrityError):
        Refresh.objects.create(started_at=LAST_DAY)


def test_the_moment_of_a_refresh_is_the_time_asked_for_or_that_of_the_data(world):
    world.refresh_from_db()
    assert world.moment == LAST_DAY
    past = copy_of(world, as_of=LAST_DAY.replace(month=3))
    past.save()
    past.refresh_from_db()
    assert past.moment == LAST_DAY.replace(month=3)
