"""The two ends meet: what the simulation writes, ingest loads, and both work out the same labels."""

import pytest

from exporter.community import labels
from exporter.ingest import ingest
from exporter.lake import Lake
from tests.exporter.simulation.conftest import SmallWorld


@pytest.fixture
def loaded(lake: Lake, small_world: SmallWorld) -> Lake:
    report = ingest(lake, [small_world.folder / "observations"])
    assert [file.refusals for file in report.files] == [[]]
    return lake


def test_everything_is_loaded_and_marked_as_simulated(loaded: Lake, small_world: SmallWorld) -> None:
    latest = loaded.latest()
    assert latest is not None
    assert latest.is_simulated
    con, summary = loaded.connect(), small_world.summary
    counts = {
        table: con.table(table).count("*").fetchall()
        for table in ("observations", "photos", "identifications")
    }
    assert counts == {
        "observations": [(summary.observations,)],
        "photos": [(summary.photos,)],
        "identifications": [(summary.identifications,)],
    }


def test_community_and_shown_taxa_are_recomputed_alike(loaded: Lake) -> None:
    """Two independent writings of iNaturalist's rule agree on every observation."""
    con = loaded.connect()
    labels(con)
    differing = con.execute(
        "SELECT observation_id FROM observations o LEFT JOIN labels l USING (observation_id)"
        " WHERE o.community_taxon_id IS DISTINCT FROM l.community_taxon_id"
        " OR o.taxon_id IS DISTINCT FROM l.taxon_id"
    ).fetchall()
    assert differing == []
