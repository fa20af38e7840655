import re

import pytest

from exporter.sources.kinds import Kind, recognise

KNOWN = (
    "; known kinds are the open-data tables, API v1 observation JSON, iNaturalist's observation CSV exports, "
    "Darwin Core archives, taxonomy.csv of a vision export and iNaturalist's VernacularNames-*.csv"
)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        ("taxon_id\tancestry\trank_level\trank\tname\tactive\n", Kind.DUMP_TAXA),
        ("observation_uuid\tobserver_id\tlatitude\ttaxon_id\tquality_grade\n", Kind.DUMP_OBSERVATIONS),
        ("quality_grade\tanomaly_score\ttaxon_id\tobservation_uuid\r\n", Kind.DUMP_OBSERVATIONS),
        ("photo_uuid\tphoto_id\tobservation_uuid\tposition\n", Kind.DUMP_PHOTOS),
        ("observer_id\tlogin\tname", Kind.DUMP_OBSERVERS),
        ('{"total_results":1,"page":1,"results":[{"quality_grade":"casual","id":1}]}', Kind.API_PAGE),
        ('{\n "results": [\n {"id": 1, "photos": []', Kind.API_PAGE),
        ('{"total_results":0,"results":[]}', Kind.API_PAGE),
        ('[{"id":1,"observed_on":"2020-01-01"}]', Kind.API_LIST),
        ("[]", Kind.API_LIST),
        ('{"id":1,"identifications":[]}\n{"id":2}\n', Kind.API_LINES),
        ('\n{"id":1,"quality_grade":"res', Kind.API_LINES),
        ("id,observed_on,scientific_name\n", Kind.OBSERVATION_CSV),
        ('"id","quality_grade","taxon.id"\n', Kind.OBSERVATION_CSV),
        ("observation_uuid,taxon_id,photo_id,taxon_name,ancestry,quality_grade\n", Kind.OBSERVATION_CSV),
        ("parent_taxon_id,taxon_id,rank_level,leaf_class_id,name\n", Kind.TAXONOMY),
        ("id,parent_id,rank,kingdom,species\n", Kind.TAXONOMY),
        ("taxon_id,ancestry,rank,name,active\n", Kind.TAXONOMY),
        ("id,vernacularName,language,locality,countryCode,source,lexicon\n", Kind.COMMON_NAMES),
        ("PK\x03\x04rest", Kind.ARCHIVE),
        ('<archive xmlns="http://rs.tdwg.org/dwc/text/">', Kind.ARCHIVE),
    ],
)
def test_a_kind_is_recognised_by_how_the_file_begins(head: str, kind: Kind) -> None:
    assert recognise(head.encode()) is kind


@pytest.mark.parametrize(
    ("head", "why"),
    [
        (b"", f"not a kind I know: an empty file{KNOWN}"),
        (b"\xff\xd8\xff\xe0JFIF", f"not a kind I know: not text in UTF-8{KNOWN}"),
        (
            b"gbifID\toccurrenceID\ttaxonKey\n",
            "a table of a Darwin Core archive; load the archive whole: its zip, or its folder with meta.xml",
        ),
        (b"# Notes\n", f"not a kind I know: text that begins with '# Notes'{KNOWN}"),
        (b"model,metric\n", f"not a kind I know: a table of 'model, metric'{KNOWN}"),
        (
            b'"model"x,metric\n',
            f"not a kind I know: text whose first line is not CSV (',' expected after '\"'){KNOWN}",
        ),
        (
            b"photo_id\tobservation_uuid\tphoto_id\n",
            f"not a kind I know: a table with more than one column 'photo_id'{KNOWN}",
        ),
        (b"model\tmetric\n", f"not a kind I know: a table of 'model, metric'{KNOWN}"),
        (
            b"observation_id,quality_grade,taxon_id,identification_id\n",
            "not a kind I know: a table of identifications; load the observations' API JSON instead" + KNOWN,
        ),
        (
            b'{"id":1,"category":"leading","taxon":{"id":3},"observation":{"id":2,"quality_grade":"casual"}}\n',
            "not a kind I know: JSON of identifications, which does not list all those of an observation; "
            "load the observations' JSON instead" + KNOWN,
        ),
        (
            b'{"results":[{"count":3,"taxon":{"id":1}}]}',
            f"not a kind I know: JSON of counts by taxon (species_counts or similar_species){KNOWN}",
        ),
        (b'{"a": 1, "b": 2}', f"not a kind I know: JSON with the fields 'a, b'{KNOWN}"),
        (b"{broken", f"not a kind I know: JSON without a record that can be read{KNOWN}"),
    ],
)
def test_an_unknown_kind_is_told_with_what_it_looks_like(head: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(why)}$"):
        recognise(head)
