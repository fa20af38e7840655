"""The species of a clade by their photos, on the small world of tests/portal/world.py."""

import json

import pytest

from portal.taxa import curves
from portal.taxa.curves import Counted
from portal.taxa.models import Taxon
from portal.taxa.queries.curves import curve
from tests.portal.world import readiness

INSECTS, BEES, LADY_BEETLES, BOMBUS = 47158, 47201, 48486, 52775
#: By the fewest photos of a step: classes, rolled up, dropped, short. The hybrid is none of them.
EVERY_SPECIES = {40: [0, 1, 0, 0], 50: [0, 0, 0, 1], 100: [1, 0, 1, 0], 790: [1, 0, 0, 0]}


def get(taxon_id):
    return Taxon.objects.get(id=taxon_id)


def test_steps_are_ten_to_a_power_of_ten_with_the_lines_among_them():
    assert curves.STEPS[:18] == [1, 2, 3, 4, 5, 6, 7, 10, 13, 16, 20, 25, 32, 40, 50, 63, 79, 100]
    assert curves.STEPS[-1] > 10_000_000


def test_everything_is_counted_at_the_refresh(world, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert curve("inat-2022", None) == Counted(EVERY_SPECIES, near=2)


@pytest.mark.parametrize(
    ("clade", "found"),
    [
        (INSECTS, Counted(EVERY_SPECIES, near=2)),
        (BEES, Counted({100: [1, 0, 1, 0], 790: [1, 0, 0, 0]}, near=1)),
        (LADY_BEETLES, Counted({50: [0, 0, 0, 1]}, near=1)),
        (900003, Counted({}, near=0)),
    ],
)
def test_a_small_clade_is_counted_when_somebody_asks(world, clade, found, django_assert_max_num_queries):
    clade = get(clade)
    with django_assert_max_num_queries(3):
        assert curve("inat-2022", clade) == found


def test_what_is_kept_of_a_large_clade_is_what_counting_it_gives(world, monkeypatch):
    monkeypatch.setattr(curves, "KEPT_ABOVE", 0)
    kept = {row["taxon_id"]: row for row in curves.curves_to_keep(readiness()).to_pylist()}
    counted = {taxon_id: curve("inat-2022", get(taxon_id)) for taxon_id in kept if taxon_id}
    assert len(counted) == 15
    for taxon_id, shown in counted.items():
        steps = {int(step): counts for step, counts in json.loads(kept[taxon_id]["steps"]).items()}
        assert Counted(steps, kept[taxon_id]["near"]) == shown, taxon_id


def test_a_clade_is_kept_if_it_is_large(monkeypatch):
    monkeypatch.setattr(curves, "KEPT_ABOVE", 4)
    kept = curves.curves_to_keep(readiness())["taxon_id"].to_pylist()
    # Life, animals, insects: 15, 15 and 13 taxa. Bees and bumble bees have five and four.
    assert kept == [curves.EVERYTHING, 48460, 1, INSECTS, BEES]


def test_nothing_counted_is_no_fault():
    empty = readiness().slice(0, 0)
    assert curves.curves_to_keep(empty).to_pylist() == [
        {"taxon_id": curves.EVERYTHING, "steps": "{}", "near": 0}
    ]
