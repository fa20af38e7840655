"""A refresh from a lake in an object store."""

import pytest

from portal.refresh import services
from portal.taxa.models import Readiness, Taxon
from tests.object_store import server, store
from tests.portal.refresh.test_services import load

__all__ = ["server", "store"]  # fixtures

pytestmark = pytest.mark.django_db


def contents():
    """What the database has of taxa and readiness."""
    columns = ("criteria", "taxon_id", "status", "observations", "photos", "margin")
    return (
        sorted(Taxon.objects.values_list("id", "name", "ancestry")),
        sorted(Readiness.objects.values_list(*columns)),
    )


def test_a_refresh_reads_the_same_from_a_store_as_from_a_folder(settings, tmp_path, store):
    settings.DATA_DIR = tmp_path
    read = []
    for lake in (tmp_path / "lake", store.address(f"{tmp_path.parent.name}/{tmp_path.name}")):
        settings.LAKE_DIR = lake
        load(
            lake,
            taxa={
                "taxon_id": [1, 10, 11],
                "ancestry": ["", "1", "1/10"],
                "name": ["Animalia", "Bombus", "Bombus impatiens"],
                "rank": ["kingdom", "genus", "species"],
                "rank_level": [70.0, 20.0, 10.0],
            },
            observations={"observation_id": [1, 2, 3], "taxon_id": [11, 11, 10]},
        )
        assert services.refresh().lake_version == 1
        read.append(contents())
    of_folder, of_store = read
    assert of_store == of_folder
    assert len(of_store[0]) == 4
