import pyarrow as pa
import pytest
from django.db import connection

from portal import bulk
from portal.taxa.models import TaxonName

pytestmark = pytest.mark.django_db


def batch(**columns):
    return pa.RecordBatch.from_pydict(columns)


def rows(table):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table}")
        return cursor.fetchall()


def test_values_arrive_as_they_were_sent():
    words = ['quote " and comma ,', "line\nbreak", "", None, "\\N", "☘ 'single'"]
    bulk.stage(
        "staged_words",
        {"id": "bigint", "word": "text", "number": "double precision"},
        [batch(id=list(range(6)), word=words, number=[0.5, None, -1.0, 1e300, 0.0, 3.0])],
    )
    assert sorted(rows("staged_words")) == list(
        zip(range(6), words, [0.5, None, -1.0, 1e300, 0.0, 3.0], strict=True)
    )


def test_staging_again_starts_anew():
    for number in (1, 2):
        bulk.stage("staged_numbers", {"id": "bigint"}, [batch(id=[number])])
    assert rows("staged_numbers") == [(2,)]


def test_a_merge_adds_alters_and_leaves_alone():
    kept, altered = (
        TaxonName.objects.create(taxon_id=1, key=key, popularity=3) for key in ("kept", "altered")
    )
    bulk.stage(
        "staged_names",
        {"key": "text", "taxon_id": "bigint", "popularity": "integer"},
        [batch(key=["kept", "altered", "new"], taxon_id=[1, 1, 1], popularity=[3, 4, 5])],
    )
    merged = bulk.merge(TaxonName, "staged_names", ["taxon_id", "key"], ["popularity"])
    assert merged == bulk.Merged(new=1, changed=1)
    found = TaxonName.objects.order_by("popularity")
    assert list(found.values_list("key", "popularity")) == [("kept", 3), ("altered", 4), ("new", 5)]
    assert {kept.pk, altered.pk} < set(found.values_list("pk", flat=True))
    assert bulk.merge(TaxonName, "staged_names", ["taxon_id", "key"], ["popularity"]) == bulk.Merged(0, 0)
