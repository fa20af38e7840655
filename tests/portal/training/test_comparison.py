"""The page that compares one model with a model for each clade."""

import json

import pytest

from portal.training import comparison, wording
from portal.training.comparison import Interval, comparisons
from tests.portal.taxa.test_views import words

pytestmark = pytest.mark.django_db
ADDRESS = "/training/one-or-many/"


def test_the_page_answers_with_its_interval(client):
    text = words(client.get(ADDRESS))
    answer = comparisons()[0].pair("split_router", "one").difference
    assert (
        f"models split by clade with a router differ from one model by {wording.points(answer.value)} points"
        f" of first names that are right ({wording.points(answer.low)} to {wording.points(answer.high)}):"
        f" {wording.verdict(answer)}." in text
    )
    assert "1,406 photos of 24 classes in 4 clades; 10 draws" in text
    assert "Observed" in text


def test_the_answer_is_what_the_figures_say():
    """If new figures say something else, the page's sentences must be read anew."""
    real = comparisons()[0]
    assert not real.is_simulated
    assert real.pair("split_router", "one").difference.is_loss
    assert real.pair("split_oracle", "one_masked").difference.is_loss
    assert real.pair("one_masked", "one").difference.is_gain
    assert real.spread["draws"] > real.spread["test_photos"] > real.spread["seeds"]


def test_each_set_has_each_way_and_clade(client):
    text = words(client.get(ADDRESS))
    for shown in comparisons():
        assert [way.name for way in shown.ways] == list(comparison.WAYS)
        assert sum(group["classes"] for group in shown.groups) == shown.classes
        for group in shown.groups:
            assert group["name"] in text
        for pair in shown.pairs:
            assert wording.question(pair) in text


def test_every_number_is_there_as_a_file(client):
    document = json.loads(client.get(f"{ADDRESS}comparison.json").content)
    assert [one["name"] for one in document] == [shown.name for shown in comparisons()]
    assert document[0]["command"].startswith("python -m benchmarks.split_models --what photographs")


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.01, 0.02, "better"), (-0.02, -0.01, "worse"), (-0.01, 0.02, "no clear difference")],
)
def test_an_interval_says_on_which_side_of_nothing_it_lies(low, high, verdict):
    assert wording.verdict(Interval((low + high) / 2, low, high)) == verdict


def test_the_list_of_runs_leads_there(client):
    assert f'href="{ADDRESS}"' in client.get("/training/").content.decode()
