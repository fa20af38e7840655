"""A portal on a CSV export alone: its tree is made of names, and no made-up id reaches a page."""

import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from exporter.ingest import ingest
from exporter.lake import Lake
from portal.taxa.models import NamedClade, Readiness, Taxon
from portal.taxa.queries.named import ByName

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


def taxa_have_their_known_ancestors_and_icons() -> None:
    result = {taxon.id: taxon for taxon in Taxon.objects.all()}
    assert min(result) >= 0
    assert result[1001].ancestry == "48460/1/47119/1000"
    assert result[1001].parent_id == 1000
    assert (result[1000].rank, result[1000].iconic_taxon_id) == ("genus", 47119)
    assert result[1004].ancestry == "48460/1/47119", "neither its genus nor its family has an id"


def counts_roll_up_and_a_genus_has_a_status() -> None:
    rows = {row.taxon_id: row for row in Readiness.objects.filter(criteria="inat-2022")}
    assert min(rows) >= 0
    assert rows[1000].observations == 245
    assert rows[47119].observations == 485
    assert rows[1000].status != "excluded"


def pages_show_the_clades_and_no_made_up_id() -> None:
    chosen = "/readiness/?clade=Arachnida&tab=included"
    for address in ("/tree/", "/taxa/47119/", "/taxa/1000/", chosen, "/"):
        answer = Client().get(address)
        assert (answer.status_code, address) == (200, address)
        assert not re.search(r"-\d{9,}", answer.content.decode()), address
    assert "Araneus" in Client().get(chosen).content.decode()


def a_family_known_by_name_alone_can_be_chosen() -> None:
    for name in ("Araneidae", "araneidae", "ARANEIDAE"):
        answer = Client().get(f"/readiness/?clade={name}&tab=included")
        page = answer.content.decode()
        assert [row.row.taxon.name for row in answer.context["rows"]] == [
            "Araneus diadematus",
            "Araneus quadratus",
            "Argiope bruennichi",
        ]
        assert "The line in Araneidae" in page
        assert "Araneidae is known here by its name alone" in page
        assert not re.search(r"-\d{9,}|clade=None", page)
        assert 'href="/tree/?taxon=Araneidae"' in page


def the_other_lists_take_it_too() -> None:
    chosen = ByName("Araneidae", "family", *_range("Araneidae"))
    answer = Client().get("/hotspots/?clade=Araneidae")
    assert (answer.status_code, answer.context["notices"]) == (200, [])
    assert answer.context["selection"].clade == chosen
    hotspots = answer.content.decode()
    assert "Not only within Araneidae" in hotspots
    answer = Client().get("/hotspots/worklist/?clade=Araneidae")
    assert (answer.status_code, answer.context["notices"]) == (200, [])
    assert answer.context["facets"].clade == chosen
    worklist = answer.content.decode()
    assert "Within: Araneidae" in worklist
    assert not re.search(r"-\d{9,}|clade=None", hotspots + worklist)


def a_worklist_s_file_is_called_by_the_name() -> None:
    answer = Client().get("/hotspots/worklist.csv?clade=Araneidae")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="worklist-araneidae.csv"'


def its_tree_is_drawn_of_what_lies_in_it() -> None:
    answer = Client().get("/tree/?taxon=Araneidae")
    assert [row.taxon.name for row in answer.context["page"].object_list] == ["Araneus", "Argiope bruennichi"]
    assert answer.context["clade"].photos == 365
    page = answer.content.decode()
    assert "Its own page" not in page
    assert 'href="/hotspots/?clade=Araneidae"' in page
    assert not re.search(r"-\d{9,}|None", page)


def it_is_offered_while_it_is_typed() -> None:
    page = Client().get("/readiness/suggest/?clade=aran&tab=included").content.decode()
    assert re.findall(r'data-name="(\w+)"', page) == ["Araneus", "Araneae", "Araneidae"]
    assert "clade=Araneidae" in page
    assert "5 taxa suggested" in page


def a_search_leads_to_what_lies_in_it() -> None:
    page = Client().get("/search/?q=araneae").content.decode()
    assert "Clades known here by name alone" in page
    assert 'href="/readiness/?clade=Araneae"' in page
    assert 'href="/hotspots/?clade=Araneae"' in page
    assert "No taxon called" not in page
    assert "No taxon called" in Client().get("/search/?q=nobody").content.decode()


def what_is_called_so_by_id_goes_before_what_has_only_the_name() -> None:
    assert Client().get("/readiness/?clade=Araneus").context["selection"].clade == Taxon.objects.get(pk=1000)


def only_what_holds_taxa_is_kept_under_each_rule() -> None:
    for criteria in ("inat-2021", "inat-2022"):
        rows = NamedClade.objects.filter(criteria=criteria).values_list("name", "rank", "taxa")
        assert set(rows) == {
            ("Araneae", "order", 5),
            ("Araneidae", "family", 4),
            ("Pholcidae", "family", 1),
            ("Argiope", "genus", 1),
            ("Pholcus", "genus", 1),
        }


CHECKS = (
    taxa_have_their_known_ancestors_and_icons,
    counts_roll_up_and_a_genus_has_a_status,
    pages_show_the_clades_and_no_made_up_id,
    a_family_known_by_name_alone_can_be_chosen,
    the_other_lists_take_it_too,
    a_worklist_s_file_is_called_by_the_name,
    its_tree_is_drawn_of_what_lies_in_it,
    it_is_offered_while_it_is_typed,
    a_search_leads_to_what_lies_in_it,
    what_is_called_so_by_id_goes_before_what_has_only_the_name,
    only_what_holds_taxa_is_kept_under_each_rule,
)


def test_what_a_tree_of_names_shows(spiders: None, subtests: pytest.Subtests) -> None:
    """On one portal: to make it takes longer than all of these."""
    for check in CHECKS:
        with subtests.test(check.__name__):
            check()


def test_the_next_refresh_forgets_what_has_an_id_by_then(spiders: None, tmp_path: Path, settings) -> None:
    path = tmp_path / "taxa.csv"
    path.write_text(
        "taxon_id\tancestry\trank_level\trank\tname\tactive\n47118\t48460/1/47119\t40\torder\tAraneae\ttrue\n"
    )
    ingest(Lake(settings.LAKE_DIR), [path], strict=True)
    call_command("refresh", verbosity=0)
    assert not NamedClade.objects.filter(criteria="inat-2022", name="Araneae").exists()
    assert Client().get("/readiness/?clade=Araneae").context["selection"].clade == Taxon.objects.get(pk=47118)


def _range(name: str) -> tuple[int, int]:
    row = NamedClade.objects.get(criteria="inat-2022", name=name)
    return row.tree_left, row.tree_right
