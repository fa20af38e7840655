"""Pages of model versions: the list, a version, its classes, the matrix of a genus."""

import csv
import re
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.utils import timezone

from portal.cutoffs import services as cutoffs
from portal.cutoffs.models import Audience, Cutoff, Snapshot
from portal.cutoffs.states import State
from portal.taxa.models import Taxon
from portal.versions import services as versions
from portal.versions.models import Comparison
from tests.portal.taxa.test_views import words
from tests.portal.versions.releases import (
    CONFUSED,
    FIRST,
    SECOND,
    TERRESTRIS,
    UNKNOWN,
    release,
    release_both,
)


@pytest.fixture
def both(world):
    return release_both()


def test_the_list_tells_of_each_version(both, client):
    page = words(client.get("/models/"))
    assert "v2 simulated Exported unknown Released 1 September 2026 3" in page
    assert "77 % (69 to 83 %) of 100 1 1" in page
    assert "v1 simulated Exported unknown Released 1 March 2026 3" in page
    assert "the first one here" in page


@pytest.mark.parametrize("address", ["/models/", "/models/v2/", "/models/v2/classes/"])
def test_bars_have_no_decimal_comma_in_spanish(both, client, address):
    text = client.get(address, headers={"accept-language": "es"}).content.decode()
    assert 'class="bar-met"' in text
    assert re.findall(r'(?: d|width)="[^"]*[0-9],[0-9][^"]*"', text) == []


def test_the_list_tells_of_models_before_leafline_with_their_sources(world, client):
    page = words(client.get("/models/"))
    assert "No version has been released here yet" in page
    assert (
        "v2.12 Exported 2 February 2024 Released 5 April 2024 86,861 unknown iNaturalist blog 91824" in page
    )


def test_a_version_is_told_in_figures(both, client):
    page = words(client.get("/models/v2/"))
    assert "test photos named right 77.0 %" in page
    assert "77 of 100 test photos that training never saw; 90 % interval 69.4 to 83.2 %." in page
    assert "Model v1: 53.3 %, a difference of +23.7 (+11.8 to +34.9) points" in page
    assert "Classes gained: 1 Brown-belted Bumble Bee Bombus griseocollis 40 % (26 to 56 %) of 25" in page
    assert "Classes lost: 1 Sarcophaga genus 60 % (44 to 74 %) of 25" in page
    assert "Known better: 1 Buff-tailed Bumble Bee Bombus terrestris +72.0" in page
    assert "Known less well: 0 No statistically significant change." in page
    assert "Bumble Bees Bombus genus 12 photos of 100" in page
    assert "Brown-belted Bumble Bee Bombus griseocollis taken for Common Eastern Bumble Bee" in page
    assert "On the average it is 2.0 points away from that." in page
    assert "it was 6.0 points away." in page
    assert "Simulated: an example on made-up data" in page


def test_the_first_version_speaks_of_no_change(both, client):
    page = words(client.get("/models/v1/"))
    assert "Classes gained" not in page
    assert "test photos named right 53.3 %" in page


def test_a_clade_is_looked_into_by_the_next_rank(both, client):
    groups = words(client.get("/models/v2/"))
    assert "Group by group" in groups
    assert "Insects Insecta class 77 % (69 to 83 %) of 100 +23.7 (+11.8 to +34.9) 3 1 1" in groups
    orders = words(client.get("/models/v2/?clade=47158"))
    assert "Insects in model v2" in orders
    assert "Ants, Bees, Wasps, and Sawflies Hymenoptera order 77 % (69 to 83 %) of 100 +27.0" in orders
    # The tree has no family between this order and its genus.
    assert "What lies within it" not in words(client.get("/models/v2/?clade=47201"))


def test_a_clade_s_page_tells_of_its_classes_alone(both, client):
    page = words(client.get("/models/v2/?clade=47822"))
    assert "Classes lost: 1 Sarcophaga" in page
    assert "Classes gained: 0 None." in page
    assert "Brown-belted" not in page


def test_a_species_is_a_clade_of_one_class(both, client):
    assert "46 of 50 test photos" in words(client.get(f"/models/v2/?clade={TERRESTRIS}"))


def test_a_clade_without_a_class_says_so(both, client):
    assert "No class of it lies there" in words(client.get("/models/v2/?clade=48487"))


def test_an_unknown_clade_is_said_and_all_is_shown(both, client):
    page = words(client.get("/models/v2/?clade=nothing+such"))
    assert "no taxon is called “nothing such”; all taxa are shown." in page
    assert "77 of 100 test photos" in page


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("", ["Bombus griseocollis", "Bombus impatiens", "Bombus terrestris"]),
        ("show=gained", ["Bombus griseocollis"]),
        ("show=lost", ["Sarcophaga"]),
        ("show=better", ["Bombus terrestris"]),
        ("show=worse", []),
        ("show=best", ["Bombus terrestris", "Bombus impatiens", "Bombus griseocollis"]),
        ("show=least", ["Bombus griseocollis", "Bombus impatiens", "Bombus terrestris"]),
        ("show=lost&clade=52775", []),
        ("show=lost&clade=47822", ["Sarcophaga"]),
        ("clade=47822", []),
    ],
)
def test_a_list_shows_and_files_the_same_classes(both, client, asked, names):
    assert [
        share.taxon.name for _, share in client.get(f"/models/v2/classes/?{asked}").context["rows"]
    ] == names
    lines = b"".join(client.get(f"/models/v2/classes.csv?{asked}")).decode().splitlines()
    assert [row["name"] for row in csv.DictReader(lines)] == names


def test_a_list_says_how_the_version_before_knew_each_class(both, client):
    rows = client.get("/models/v2/classes/").content.decode().split("<tr>")[2:]
    before = {
        name: "no class" in row for row in rows for name in ("griseocollis", "impatiens") if name in row
    }
    assert before == {"griseocollis": True, "impatiens": False}


def test_a_file_says_all_of_a_class(both, client):
    response = client.get("/models/v2/classes.csv?show=better")
    assert response["Content-Disposition"] == 'attachment; filename="model-v2-better-simulated.csv"'
    (row,) = csv.DictReader(b"".join(response).decode().splitlines())
    assert row | {"q_value": ""} == {
        "taxon_id": "57516",
        "name": "Bombus terrestris",
        "common_name": "Buff-tailed Bumble Bee",
        "rank": "species",
        "change": "better",
        "test_photos": "50",
        "right": "46",
        "accuracy": "0.9200",
        "accuracy_low": "0.8333",
        "accuracy_high": "0.9636",
        "test_photos_before": "25",
        "right_before": "5",
        "difference": "0.7200",
        "difference_low": "0.5401",
        "difference_high": "0.8282",
        "q_value": "",
        "model": "v2",
        "previous_model": "v1",
        "simulated": "true",
    }
    assert float(row["q_value"]) < 1e-8


def test_the_matrix_of_a_genus(both, client):
    response = client.get("/models/v2/genera/52775/")
    assert [
        (row.taxon.name, row.elsewhere, [cell and cell.expected for cell in row.cells])
        for row in response.context["matrix"].rows
    ] == [
        # 15 of griseocollis are wrong: nine named impatiens, one terrestris, five something else.
        ("Bombus griseocollis", 5, [10, 9, 1]),
        ("Bombus impatiens", 4, [None, 21, None]),
        ("Bombus terrestris", 2, [None, 2, 46]),
    ]
    assert "What model v2 takes for what: Bumble Bees" in words(response)


@pytest.mark.parametrize(
    ("address", "status", "told"),
    [
        ("/models/v2/genera/47158/", 200, "A matrix is drawn for a genus"),
        ("/models/v2/genera/48487/", 200, "No class of it lies there"),
        ("/models/v2/genera/5/", 404, "5"),
        ("/models/v3/", 404, ""),
        ("/models/v3/classes.csv", 404, ""),
        ("/models/v2/classes/?page=9", 200, "There is no page “9”; this is page 1."),
        ("/models/v2/classes/?show=none", 200, "Bombus terrestris"),
    ],
)
def test_what_is_not_there_is_said(both, client, address, status, told):
    response = client.get(address)
    assert response.status_code == status
    assert told in words(response)


def test_a_version_that_is_not_counted_yet_says_so(both, client):
    Comparison.objects.all().delete()
    assert "being counted" in words(client.get("/models/"))
    assert "It is being counted" in words(client.get("/models/v2/"))
    assert "It is being counted" in words(client.get("/models/v2/classes/"))


def test_an_unreleased_version_has_no_page(world, client):
    version = release("v1", 3, FIRST)
    type(version).objects.update(released_at=None)
    assert client.get("/models/v1/").status_code == 404


def test_a_class_that_the_tree_lacks_has_its_number(world, client):
    release("v1", 3, {UNKNOWN: (25, 20)})
    versions.compare_versions()
    page = words(client.get("/models/v1/"))
    assert "Taxon 999999999" in page
    assert "1 class is not in the tree here, and is in no clade." in page


def export(name, audience):
    """A cutoff of that audience at which the model of that name was exported."""
    at = timezone.now() - timedelta(days=60)
    values = {"name": "Secret spring", "cutoff_at": at, "audience": audience}
    draft = cutoffs.draft(values, by=None, now=at - timedelta(days=40))
    cutoffs.announce(draft, by=None, now=at - timedelta(days=40))
    Cutoff.objects.update(state=State.PUBLISHED, model_name=name)
    Snapshot.objects.create(cutoff=draft, number=1, asked_at=at, digest=f"snapshot of {name}")


def test_a_version_tells_at_which_cutoff_it_was_exported(both, client):
    export("v2", Audience.PUBLIC)
    assert "Exported at the cutoff Secret spring" in words(client.get("/models/v2/"))
    assert "unknown Released 1 September" not in words(client.get("/models/"))
    assert '<a href="/models/v2/">Model v2</a>' in client.get("/cutoffs/").content.decode()


@pytest.mark.parametrize("audience", [Audience.IDENTIFIERS, Audience.STAFF])
def test_a_cutoff_that_one_may_not_know_of_is_not_told(both, client, audience):
    export("v2", audience)
    assert "Secret spring" not in words(client.get("/models/v2/"))
    assert "v2 simulated Exported unknown" in words(client.get("/models/"))
    staff = get_user_model().objects.create_user("staff")
    staff.user_permissions.add(Permission.objects.get(codename="view_cutoff"))
    client.force_login(staff)
    assert "Secret spring" in words(client.get("/models/v2/"))


@pytest.mark.parametrize(
    ("address", "most"),
    [
        ("/models/", 5),
        ("/models/v2/", 15),
        ("/models/v2/?clade=47158", 18),
        ("/models/v2/classes/", 5),
        ("/models/v2/classes/?show=best&clade=47158", 10),
        ("/models/v2/genera/52775/", 9),
    ],
)
@pytest.mark.parametrize("is_large", [False, True])
def test_the_number_of_queries_does_not_grow(
    world, client, django_assert_max_num_queries, address, most, is_large
):
    more = dict.fromkeys(range(1, 60), (25, 20)) if is_large else {}
    release("v1", 3, FIRST | more)
    release("v2", 9, SECOND | more, CONFUSED)
    versions.compare_versions()
    with django_assert_max_num_queries(most):
        assert client.get(address).status_code == 200


def test_no_name_in_a_file_is_a_formula(both, client):
    Taxon.objects.filter(pk=57516).update(name='=HYPERLINK("https://example.org")', common_name="+1")
    response = client.get("/models/v2/classes.csv?show=better")
    (row,) = csv.DictReader(b"".join(response).decode().splitlines())
    assert (row["name"], row["common_name"]) == ('\'=HYPERLINK("https://example.org")', "'+1")
