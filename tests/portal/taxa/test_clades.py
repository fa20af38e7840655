"""What the picture of the tree reads, on the small world of tests/portal/world.py."""

import pytest

from portal.taxa.models import Readiness, Taxon
from portal.taxa.queries import clades

LIFE, ANIMALS, INSECTS, BEES, FLIES, LADY_BEETLES = 48460, 1, 47158, 47201, 47822, 48486
BOMBUS, SARCOPHAGA, HARMONIA = 52775, 120489, 48487
RULE = "inat-2022"


def clade(taxon_id=None):
    return clades.clade(RULE, taxon_id and Taxon.objects.get(id=taxon_id))


def ids(rows):
    return [row.taxon_id for row in rows]


def nested(branches):
    return {branch.row.taxon_id: nested(branch.branches) for branch in branches}


def test_without_a_taxon_it_is_the_root(world):
    result = clade()
    assert (result.row.taxon_id, result.photos, result.branches, result.branch_photos) == (
        LIFE,
        1250,
        1,
        1250,
    )


def test_where_no_root_holds_most_all_taxa_stand_for_it(world):
    Readiness.objects.filter(taxon_id__in=(LIFE, ANIMALS)).delete()
    Readiness.objects.filter(taxon_id=INSECTS).update(is_drawn=False)
    Readiness.objects.filter(stem_id=INSECTS).update(stem_id=None)
    Readiness.objects.filter(taxon_id=BEES).update(photos=160)
    result = clade()
    assert (result.row, result.photos, result.branches) == (None, 330, 3)
    assert ids(clades.branches(RULE, result)) == [BEES, FLIES, LADY_BEETLES]


def test_a_taxon_without_observations_is_no_clade(world):
    assert clade(900003) is None


def test_nothing_counted_is_an_empty_clade(db):
    result = clades.clade(RULE, None)
    assert (result.row, result.photos, result.branches) == (None, 0, 0)


def test_branches_come_with_most_photos_first(world):
    assert ids(clades.branches(RULE, clade(INSECTS))) == [BEES, FLIES, LADY_BEETLES]
    assert ids(clades.branches(RULE, clade(BOMBUS))) == [118970, 57516, 120215]
    assert ids(clades.branches(RULE, clade(118970))) == []


def test_below_a_taxon_that_is_not_drawn_lie_those_of_the_one_above_it(world):
    Readiness.objects.filter(taxon_id=HARMONIA).update(is_drawn=False, stem_id=LADY_BEETLES)
    Readiness.objects.filter(stem_id=HARMONIA).update(stem_id=LADY_BEETLES)
    assert ids(clades.branches(RULE, clade(HARMONIA))) == [48484, 900002]
    assert ids(clades.branches(RULE, clade(LADY_BEETLES))) == [48484, 900002]


def test_a_clade_grows_three_levels_of_what_is_large_enough(world, django_assert_num_queries):
    insects = clade(INSECTS)
    with django_assert_num_queries(clades.LEVELS):
        result = clades.grown(RULE, insects, least=65)
    assert nested(result) == {
        BEES: {BOMBUS: {118970: {}, 57516: {}, 120215: {}}},
        FLIES: {SARCOPHAGA: {}},
        LADY_BEETLES: {HARMONIA: {}},
    }
    assert nested(clades.grown(RULE, insects, least=101)) == {
        BEES: {BOMBUS: {118970: {}, 57516: {}, 120215: {}}}
    }
    assert nested(clades.grown(RULE, clade(), least=0)) == {
        ANIMALS: {INSECTS: {BEES: {}, FLIES: {}, LADY_BEETLES: {}}}
    }


@pytest.mark.parametrize("taxon_id", [BOMBUS, LIFE])
def test_no_more_queries_for_many_cells_than_for_few(world, taxon_id, django_assert_max_num_queries):
    result = clade(taxon_id)
    with django_assert_max_num_queries(clades.LEVELS):
        assert [branch.row.taxon.name for branch in clades.grown(RULE, result, least=0)]
