"""Files of iNaturalist's taxonomy archive, written as `exporter.sources.common_names` says they are."""

import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.common_names import count_named, shown_sql
from exporter.doctor import examine
from exporter.ingest import ingest
from exporter.lake import Lake
from exporter.merge_sql import merge_names_sql
from exporter.schema import COMMON_NAMES, read_sql
from exporter.sources.common_names import locale
from tests.exporter.sources.conftest import Loaded

HEADER = "id,vernacularName,language,locality,countryCode,source,lexicon,contributor,created\n"
MADE = "2012-03-04T05:06:07Z"
META = """<archive xmlns="http://rs.tdwg.org/dwc/text/">
<core encoding="UTF-8" fieldsTerminatedBy="," fieldsEnclosedBy='"' ignoreHeaderLines="1" rowType="{core}">
<files><location>taxa.csv</location></files><id index="0"/><field index="1" term="{dwc}scientificName"/>
</core>
{extension}</archive>"""
EXTENSION = """<extension encoding="UTF-8" fieldsTerminatedBy="," fieldsEnclosedBy='"' ignoreHeaderLines="1"
rowType="http://rs.gbif.org/terms/1.0/VernacularName">
<files><location>VernacularNames-spanish.csv</location><location>VernacularNames-unknown.csv</location></files>
<coreid index="0"/>
<field index="1" term="{dwc}vernacularName"/><field index="2" term="http://purl.org/dc/terms/language"/>
<field index="3" term="{dwc}locality"/><field index="6" term="https://www.inaturalist.org/terms/lexicon"/>
<field index="8" term="http://purl.org/dc/terms/created"/>
</extension>"""
TERMS = "http://rs.tdwg.org/dwc/terms/"


def line(
    taxon_id: object, name: str, language: str = "es", locality: str = "", lexicon: str = "Spanish"
) -> str:
    return f"{taxon_id},{name},{language},{locality},,,{lexicon},Somebody,{MADE}\n"


def row(taxon_id: int, name: str, position: int, **other: object) -> dict[str, object]:
    same = {"lexicon": "Spanish", "language": "es", "is_local": False, "source": "taxonomy"}
    made = {"updated_at": datetime(2012, 3, 4, 5, 6, 7, tzinfo=UTC)}
    return {**same, **made, "taxon_id": taxon_id, "name": name, "position": position, **other}


def shown(lake: Lake, language: str) -> dict[int, str]:
    """Which name each taxon has in a language."""
    with lake.connect() as con:
        return dict(con.execute(shown_sql(language)).fetchall())


def test_names_are_read_with_what_is_odd_about_them(load: Callable[[str], Loaded]) -> None:
    loaded = load(
        HEADER
        + line(5, '"Abejorro, el común"', locality='"Spain | México"')
        + line(5, '"Abejorro\ncomún"')
        + line(6, "Bourdon", "und", lexicon="")
        + line(7, "Moscardón", "es-mx")
        + line(8, '"él"', "zh_hant", lexicon="Chinese (Traditional)")
    )
    assert (loaded.kind, loaded.read, loaded.refusals, loaded.notes) == ("common names", 5, [], [])
    assert loaded.common_names == [
        row(5, "Abejorro común", 2),
        row(5, "Abejorro, el común", 1, is_local=True),
        row(6, "Bourdon", 3, language="und", lexicon=""),
        row(7, "Moscardón", 4, language="es-MX"),
        row(8, "él", 5, language="zh-Hant", lexicon="Chinese (Traditional)"),
    ]


def test_a_bad_row_costs_one_line_and_a_bad_value_only_itself(load: Callable[[bytes], Loaded]) -> None:
    longest = "x" * 256
    text = (
        HEADER
        + line("x", "Abejorro")
        + line("", "Abejorro")
        + line(5, "")
        + line(5, f"{longest}x")
        + line(5, longest)
        + line(6, "Mosca", "Spanish!")
        + line(7, "Mosca").replace(MADE, "yesterday")
        + "8,too,short\n"
    )
    bytes_of_another_code = line(9, "Mosc\udce1").encode("utf-8", "surrogateescape")
    loaded = load(text.encode() + bytes_of_another_code)
    assert loaded.refusals == [
        ("line 2", "id 'x': not a whole number"),
        ("line 3", "no taxon id"),
        ("line 4", "no name"),
        ("line 5", f"vernacularName '{'x' * 60}': longer than the 256 characters that iNaturalist takes"),
        ("line 9", "3 columns where the header has 9"),
        ("line 10", "vernacularName 'Mosc\\udce1': not text in UTF-8"),
    ]
    assert loaded.notes == [
        ("line 7", "language 'Spanish!': not a locale, as es or es-MX"),
        ("line 8", "created 'yesterday': not a time"),
    ]
    named = [(each["taxon_id"], each["name"], each["language"]) for each in loaded.common_names]
    assert named == [(5, longest, "es"), (6, "Mosca", "und"), (7, "Mosca", "es")]


def test_who_gave_a_name_is_not_kept(load: Callable[[str], Loaded]) -> None:
    assert "Somebody" not in str(load(HEADER + line(5, "Abejorro")).rows)


@pytest.mark.parametrize("is_zipped", [True, False])
def test_an_archive_is_loaded_whole(lake: Lake, tmp_path: Path, is_zipped: bool) -> None:
    files = {
        "meta.xml": META.format(core=f"{TERMS}Taxon", dwc=TERMS, extension=EXTENSION.format(dwc=TERMS)),
        "taxa.csv": "id,scientificName\n5,Bombus\n",
        "VernacularNames-spanish.csv": HEADER + line(5, "Abejorros") + line(6, ""),
        "VernacularNames-unknown.csv": HEADER + line(5, "Hummeln", "und", lexicon=""),
    }
    folder = tmp_path / "archive"
    folder.mkdir()
    if is_zipped:
        with zipfile.ZipFile(folder / "taxonomy.dwca.zip", "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
    else:
        for name, content in files.items():
            (folder / name).write_text(content)
    report = ingest(lake, [folder])
    assert [(refusal.place, refusal.why) for refusal in report.refusals] == [
        ("VernacularNames-spanish.csv, line 3", "no name")
    ]
    with lake.connect() as con:
        names = con.execute("SELECT taxon_id, language, name FROM common_names ORDER BY ALL").fetchall()
    assert names == [(5, "es", "Abejorros"), (5, "und", "Hummeln")]
    assert examine(lake).is_sound


def test_an_archive_of_taxa_without_names_is_one_line(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "meta.xml").write_text(META.format(core=f"{TERMS}Taxon", dwc=TERMS, extension=""))
    (tmp_path / "taxa.csv").write_text("id,scientificName\n5,Bombus\n")
    [refusal] = ingest(lake, [tmp_path]).refusals
    assert refusal.why == "an archive of 'Taxon' without common names, which are all that is read of one"


def test_a_newer_file_replaces_the_names_of_a_taxon_in_its_language(lake: Lake, tmp_path: Path) -> None:
    old, new = tmp_path / "old.csv", tmp_path / "new.csv"
    old.write_text(
        HEADER + line(5, "Abejoro") + line(6, "Mosca") + line(5, "Bourdon", "fr", lexicon="French")
    )
    new.write_text((HEADER + line(5, "Abejorro")).replace(MADE, "2013-01-01T00:00:00Z"))
    ingest(lake, [old])
    changes = ingest(lake, [new]).tables["common_names"]
    assert (changes.read, changes.new, changes.changed) == (1, 1, 1)
    assert shown(lake, "es") == {5: "Abejorro", 6: "Mosca"}
    assert shown(lake, "fr") == {5: "Bourdon"}
    ingest(lake, [old])
    assert shown(lake, "es") == {5: "Abejorro", 6: "Mosca"}


def test_loading_twice_makes_no_new_version(lake: Lake, tmp_path: Path) -> None:
    path = tmp_path / "names.csv"
    path.write_text(HEADER + line(5, "Abejorro") + line(5, "Abejorro"))
    ingest(lake, [path])
    version = lake.require_latest()
    changes = ingest(lake, [path]).tables["common_names"]
    assert (changes.read, changes.new, changes.changed) == (2, 0, 0)
    assert lake.require_latest() == version


def test_the_name_shown_is_one_for_everywhere_then_the_first(lake: Lake, tmp_path: Path) -> None:
    path = tmp_path / "names.csv"
    path.write_text(
        HEADER
        + line(5, "Chinchorro", locality="Chile")
        + line(5, "Abejorro")
        + line(5, "Abejón")
        + line(6, "Moscón", "es-MX")
        + line(6, "Mosca", locality="Spain")
        + line(7, "Pinacate", "es-MX")
        + line(8, "Vespa", "eso")
    )
    ingest(lake, [path])
    assert shown(lake, "es") == {5: "Abejorro", 6: "Mosca", 7: "Pinacate"}
    assert shown(lake, "es-MX") == {5: "Abejorro", 6: "Moscón", 7: "Pinacate"}
    assert shown(lake, "en") == {}
    with lake.connect() as con:
        assert count_named(con, "es") == 0  # the lake knows none of these taxa


def test_a_lake_without_names_has_no_folder_for_them(lake: Lake, tmp_path: Path) -> None:
    path = tmp_path / "taxonomy.csv"
    path.write_text("taxon_id,parent_taxon_id,name,rank\n5,1,Bombus,genus\n")
    ingest(lake, [path])
    assert not (lake.root / COMMON_NAMES.name).exists()
    assert [finding.table for finding in examine(lake).findings] == [
        "taxa", "observations", "photos", "identifications",
    ]  # fmt: skip
    assert shown(lake, "es") == {}


@pytest.mark.parametrize(
    ("written", "result"),
    [("ES", "es"), ("es_mx", "es-MX"), ("zh-hant", "zh-Hant"), ("es-419", "es-419"), ("und", "und")],
)
def test_a_locale_is_written_as_usual(written: str, result: str) -> None:
    assert locale(written) == result


FILES = st.lists(
    st.lists(
        st.tuples(
            st.integers(5, 6),
            st.sampled_from(["Abejorro", "Mosca", "Moscón"]),
            st.sampled_from(["es", "es-MX"]),
            st.booleans(),
        ),
        max_size=4,
    ),
    max_size=4,
)


def merged(con: duckdb.DuckDBPyConnection, current: str, file: list[dict[str, object]]) -> str:
    """The SELECT of a lake's names after a file came to those of another SELECT."""
    con.register("staged", pa.Table.from_pylist(file, COMMON_NAMES.arrow))
    con.execute("CREATE OR REPLACE TEMP TABLE incoming AS FROM staged")
    names = ", ".join(COMMON_NAMES.names)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE lake AS SELECT {names}"
        f" FROM ({merge_names_sql(current)}) WHERE state <> 'gone'"
    )
    return f"SELECT {names} FROM lake"


@given(files=FILES, years=st.lists(st.integers(2012, 2013), min_size=4, max_size=4), data=st.data())
def test_any_order_of_files_gives_the_same_names(
    files: list[list[tuple[int, str, str, bool]]], years: list[int], data: st.DataObject
) -> None:
    read = [
        [
            row(
                taxon_id,
                name,
                position,
                language=language,
                is_local=is_local,
                updated_at=datetime(year, 1, 1, tzinfo=UTC),
            )
            for position, (taxon_id, name, language, is_local) in enumerate(file)
        ]
        for file, year in zip(files, years, strict=False)
    ]
    orders = [[list(chain.from_iterable(read))], read, data.draw(st.permutations(read)), [*read, *read]]
    with duckdb.connect(config={"threads": 1}) as con:
        results = []
        for order in orders:
            con.execute("DROP TABLE IF EXISTS lake")
            current = read_sql(COMMON_NAMES, [])
            for file in order:
                current = merged(con, current, file)
            results.append(con.execute(f"{current} ORDER BY ALL").fetchall())
    assert results == [results[0]] * len(orders)


def test_a_lake_from_before_there_were_names_is_read_and_gets_some(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    (tmp_path / "page.json").write_text('{"results": [{"id": 1, "taxon": {"id": 5, "name": "Bombus"}}]}')
    ingest(lake, [tmp_path / "page.json"])
    (path,) = (tmp_path / "lake" / "versions").glob("*.json")
    former = json.loads(path.read_bytes())
    for part in (former["tables"], former["digests"]):
        del part[COMMON_NAMES.name]
    path.write_text(json.dumps(former))
    assert shown(lake, "es") == {}
    assert examine(lake).is_sound
    (tmp_path / "VernacularNames-spanish.csv").write_text(HEADER + line(5, "Abejorro"))
    ingest(lake, [tmp_path / "VernacularNames-spanish.csv"])
    assert shown(lake, "es") == {5: "Abejorro"}
    assert examine(lake).is_sound
