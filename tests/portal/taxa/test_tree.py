"""The page of the leaf tree, as a browser gets it."""

import re

import pytest
from django.utils.html import escape

from portal.taxa.models import Readiness
from tests.portal.taxa.test_views import links, words

TREE = "/tree/"
INSECTS, BOMBUS = 47158, 52775


def cells(response):
    """Address and words of each cell of the picture."""
    result = re.findall(r'<a class="cell"[^>]*href="([^"]*)"><title>([^<]*)', response.content.decode())
    return dict(result)


def test_the_root_is_shown_first_with_three_levels(world, client):
    response = client.get(TREE)
    assert "Life" in words(response)
    assert "1,250 photos, 86 % of them in 3 classes." in words(response).replace("≥ at least ", "")
    assert list(cells(response)) == [
        "/tree/",
        "/tree/?taxon=1",
        "/tree/?taxon=47158",
        "/tree/?taxon=47201",
        "/tree/?taxon=47822",
        "/tree/?taxon=48486",
    ]


def test_a_cell_leads_to_its_clade_and_a_tip_to_its_own_page(world, client):
    assert cells(client.get(f"{TREE}?taxon={BOMBUS}")) == {
        "/tree/?taxon=47201": "One level up",
        "/taxa/118970/": (
            "Common Eastern Bumble Bee, Bombus impatiens: included; 860 photos, 100\xa0% in classes;"
            " 4\xa0% expected wrong"
        ),
        "/taxa/57516/": (
            "Buff-tailed Bumble Bee, Bombus terrestris: included; 110 photos, 100\xa0% in classes;"
            " 0\xa0% expected wrong"
        ),
        "/taxa/120215/": (
            "Brown-belted Bumble Bee, Bombus griseocollis: unused; 110 photos, 0\xa0% in classes;"
            " 0\xa0% expected wrong"
        ),
    }


def test_the_address_keeps_colour_and_rule(world, client):
    response = client.get(f"{TREE}?taxon=47201&colour=wrong&criteria=inat-2021")
    result = cells(response)
    assert escape("/tree/?taxon=52775&colour=wrong&criteria=inat-2021") in result
    assert "/taxa/118970/?criteria=inat-2021" in result
    assert "/tree/?taxon=1&colour=wrong&criteria=inat-2021" in links(response)
    assert "/tree/?taxon=47201&criteria=inat-2021" in links(response)


def test_colours_tell_the_status_or_the_expected_wrong_share(world, client):
    by_status = client.get(f"{TREE}?taxon={BOMBUS}").content.decode()
    assert re.findall(r'cell-box"[^>]*fill="url\(#fill-(\w+)\)', by_status) == [
        "covered",
        "leaf",
        "leaf",
        "dropped",
    ]
    by_share = client.get(f"{TREE}?taxon={BOMBUS}&colour=wrong").content.decode()
    assert re.findall(r'cell-box cell-(shade-\d)"', by_share) == ["shade-3", "shade-3", "shade-0", "shade-0"]


def test_the_table_says_what_the_picture_shows(world, client):
    text = words(client.get(f"{TREE}?taxon={INSECTS}"))
    assert "Right below it 3 taxa, most photos first" in text
    assert (
        "Ants, Bees, Wasps, and Sawflies Hymenoptera order Has classes below it ≥ at least 1,080 90 %"
        " 2 20 (12 to 30), 3 % Flies Diptera order Has classes below it 100 100 % 1 none"
        " Lady Beetles Coccinellidae family Unused ≥ at least 70 0 % 0 none" in text
    )


def test_what_is_too_small_to_draw_is_told_as_others(world, client):
    Readiness.objects.filter(taxon_id__in=(57516, 120215)).update(photos=1)
    Readiness.objects.filter(taxon_id=BOMBUS).update(branch_photos=1080)
    assert cells(client.get(f"{TREE}?taxon={BOMBUS}"))["#branches"] == "2 others"
    assert cells(client.get(f"{TREE}?taxon={INSECTS}"))["/tree/?taxon=52775"] == "2 others"


def test_a_taxon_without_observations_says_so(world, client):
    response = client.get(f"{TREE}?taxon=900003")
    assert "No usable observation of it" in words(response)
    assert TREE in links(response)


def test_a_tip_has_nothing_below_it(world, client):
    assert "Nothing lies below it." in words(client.get(f"{TREE}?taxon=118970"))


def test_before_the_next_count_the_page_says_how_to_come_by_it(world, client):
    Readiness.objects.update(is_drawn=False, stem_id=None)
    assert "The tree is drawn from the next count on" in words(client.get(TREE))


def test_without_data_the_page_says_how_to_load_some(db, client):
    assert "python manage.py refresh" in words(client.get(TREE))


@pytest.mark.parametrize(
    "query",
    ["taxon=nothing", "taxon=%00", "taxon=" + "9" * 40, "colour=nothing", "criteria=x", "page=0", "page=x"],
)
def test_a_bad_parameter_is_left_out_and_said_so(world, client, query):
    response = client.get(f"{TREE}?{query}")
    assert response.status_code == 200
    assert '<ul class="notices"' in response.content.decode()
    assert "1,250 photos" in words(response)


@pytest.mark.parametrize("taxon_id", [BOMBUS, 1, INSECTS])
def test_the_number_of_queries_does_not_grow_with_the_cells(
    world, client, django_assert_max_num_queries, taxon_id
):
    with django_assert_max_num_queries(9):
        client.get(f"{TREE}?taxon={taxon_id}")


# The line plot


def test_readiness_draws_the_line_for_the_clade(world, client):
    text = words(client.get("/readiness/?clade=47201"))
    assert "The line in Ants, Bees, Wasps, and Sawflies" in text
    assert (
        "3 of 3 species (100 %) have 100 photos, the fewest with which a taxon can be a class."
        " 2 of them are classes. 1 species is near the line: at most 20 observations short." in text
    )
    assert "Some counts are lower bounds" in text
    assert "500 to 999 1 0 0 0 100 to 199 1 0 1 0" in text


def test_home_draws_the_line_for_everything(world, client):
    text = words(client.get("/"))
    assert "3 of 5 species (60 %) have as many. By clade · The tree of classes" in text


def test_a_clade_without_species_says_so(world, client):
    assert "No species with photos is in it that could be a class." in words(
        client.get("/readiness/?clade=900003")
    )
