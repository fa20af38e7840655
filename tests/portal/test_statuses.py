"""A taxon has one status: badge, page, API and CSV say the same of every taxon."""

import csv
from xml.etree import ElementTree

import pytest
from django.utils.text import capfirst

from portal.taxa.models import Readiness, Status, Taxon
from portal.taxa.wording import status_name
from tests.portal.taxa.test_views import words
from tests.portal.versions.releases import release_document


def statuses(client, taxon_id):
    """The status by door: in words on the badge and the page, as a code in the API and its CSV."""
    badge = ElementTree.fromstring(client.get(f"/taxa/{taxon_id}/badge.svg").content)
    inclusion = f"/api/v1/inclusion/?taxon_id={taxon_id}"
    (row,) = csv.DictReader(client.get(f"{inclusion}&format=csv").content.decode().splitlines())
    return {
        "badge": badge.get("aria-label").removeprefix("iNaturalist model: "),
        "page": client.get(f"/taxa/{taxon_id}/").content.decode(),
        "tree": words(client.get(f"/tree/?taxon={taxon_id}")),
        "api": client.get(f"/api/v1/taxa/{taxon_id}/").json()["taxon"]["outlook"]["status"],
        "inclusion": client.get(inclusion).json()["results"][0]["outlook"]["status"],
        "csv": row["outlook_status"] or None,
    }


@pytest.mark.parametrize("is_released", [False, True])
def test_every_door_says_the_same(hotspots, client, is_released):
    if is_released:
        release_document()
    stored = dict(Readiness.objects.filter(criteria="inat-2022").values_list("taxon_id", "status"))
    listed = client.get("/api/v1/readiness/?page_size=500").json()["results"]
    assert {row["taxon_id"]: row["status"] for row in listed} == stored
    for taxon in Taxon.objects.all():
        status = stored.get(taxon.id)
        result = statuses(client, taxon.id)
        assert (result["api"], result["inclusion"], result["csv"]) == (status, status, status)
        assert result["badge"].startswith(status_name(status))
        if status:
            label = capfirst(status_name(status))
            verdict = result["page"].partition('class="verdict"')[2].partition("</p>")[0]
            assert f"</svg>{label}</span>" in verdict
            assert label in result["tree"]


def test_every_status_has_words_of_its_own():
    names = [status_name(status) for status in (*Status, None)]
    assert len(set(names)) == len(names)
