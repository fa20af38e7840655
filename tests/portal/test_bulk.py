import pyarrow as pa
import pytest
from django.db import IntegrityError, connection

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


def test_a_table_is_poured_in_spans_of_its_key_and_cleared_again(monkeypatch):
    monkeypatch.setattr(bulk, "_ROWS_AT_ONCE", 2)
    bulk.stage(
        "staged_names", {"id": "bigint", "key": "text"}, [batch(id=[-7, 5, 1, 9, 3], key=list("abcde"))]
    )
    assert list(bulk.spans("staged_names", "id")) == [(-(2**63) + 1, 1), (1, 5), (5, 9)]
    columns = {"taxon_id": "staged.id", "key": "staged.key", "popularity": "%s"}
    bulk.pour(TaxonName, "staged_names", "id", columns, 4)
    result = TaxonName.objects.order_by("taxon_id").values_list("taxon_id", "key", "popularity")
    assert list(result) == [(-7, "a", 4), (1, "c", 4), (3, "e", 4), (5, "b", 4), (9, "d", 4)]
    bulk.clear(TaxonName, "taxon_id < %s", 5)
    assert list(result.values_list("key", flat=True)) == ["b", "d"]


def test_a_staging_table_can_be_unique_by_several_columns():
    rows_of = batch(taxon_id=[1, 1], key=["a", "b"])
    bulk.stage("staged_pairs", {"taxon_id": "bigint", "key": "text"}, [rows_of], key=("taxon_id", "key"))
    assert rows("staged_pairs") == [(1, "a"), (1, "b")]
    with pytest.raises(IntegrityError):
        bulk.stage("staged_pairs", {"taxon_id": "bigint", "key": "text"}, [rows_of])


def test_of_no_rows_there_are_no_spans():
    bulk.make("staged_nothing", "SELECT id, key FROM taxa_taxonname", key="id")
    assert list(bulk.spans("staged_nothing", "id")) == []
    assert bulk.count("staged_nothing") == 0


def test_a_column_is_altered_in_the_rows_of_these_keys_and_no_others(monkeypatch):
    monkeypatch.setattr(bulk, "_ROWS_AT_ONCE", 2)
    names = [{"taxon_id": number, "key": f"k{number}", "language": "en"} for number in range(1, 6)]
    bulk.append(TaxonName, pa.Table.from_pylist(names), popularity=1)
    chosen = pa.table({"taxon_id": [5, 2, 3, 9], "popularity": [50, 20, 30, 90]})
    bulk.alter(TaxonName, chosen, "popularity", language="en")
    bulk.alter(TaxonName, chosen, "popularity", language="es")
    found = TaxonName.objects.order_by("taxon_id").values_list("taxon_id", "key", "popularity")
    assert list(found) == [(1, "k1", 1), (2, "k2", 20), (3, "k3", 30), (4, "k4", 1), (5, "k5", 50)]
