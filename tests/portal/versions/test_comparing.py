"""What is counted of versions, and when it is counted again."""

import pytest

from portal.taxa.models import Taxon
from portal.versions import services as versions
from portal.versions.models import CladeStanding, ClassStanding, Comparison, ModelVersion
from tests.portal.versions.releases import (
    FIRST,
    GRISEOCOLLIS,
    IMPATIENS,
    SARCOPHAGA,
    SECOND,
    TERRESTRIS,
    UNKNOWN,
    release,
    release_both,
)
from tests.portal.world import LAST_DAY, make_refresh


def told(version, *names):
    return Comparison.objects.filter(version=version).values_list(*names).get()


@pytest.fixture
def both(world):
    return release_both()


def test_a_version_is_counted_beside_the_one_before_it(both):
    first, second = both
    names = (
        "previous",
        "classes",
        "images",
        "right",
        "right_in_five",
        "gained",
        "lost",
        "better",
        "worse",
        "unplaced",
    )
    assert told(first, *names) == (None, 3, 75, 40, 75, 0, 0, 0, 0, 0)
    assert told(second, *names) == (first.pk, 3, 100, 77, 100, 1, 1, 1, 0, 0)
    changes = dict(ClassStanding.objects.filter(comparison__version=second).values_list("taxon_id", "change"))
    assert changes == {TERRESTRIS: "better", IMPATIENS: "same", SARCOPHAGA: "lost", GRISEOCOLLIS: "gained"}
    bombus = CladeStanding.objects.get(comparison__version=second, taxon_id=52775, is_group=False)
    assert (bombus.classes, bombus.images, bombus.right, bombus.stayed) == (3, 100, 77, 12)


def test_nothing_is_counted_twice(both, django_assert_num_queries):
    with django_assert_num_queries(2):
        assert versions.compare_versions() == 0


def test_a_version_that_comes_between_has_the_later_one_counted_again(both):
    _first, second = both
    between = release("v1-5", 6, SECOND)
    assert versions.compare_versions() == 2
    assert told(second, "previous", "gained", "lost") == (between.pk, 0, 0)
    assert ClassStanding.objects.filter(comparison__version=second).count() == 3


def test_a_version_that_is_withdrawn_has_the_later_one_counted_again(both):
    first, second = both
    ModelVersion.objects.filter(pk=first.pk).update(released_at=None)
    assert versions.compare_versions() == 1
    assert told(second, "previous", "gained") == (None, 0)


def test_an_unreleased_version_is_not_counted(both):
    ModelVersion.objects.update(released_at=None)
    Comparison.objects.all().delete()
    assert versions.compare_versions() == 0


def test_classes_that_the_tree_lacked_are_looked_for_again_after_a_refresh(world):
    version = release("v1", 3, FIRST | {UNKNOWN: (25, 20)})
    versions.compare_versions()
    assert told(version, "classes", "unplaced") == (4, 1)
    assert versions.compare_versions() == 0
    Taxon.objects.create(
        id=UNKNOWN,
        parent_id=52775,
        ancestry="48460/1/47158/47201/52775",
        name="Bombus novus",
        rank="species",
        rank_level=10.0,
    )
    make_refresh(LAST_DAY)
    assert versions.compare_versions() == 1
    assert told(version, "classes", "unplaced") == (4, 0)


def test_a_version_that_is_gone_meanwhile_is_left_out(world):
    assert versions.compare(7, None) is False


def test_counting_takes_few_statements_however_many_classes(world, django_assert_max_num_queries):
    release("v1", 3, dict.fromkeys(range(1, 3000), (25, 20)))
    with django_assert_max_num_queries(25):
        versions.compare_versions()
    assert ClassStanding.objects.count() == 2_999
