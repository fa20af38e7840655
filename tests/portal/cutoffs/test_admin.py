"""The staff pages of Django: the record of exports is kept by hand, the rest is only read."""

import pytest
from django.utils import timezone

from portal.cutoffs.models import PastExport, Snapshot

EXPORT = {
    "model_name": "v2.29",
    "exports_since": "1",
    "exported_from": "2026-02-10",
    "exported_to": "2026-02-10",
    "released": "",
    "order": "9",
    "taxa": "",
    "photos": "",
    "source": "iNaturalist blog",
    "source_url": "https://www.inaturalist.org/blog",
}


def test_an_export_that_was_told_of_is_added(admin_client):
    response = admin_client.post("/admin/cutoffs/pastexport/add/", EXPORT)
    assert response.status_code == 302
    assert PastExport.objects.last().exported_from.isoformat() == "2026-02-10"


@pytest.mark.parametrize("model", ["event", "snapshot"])
def test_what_happened_is_read_and_not_written(admin_client, announced, model):
    Snapshot.objects.create(cutoff=announced(), number=1, asked_at=timezone.now())
    assert "Winter 2027" in admin_client.get(f"/admin/cutoffs/{model}/").content.decode()
    assert admin_client.get(f"/admin/cutoffs/{model}/add/").status_code == 403
