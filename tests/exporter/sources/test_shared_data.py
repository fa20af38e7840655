"""Every file of real iNaturalist records in ../shared/data, against the row counts of its README.

Photographs aside: they are no data files.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from exporter.ingest import stage_file
from exporter.lake import Lake

pytestmark = pytest.mark.shared_data

CSV, PAGE, LINES, TAXONOMY = (
    "observation CSV export",
    "API observations (page)",
    "API observations (NDJSON)",
    "taxonomy",
)


@dataclass(frozen=True)
class Expected:
    """What a file comes to: its kind, records read, rows staged by table, and refusals by reason."""

    kind: str | None
    read: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    #: Values left out of rows that are loaded, by column and reason.
    left_out: dict[str, int] = field(default_factory=dict)


def observations(read: int, taxa: int, photos: int, left_out: dict[str, int] | None = None) -> Expected:
    """A CSV export of which every row is loaded; rows without a photo of iNaturalist's have none."""
    rows = {"observations": read, "taxa": taxa, "photos": photos}
    return Expected(
        CSV, read, {table: number for table, number in rows.items() if number}, left_out=left_out or {}
    )


def day(read: int, taxa: int, photos: int, identifications: int) -> Expected:
    """A day of the parks, loaded whole."""
    rows = {"observations": read, "taxa": taxa, "photos": photos, "identifications": identifications}
    return Expected(LINES, read, rows)


def taxonomy(read: int) -> Expected:
    """A taxonomy that is loaded whole."""
    return Expected(TAXONOMY, read, {"taxa": read})


def unknown(what: str) -> Expected:
    """A file that is no kind of input."""
    return Expected(None, refused={f"not a kind I know: {what}": 1})


API_ROWS = {"observations": 76, "taxa": 286, "photos": 203, "identifications": 182}

FILES = {
    # iNaturalist itself counted -1 agreements for one observation.
    "1_observation_csv/apidae_canada_2020.csv.gz": observations(
        25899, 144, 0, {"num_identification_agreements: below zero": 1}
    ),
    "1_observation_csv/ascomycota_howe_sound_2023.csv.gz": observations(3447, 393, 3438),
    "1_observation_csv/butterflies_india_2021/observations_2021-09-16.csv.gz": observations(4950, 464, 4950),
    "1_observation_csv/butterflies_india_2021/observations_2021-10-05.csv.gz": observations(
        10454, 618, 10448
    ),
    "1_observation_csv/fungi_west_siberia_2022.csv.gz": observations(14962, 1332, 14960),
    "1_observation_csv/moths_india_2024.csv.gz": observations(62291, 4075, 62291),
    # One photo here and one of the spiders lies with Facebook, which has no id of iNaturalist's.
    "1_observation_csv/moths_ne_india_2020.csv.gz": observations(5804, 2190, 5802),
    "1_observation_csv/plant_pollinator_california_2025.csv.gz": observations(1309, 433, 1306),
    "1_observation_csv/plants_ucsc_santa_cruz_2026.csv.gz": observations(9605, 581, 9605),
    "1_observation_csv/snapshots_galiano/animalia_2020-10-07.csv.gz": observations(4477, 909, 4457),
    "1_observation_csv/snapshots_galiano/animalia_2020-10-16.csv.gz": observations(4491, 909, 4471),
    "1_observation_csv/snapshots_galiano/animalia_2021-01-18.csv.gz": observations(4665, 920, 4645),
    "1_observation_csv/snapshots_galiano/animalia_2021-02-21.csv.gz": observations(4849, 945, 4829),
    "1_observation_csv/snapshots_galiano/animalia_2021-03-08.csv.gz": observations(4986, 951, 4966),
    "1_observation_csv/snapshots_galiano/animalia_2021-03-31.csv.gz": observations(5120, 962, 5100),
    # Three observers of spiders wrote a year with three digits.
    "1_observation_csv/spiders_india_2020.csv.gz": observations(
        16545, 677, 16544, {"observed_on: before 1500": 3}
    ),
    "1_observation_csv/valdes/valdes_2021-10-12.csv.gz": observations(1388, 379, 1380),
    "1_observation_csv/valdes/valdes_2022-11-10.csv.gz": observations(2843, 566, 2808),
    "1_observation_csv/tracheophyta_texada_2024.csv.gz": observations(729, 311, 727),
    "1_observation_csv/vertebrates_howe_sound_2023.csv.gz": observations(3479, 148, 3281),
    "2_identifications/fungi_west_siberia_identifications_2022.csv.gz": unknown(
        "a table of 'observation_id, quality_grade, observation_taxon_name, identifications_count, current, "
        "identifier_login'"
    ),
    "2_identifications/identification_quality_experiment_20191002.csv": unknown(
        "a table of 'taxon_id, taxon_name, taxon_iconic_taxon_name, taxon_rank, taxon_rank_level, "
        "taxon_ancestry, prev_obs_taxon_id, prev_obs_taxon_name'"
    ),
    "2_identifications/identifications_flat.csv": unknown(
        "a table of identifications; load the observations' API JSON instead"
    ),
    "2_identifications/identifications_standalone.jsonl": unknown(
        "JSON of identifications, which does not list all those of an observation; "
        "load the observations' JSON instead"
    ),
    "2_identifications/observations_page_v1.json.gz": Expected(PAGE, 76, API_ROWS),
    "2_identifications/observations_with_identifications.jsonl.gz": Expected(LINES, 76, API_ROWS),
    "2_identifications/parks_daily_2026/observations_2026-06-29.jsonl.gz": day(2250, 1640, 3662, 3061),
    "2_identifications/parks_daily_2026/observations_2026-07-10.jsonl.gz": day(2085, 1688, 3248, 2903),
    "2_identifications/parks_daily_2026/observations_2026-07-16.jsonl.gz": day(2250, 1739, 3559, 2991),
    "2_identifications/parks_daily_2026/observations_2026-07-17.jsonl.gz": day(1961, 1557, 3142, 2631),
    "2_identifications/parks_daily_2026/observations_2026-07-23.jsonl.gz": day(2268, 1708, 3762, 3124),
    "2_identifications/parks_daily_2026/observations_2026-07-27.jsonl.gz": day(2233, 1651, 3742, 2936),
    "2_identifications/parks_daily_2026/observations_2026-07-28.jsonl.gz": day(2286, 1758, 4087, 3146),
    "2_identifications/parks_daily_2026/observations_2026-07-30.jsonl.gz": day(2055, 1624, 3574, 2806),
    "2_identifications/parks_daily_2026/observations_2026-07-31.jsonl.gz": day(1949, 1524, 3182, 2697),
    "2_identifications/parks_daily_2026/observations_2026-08-01.jsonl.gz": day(2336, 1694, 3953, 3047),
    "2_identifications/parks_daily_2026/observations_2026-08-04.jsonl.gz": day(1977, 1453, 3035, 2665),
    "2_identifications/parks_daily_2026/observations_2026-08-05.jsonl.gz": day(1745, 1476, 2977, 2466),
    "2_identifications/parks_daily_2026/observations_2026-08-06.jsonl.gz": day(2342, 1782, 3612, 3148),
    "2_identifications/parks_daily_2026/observations_2026-08-07.jsonl.gz": day(1944, 1539, 3305, 2601),
    "2_identifications/parks_daily_2026/taxa.csv.gz": Expected("open-data taxa", 28306, {"taxa": 28306}),
    "2_identifications/similar_species_example.json": unknown(
        "JSON of counts by taxon (species_counts or similar_species)"
    ),
    "3_taxonomy/cnc_san_antonio_2026_taxa.csv.gz": taxonomy(11975),
    "3_taxonomy/cnc_taranaki_2026_taxa.csv.gz": taxonomy(4282),
    "3_taxonomy/dwca_taxonomy_sample.csv": taxonomy(1683),
    # 29 rows without a name have seven random letters in place of an id, and 39 others have one of them
    # as their parent: these are loaded, without ancestors.
    "3_taxonomy/seek_model_taxonomy_2019.csv.gz": Expected(
        TAXONOMY,
        28322,
        {"taxa": 28293},
        {"taxon_id: not a whole number": 29},
        {"parent_taxon_id: not a whole number": 39},
    ),
    "3_taxonomy/small_model_500_taxonomy.csv": taxonomy(1744),
    "3_taxonomy/taxa_union.csv.gz": taxonomy(18085),
    "4_open_data/inatnls_1k_joined_sample.csv": observations(1567, 845, 1567),
    "4_open_data/observations.csv": Expected("open-data observations", 32, {"observations": 32}),
    "4_open_data/observers.csv": Expected("open-data observers", 23),
    "4_open_data/photos.csv": Expected("open-data photos", 37, {"photos": 37}),
    "4_open_data/taxa.csv": Expected("open-data taxa", 183, {"taxa": 183}),
    "5_images/plants_ucsc/labels.csv": observations(1406, 24, 1406),
    "6_results/identification_quality_by_iconic_taxon_derived.csv": unknown(
        "a table of 'iconic_taxon, obs_had_species_level_community_taxon, n, exact, expert_finer, "
        "expert_coarser, different_branch, no_previous_taxon'"
    ),
    "6_results/inat_comp_dataset_sizes.csv": unknown(
        "a table of 'year, super_category, field, value, source'"
    ),
    "6_results/published_results.csv": unknown("a table of 'model, metric, value, note, source_url'"),
    "7_darwin_core/inaturalist_sample/meta.xml": Expected(
        "Darwin Core archive", 50, {"observations": 50, "taxa": 46}
    ),
    "7_darwin_core/inaturalist_sample/observations.csv": Expected(
        None,
        refused={
            "a table of a Darwin Core archive; load the archive whole: its zip, or its folder with meta.xml"
            "": 1
        },
    ),
    "README.md": unknown("text that begins with '# Real iNaturalist data for tests'"),
}

#: The README counts these photographs before a fifth of each species was kept aside.
KEPT_ASIDE = {"5_images/plants_ucsc/labels.csv": 1754 - 1406}


FOLDERS = (
    "1_observation_csv/butterflies_india_2021/",
    "1_observation_csv/valdes/",
    "2_identifications/parks_daily_2026/",
    "7_darwin_core/",
)


def test_every_data_file_is_accounted_for(shared_data: Path) -> None:
    result = {
        path for path in shared_data.rglob("*") if path.is_file() and path.suffix not in (".jpg", ".jpeg")
    }
    assert {str(path.relative_to(shared_data)) for path in result} == set(FILES)


def test_the_records_read_are_those_that_the_readme_counts(shared_data: Path) -> None:
    readme = (shared_data / "README.md").read_text()
    counts = {
        name: int(rows) for name, rows in re.findall(r"^## (\S+)\n(?:- .*\n|\n)*?- rows: (\d+)", readme, re.M)
    }
    loaded = {name: expected for name, expected in FILES.items() if expected.kind}
    # Of folders the README counts no rows of single files.
    assert {name: counts[name] for name in loaded if name in counts} == {
        name: expected.read + KEPT_ASIDE.get(name, 0)
        for name, expected in loaded.items()
        if not name.startswith(FOLDERS)
    }


@pytest.mark.parametrize("name", FILES)
def test_a_file_gives_the_rows_it_should(shared_data: Path, lake: Lake, name: str) -> None:
    with lake.staging() as staging:
        report = stage_file(shared_data / name, staging)
    refused = dict(report.refused_for)
    if report.kind is None:
        refused = {refusal.why.partition("; known kinds are ")[0]: 1 for refusal in report.refusals}
    left_out = dict(report.left_out_of)
    assert Expected(report.kind, report.read, report.rows, refused, left_out) == FILES[name]
