"""The whole way: simulated API records, the lake, readiness, the database, a page."""

from datetime import date

import pytest

from exporter.criteria import PRESETS
from exporter.ingest import ingest
from exporter.lake import Lake
from exporter.messages import message
from exporter.readiness import readiness
from exporter.simulation import simulate
from portal.hotspots.models import WorklistEntry
from portal.refresh import services
from portal.taxa.models import Readiness, Taxon


@pytest.fixture(scope="module")
def lake_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    world = simulate(folder / "files", seed=2, observations=1500, end=date(2026, 11, 1))
    ingest(Lake(folder / "lake"), [world.folder / "observations"], strict=True)
    return folder


@pytest.fixture
def refreshed(db, settings, lake_folder):
    settings.DATA_DIR, settings.LAKE_DIR = lake_folder, lake_folder / "lake"
    return services.refresh()


@pytest.mark.parametrize("criteria", PRESETS)
def test_the_database_holds_what_the_exporter_finds(refreshed, settings, criteria):
    with Lake(settings.LAKE_DIR).connect() as connection:
        result = readiness(connection, PRESETS[criteria]).drop_columns(["name", "rank"]).to_pylist()
    kept = Readiness.objects.filter(criteria=criteria).order_by("taxon_id").values(*result[0])
    assert list(kept) == result


def test_a_clade_is_a_range_of_the_walk(refreshed):
    rows = list(Readiness.objects.filter(criteria="inat-2022").select_related("taxon"))
    for row in rows:
        in_range = {other.taxon_id for other in rows if row.tree_left <= other.tree_left <= row.tree_right}
        below = {other.taxon_id for other in rows if str(row.taxon_id) in other.taxon.ancestry.split("/")}
        assert in_range == below | {row.taxon_id}


def test_the_tree_hangs_together(refreshed):
    taxa = Taxon.objects.in_bulk()
    for taxon in taxa.values():
        path = taxon.ancestry.split("/") if taxon.ancestry else []
        assert taxon.parent_id == (int(path[-1]) if path else None)
        assert taxon.parent_id is None or taxa[taxon.parent_id].ancestry.split("/") == (path[:-1] or [""])


def test_every_reason_to_look_again_is_a_message(refreshed):
    stored = [
        reason for reasons in WorklistEntry.objects.values_list("reasons", flat=True) for reason in reasons
    ]
    assert stored
    assert [reason for reason in stored if message(**reason) != reason] == []


def test_the_page_of_a_taxon_says_that_it_is_simulated(client, refreshed):
    row = Readiness.objects.filter(criteria="inat-2022").order_by("-observations").last()
    page = client.get(f"/taxa/{row.taxon_id}/").content.decode()
    assert row.taxon.name in page
    assert "Simulated data" in page
