"""A portal on a CSV export alone: its tree is made of names, and no made-up id reaches a page."""

import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from exporter.ingest import ingest
from exporter.lake import Lake
from portal.taxa.models import Readiness, Taxon

#: Four species of three genera of spiders; of the families and orders none is a label.
NAMES = (
    (1001, "Araneus diadematus", "Araneidae", "Araneus"),
    (1002, "Araneus quadratus", "Araneidae", "Araneus"),
    (1003, "Argiope bruennichi", "Araneidae", "Argiope"),
    (1004, "Pholcus phalangioides", "Pholcidae", "Pholcus"),
)


@pytest.fixture
def spiders(db: None, tmp_path: Path, settings) -> None:
    """A portal on 120 observations of each species, and 5 that are called Araneus alone."""
    lines = [
        "id,observed_on,quality_grade,image_url,taxon_id,scientific_name,iconic_taxon_name,"
        "taxon_order_name,taxon_family_name,taxon_genus_name,taxon_species_name"
    ]
    labels = [
        (number, name, family, genus, name) for number, name, family, genus in NAMES for _ in range(120)
    ]
    labels += [(1000, "Araneus", "Araneidae", "Araneus", "")] * 5
    for number, (taxon_id, name, family, genus, species) in enumerate(labels, 1):
        photo = f"https://inaturalist-open-data.s3.amazonaws.com/photos/{number}/medium.jpg"
        lines.append(
            f"{number},2024-05-01,research,{photo},{taxon_id},{name},Arachnida,Araneae,{family},{genus},{species}"
        )
    path = tmp_path / "export.csv"
    path.write_text("\n".join(lines) + "\n")
    settings.LAKE_DIR = tmp_path / "lake"
    ingest(Lake(settings.LAKE_DIR), [path], strict=True)
    call_command("refresh", verbosity=0)


def test_taxa_have_their_known_ancestors_and_icons(spiders: None) -> None:
    found = {taxon.id: taxon for taxon in Taxon.objects.all()}
    assert min(found) >= 0
    assert found[1001].ancestry == "48460/1/47119/1000"
    assert found[1001].parent_id == 1000
    assert (found[1000].rank, found[1000].iconic_taxon_id) == ("genus", 47119)
    assert found[1004].ancestry == "48460/1/47119", "neither its genus nor its family has an id"


def test_counts_roll_up_and_a_genus_has_a_status(spiders: None) -> None:
    rows = {row.taxon_id: row for row in Readiness.objects.filter(criteria="inat-2022")}
    assert min(rows) >= 0
    assert rows[1000].observations == 245
    assert rows[47119].observations == 485
    assert rows[1000].status != "excluded"


@pytest.mark.parametrize(
    "address", ["/tree/", "/taxa/47119/", "/taxa/1000/", "/readiness/?clade=Arachnida&tab=included", "/"]
)
def test_pages_show_the_clades_and_no_made_up_id(spiders: None, address: str) -> None:
    answer = Client().get(address)
    assert answer.status_code == 200
    page = answer.content.decode()
    assert not re.search(r"-\d{9,}", page)
    if "clade" in address:
        assert "Araneus" in page
