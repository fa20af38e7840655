"""What a taxon's page tells of the current model."""

import pytest

from tests.portal.taxa.test_views import words
from tests.portal.versions.releases import release_document


@pytest.fixture
def released(world):
    return release_document()


@pytest.mark.parametrize(
    ("taxon_id", "told"),
    [
        (
            57516,
            "In the current model The model names 22 of 25 test photos right (88 %)."
            " 90 % interval: 73 to 95 %. It takes it most often for:"
            " Common Eastern Bumble Bee , Bombus impatiens : 3 photos"
            " Model v1 , released 1 October 2026. Simulated.",
        ),
        (900001, "It is no class of its own; photos of it are suggested as Sarcophaga ."),
        (120215, "In the current model It is not among its classes."),
    ],
)
def test_a_taxon_s_page_tells_what_the_model_makes_of_it(released, client, taxon_id, told):
    assert told in words(client.get(f"/taxa/{taxon_id}/"))


def test_without_a_model_the_page_does_not_speak_of_one(world, client):
    assert "In the current model" not in words(client.get("/taxa/57516/"))


def test_a_model_costs_the_page_few_queries(released, client, django_assert_max_num_queries):
    with django_assert_max_num_queries(15):
        client.get("/taxa/57516/")


def test_a_taxon_s_page_shows_its_badge(world, client):
    assert 'src="/taxa/57516/badge.svg"' in client.get("/taxa/57516/").content.decode()
