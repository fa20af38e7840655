"""Whatever is loaded in whatever order: a refresh that writes what differs shows what a full one would."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from exporter import changes
from exporter.criteria import PRESETS
from exporter.hotspots.schema import CONFUSIONS, HOTSPOTS, WORKLIST, Findings
from exporter.kept import FOLDER
from portal.lake.models import Content
from portal.refresh import reading, services
from portal.taxa.models import Photo, Readiness, Taxon, TaxonName
from tests.portal.refresh.test_services import NEWEST, load

#: Genera, and species below one of them or below nothing; what is loaded moves them and renames them.
GENERA, SPECIES = (10, 20), (11, 15, 22, 5)
TAXA = st.dictionaries(
    st.sampled_from(SPECIES), st.tuples(st.sampled_from(["", "10", "20"]), st.sampled_from(["Apis a", "Bee"]))
)
GRADES = st.sampled_from(["research", "needs_id"])
OBSERVATIONS = st.dictionaries(st.integers(1, 6), st.tuples(st.sampled_from([*GENERA, *SPECIES]), GRADES))
INGESTS = st.lists(st.tuples(TAXA, OBSERVATIONS), min_size=1, max_size=2)


def ingest(lake: Path, hour: int, taxa: dict, observations: dict) -> None:
    """Load taxa, and observations with a photo each, as of an hour: what was loaded before is older."""
    at = NEWEST + timedelta(hours=hour)
    rows = {number: ("", f"Genus {number}") for number in GENERA} | taxa
    load(
        lake,
        taxa={
            "taxon_id": list(rows),
            "ancestry": [ancestry for ancestry, _ in rows.values()],
            "name": [name for _, name in rows.values()],
            "rank": ["genus" if number in GENERA else "species" for number in rows],
            "rank_level": [20.0 if number in GENERA else 10.0 for number in rows],
            "updated_at": [at] * len(rows),
        },
    )
    if observations:
        numbers = list(observations)
        load(
            lake,
            observations={
                "observation_id": numbers,
                "taxon_id": [taxon_id for taxon_id, _ in observations.values()],
                "community_taxon_id": [taxon_id for taxon_id, _ in observations.values()],
                "quality_grade": [grade for _, grade in observations.values()],
                "updated_at": [at] * len(numbers),
            },
            photos={
                "observation_id": numbers,
                "photo_id": numbers,
                "host": ["open-data"] * len(numbers),
                "extension": ["jpg"] * len(numbers),
                "license": ["cc0"] * len(numbers),
                "updated_at": [at] * len(numbers),
            },
        )


def shown() -> dict[str, list]:
    """All that pages show, with each number along the walk as its place among the others."""
    result: dict[str, list] = {
        "taxa": list(Taxon.objects.order_by("id").values_list("id", "ancestry", "name", "observations")),
        "names": sorted(TaxonName.objects.values_list("taxon_id", "key", "popularity")),
        "photos": list(Photo.objects.order_by("observation_id").values()),
    }
    for criteria in PRESETS:
        rows = list(Readiness.objects.filter(criteria=criteria).order_by("taxon_id").values())
        places = {number: place for place, number in enumerate(sorted(row["tree_left"] for row in rows))}
        for row in rows:
            within = [row["tree_left"] <= number <= row["tree_right"] for number in places]
            row |= {"id": 0, "tree_left": places[row["tree_left"]], "tree_right": sum(within)}
        result[criteria] = rows
    return result


@pytest.fixture
def lakes(db, settings, tmp_path, monkeypatch):
    """Gives new, empty lakes; hotspots, which `test_switching` has, are left out."""
    nothing = Findings(*(schema.empty_table() for schema in (HOTSPOTS, WORKLIST, CONFUSIONS)))
    monkeypatch.setattr(reading, "find", lambda *_, **__: nothing)
    monkeypatch.setattr(reading, "NEAR_WITHIN", 1_000)  # every taxon shows a photo
    monkeypatch.setattr(changes, "MOST_SHARE", 100.0)  # of the few observations, each ingest changes most
    numbers = iter(range(1_000))

    @contextmanager
    def new() -> Iterator[Path]:
        settings.DATA_DIR = tmp_path / str(next(numbers))
        settings.LAKE_DIR = settings.DATA_DIR / "lake"
        with transaction.atomic():
            yield settings.LAKE_DIR
            transaction.set_rollback(True)

    return new


@hypothesis_settings(max_examples=2)
@example(
    ingests=[
        ({11: ("10", "Apis a"), 22: ("20", "Bee")}, {1: (11, "research"), 2: (22, "research")}),
        ({5: ("", "Bee"), 11: ("20", "Bee")}, {2: (11, "needs_id"), 3: (5, "research")}),
        ({11: ("10", "Apis a")}, {2: (22, "research")}),
        ({}, {1: (20, "research"), 4: (11, "research")}),
    ]
)
@given(ingests=INGESTS)
def test_after_any_ingests_pages_show_what_a_full_refresh_would(lakes, ingests):
    with lakes() as lake:
        for hour, (taxa, observations) in enumerate(ingests):
            ingest(lake, hour, taxa, observations)
            services.refresh()
        incremental = shown()
        Content.objects.all().delete()
        shutil.rmtree(lake / FOLDER)
        services.refresh()
        assert shown() == incremental


def test_a_new_taxon_takes_a_number_between_its_neighbours_and_changes_no_other_row(lakes):
    with lakes() as lake:
        ingest(lake, 0, {11: ("10", "Apis a")}, {1: (11, "research"), 2: (20, "research")})
        services.refresh()
        rows = Readiness.objects.filter(criteria="inat-2022")
        assert dict(rows.values_list("taxon_id", "tree_left")) == {10: 1000, 11: 2000, 20: 3000}
        ingest(lake, 1, {15: ("10", "Bee")}, {3: (15, "research")})
        services.refresh()
        assert dict(Photo.objects.values_list("taxon_id", "photo_id")) == {11: 1, 15: 3, 20: 2}
        assert dict(rows.values_list("taxon_id", "tree_left")) == {10: 1000, 11: 2000, 15: 2500, 20: 3000}
        assert dict(rows.values_list("taxon_id", "tree_right"))[10] == 2500
