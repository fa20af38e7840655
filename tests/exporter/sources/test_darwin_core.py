"""Darwin Core archives: iNaturalist's own, and GBIF's downloads of its records."""

import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from exporter.errors import DataError
from exporter.ingest import IngestReport, ingest
from exporter.lake import Lake
from exporter.lineages import Name, provisional_id

DWC = "http://rs.tdwg.org/dwc/terms/"
DC = "http://purl.org/dc/terms/"
GBIF = "http://rs.gbif.org/terms/1.0/"
DATASET = "50c9509d-22c7-4a22-a47d-8c48425ef4a7"


def meta(core: tuple[str, str, list[str]], *extensions: tuple[str, str, list[str]], tab: bool = False) -> str:
    """A meta.xml: for each table its file, its row type, its terms from column 0 on, the shared id first."""
    how = (
        r'fieldsTerminatedBy="\t" fieldsEnclosedBy=""'
        if tab
        else """fieldsTerminatedBy="," fieldsEnclosedBy='"'"""
    )

    def table(kind: str, id_name: str, file: str, row_type: str, terms: list[str]) -> str:
        fields = "".join(f'<field index="{n}" term="{term}"/>' for n, term in enumerate(terms) if term)
        return (
            f'<{kind} encoding="UTF-8" {how} linesTerminatedBy="\\n" ignoreHeaderLines="1"'
            f' rowType="{row_type}"><files><location>{file}</location></files>'
            f'<{id_name} index="0"/>{fields}</{kind}>'
        )

    tables = [table("core", "id", *core), *(table("extension", "coreid", *each) for each in extensions)]
    return f'<?xml version="1.0"?>\n<archive xmlns="http://rs.tdwg.org/dwc/text/">{"".join(tables)}</archive>'


OWN_TERMS = ["", DWC + "occurrenceID", DC + "modified", DWC + "catalogNumber", DWC + "datasetName",
             DWC + "eventDate", DWC + "decimalLatitude", DWC + "decimalLongitude",
             DWC + "coordinateUncertaintyInMeters", DWC + "informationWithheld",
             "http://www.inaturalist.org/terms/captive", DWC + "taxonID", DWC + "scientificName",
             DWC + "taxonRank", DWC + "kingdom", DWC + "family", DWC + "genus"]  # fmt: skip
OWN_ROWS = [
    "id,occurrenceID,modified,...",
    "7,http://www.inaturalist.org/observations/7,2024-05-02T10:00:00Z,7,"
    "iNaturalist research-grade observations,2024-05-01T09:30:00+02:00,"
    "50.1,8.2,12,,wild,8010,Corvus corax,species,Animalia,Corvidae,Corvus",
    '8,https://www.inaturalist.org/observations/8,,8,iNaturalist research-grade observations,2024,51,9,28000,'
    '"Coordinate uncertainty increased to 28000m to protect threatened taxon",cultivated,7998,Corvus,genus,'
    "Animalia,Corvidae,Corvus",
]  # fmt: skip
MEDIA_TERMS = ["", DC + "type", DC + "identifier", DC + "license"]
OWN_MEDIA = [
    "id,type,identifier,license",
    "7,StillImage,https://inaturalist-open-data.s3.amazonaws.com/photos/70/original.jpg,"
    "http://creativecommons.org/licenses/by-nc/4.0/",
    "7,StillImage,https://inaturalist-open-data.s3.amazonaws.com/photos/71/original.jpeg,"
    "http://creativecommons.org/publicdomain/zero/1.0/",
    "7,Sound,https://static.inaturalist.org/sounds/9.m4a,http://creativecommons.org/licenses/by/4.0/",
    "99,StillImage,https://inaturalist-open-data.s3.amazonaws.com/photos/72/original.jpg,",
]
OWN = {
    "meta.xml": meta(
        ("observations.csv", DWC + "Occurrence", OWN_TERMS), ("media.csv", GBIF + "Multimedia", MEDIA_TERMS)
    ),
    "observations.csv": "\n".join(OWN_ROWS) + "\n",
    "media.csv": "\n".join(OWN_MEDIA) + "\n",
    "eml.xml": "<eml/>",
}

GBIF_TERMS = [GBIF + "gbifID", DWC + "occurrenceID", DWC + "catalogNumber", GBIF + "datasetKey",
              DWC + "dateIdentified", DWC + "eventDate", GBIF + "taxonKey", DWC + "taxonID",
              DWC + "scientificName", DWC + "taxonRank", DWC + "kingdom", DWC + "genus", GBIF + "species",
              DWC + "specificEpithet", DWC + "infraspecificEpithet"]  # fmt: skip
GBIF_ROWS = [
    "gbifID\t...",
    f"400\thttps://www.inaturalist.org/observations/7\t7\t{DATASET}\t2024-05-03T00:00:00\t2024-05-01\t2482492"
    '\t2482492\tCorvus corax Linnaeus, 1758 "the raven"\tSPECIES\tAnimalia\tCorvus\tCorvus corax\tcorax\t',
    f"401\turn:catalog:1\t8\t{DATASET}\t\t2024-05-01\t1\t\tCorvus corone corone\tSUBSPECIES\tAnimalia\tCorvus"
    "\tCorvus corone\tcorone\tcorone",
    "402\turn:catalog:CLO:EBIRD:1\tOBS1\t4fa7b334-ce0d-4e88-aaae-2e0c138d049e\t\t2024-05-01\t1\t\tCorvus\tGENUS"
    "\tAnimalia\tCorvus\t\t\t",
]  # fmt: skip
GBIF_DOWNLOAD = {
    "meta.xml": meta(
        ("occurrence.txt", DWC + "Occurrence", GBIF_TERMS),
        ("multimedia.txt", GBIF + "Multimedia", MEDIA_TERMS),
        ("verbatim.txt", DWC + "Occurrence", ["", DWC + "occurrenceID"]),
        tab=True,
    ),
    "occurrence.txt": "\n".join(GBIF_ROWS) + "\n",
    "multimedia.txt": "gbifID\t...\n400\tStillImage\t"
    "https://inaturalist-open-data.s3.amazonaws.com/photos/70/original.jpg\tCC_BY_NC_4_0\n",
    "verbatim.txt": "gbifID\tx\n",
    "citations.txt": "please cite\n",
}


def unpacked(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_text(content)
    return folder


def zipped(folder: Path, files: dict[str, str]) -> Path:
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as whole:
        for name, content in files.items():
            whole.writestr(name, content)
    return path


@pytest.fixture(params=[unpacked, zipped])
def load(request: pytest.FixtureRequest, lake: Lake, tmp_path: Path) -> Callable[..., IngestReport]:
    """Loads an archive of files given by name, as a folder and as a zip."""
    return lambda files: ingest(lake, [request.param(tmp_path / "an archive", files)])


def rows(lake: Lake, table: str, *columns: str) -> list[tuple[Any, ...]]:
    with lake.connect() as con:
        return con.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY ALL").fetchall()


def test_inaturalists_own_archive(load: Callable[..., IngestReport], lake: Lake) -> None:
    report = load(OWN)
    [file] = report.files
    assert (file.kind, file.read, file.refused, file.left_out) == ("Darwin Core archive", 2, 0, 1)
    assert str(file.notes[0]).endswith("observations.csv, line 3: eventDate '2024': not a day (YYYY-MM-DD)")
    facts = ("observation_id", "taxon_id", "quality_grade", "observed_on", "latitude", "positional_accuracy",
             "is_obscured", "is_captive", "updated_at", "source")  # fmt: skip
    assert rows(lake, "observations", *facts) == [
        (7, 8010, "research", date(2024, 5, 1), 50.1, 12.0, None, False, datetime(2024, 5, 2, 10, tzinfo=UTC),
         "archive"),
        (8, 7998, "research", None, 51.0, 28000.0, True, True, None, "archive"),
    ]  # fmt: skip
    assert rows(lake, "photos", "observation_id", "photo_id", "host", "extension", "license") == [
        (7, 70, "open-data", "jpg", "cc-by-nc"),
        (7, 71, "open-data", "jpeg", "cc0"),
    ]
    with lake.connect() as con:
        [(ancestry,)] = con.execute("SELECT ancestry FROM taxa WHERE taxon_id = 8010").fetchall()
    family = provisional_id(Name("Animalia", "family", "Corvidae"))
    assert ancestry == f"48460/1/{family}/7998"


def test_gbifs_download_tells_taxa_by_names_alone(load: Callable[..., IngestReport], lake: Lake) -> None:
    report = load(GBIF_DOWNLOAD)
    [file] = report.files
    assert (file.read, file.left_out) == (3, 0)
    assert [refusal.why for refusal in file.refusals] == ["not an observation of iNaturalist"]
    raven = provisional_id(Name("Animalia", "species", "Corvus corax"))
    crow = provisional_id(Name("Animalia", "subspecies", "Corvus corone corone"))
    assert rows(lake, "observations", "observation_id", "taxon_id", "updated_at") == [
        (7, raven, datetime(2024, 5, 3, tzinfo=UTC)),
        (8, crow, None),
    ]
    assert rows(lake, "photos", "observation_id", "photo_id", "license") == [(7, 70, "cc-by-nc")]


def test_the_taxon_that_answers_to_a_name_is_found_when_it_arrives(
    load: Callable[..., IngestReport], lake: Lake, tmp_path: Path
) -> None:
    load(GBIF_DOWNLOAD)
    taxa = tmp_path / "taxa.csv"
    taxa.write_text(
        "taxon_id\tancestry\trank_level\trank\tname\tactive\n"
        "1\t48460\t70\tkingdom\tAnimalia\ttrue\n"
        "8010\t48460/1\t10\tspecies\tCorvus corax\ttrue\n"
    )
    ingest(lake, [taxa])
    assert rows(lake, "observations", "taxon_id")[-1] == (8010,)
    assert all(
        name != "Corvus corax" or number > 0 for number, name in rows(lake, "taxa", "taxon_id", "name")
    )


def test_what_lies_beside_an_archive_and_is_no_part_of_it_is_loaded(lake: Lake, tmp_path: Path) -> None:
    folder = unpacked(tmp_path / "mine", {**OWN, "more.json": '[{"id": 9, "photos": []}]'})
    (folder / "below").mkdir()
    (folder / "below" / "most.json").write_text('[{"id": 10, "photos": []}]')
    report = ingest(lake, [folder], strict=False)
    assert [file.path.name for file in report.files] == ["meta.xml", "more.json", "most.json"]
    assert [number for (number,) in rows(lake, "observations", "observation_id")] == [7, 8, 9, 10]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"meta.xml": "<archive xmlns='http://rs.tdwg.org/dwc/text/'>"}, "meta.xml is not XML"),
        ({"meta.xml": "<archive xmlns='http://rs.tdwg.org/dwc/text/'/>"}, "meta.xml names no core table"),
        ({"meta.xml": OWN["meta.xml"].replace("observations.csv", "../x")}, "no file of its own ('../x')"),
        ({"meta.xml": OWN["meta.xml"].replace("terms/Occurrence", "terms/Taxon")}, "an archive of 'Taxon'"),
        ({"meta.xml": OWN["meta.xml"].replace('index="3"', 'index="x"')}, "'x' where a small number belongs"),
        ({"meta.xml": OWN["meta.xml"].replace("<archive", "<!DOCTYPE a><archive")}, "meta.xml has a DOCTYPE"),
        ({"observations.csv": None}, "observations.csv: the file breaks off or is damaged here"),
        ({"observations.csv": "id\n7,short\n"}, "line 2: 2 columns where the header has 17"),
    ],
)  # fmt: skip
def test_a_damaged_archive_is_one_line(
    load: Callable[..., IngestReport], change: dict[str, str | None], words: str
) -> None:
    report = load({name: content for name, content in {**OWN, **change}.items() if content is not None})
    [refusal] = report.refusals
    assert words in str(refusal)


def test_a_zip_without_meta_is_refused(lake: Lake, tmp_path: Path) -> None:
    path = zipped(tmp_path / "other", {"a.csv": "id\n"})
    with pytest.raises(DataError, match=r"a zip archive without meta\.xml; unpack it and load what is in it"):
        ingest(lake, [path], strict=True)
    path.write_bytes(path.read_bytes()[:40])
    [refusal] = ingest(lake, [path]).refusals
    assert "a zip archive that cannot be read" in str(refusal)
