"""The policy lab's page: an answer, three pictures, any cell of the grid, and every number as files."""

import csv
import io
import json
from itertools import product

import pytest

from exporter.policy import LAB_VERSION, pictures
from exporter.policy.pictures import Shown
from portal.policy import results
from portal.policy.results import DRAWS, LEADS, MEASURED, REACTIONS, WINDOWS, Choice
from portal.policy.wording import change_words, value_words
from tests.portal.taxa.test_views import words

pytestmark = pytest.mark.django_db


def test_the_page_answers_in_one_sentence(client):
    text = words(client.get("/policy/"))
    usual = results.cell(Choice()).changes["wrong_share"]
    assert usual.is_gain
    assert "Yes, if the settling window is open by then." in text
    assert f"changed the share of wrong labels by −{abs(100 * usual.value):.2f} percentage points" in text
    worlds = len(results.document()["seeds"])
    assert f"Simulated {worlds} communities of 4,800 observations each, computed on 30 November 2026." in text


@pytest.mark.parametrize(
    ("version", "is_said"), [(LAB_VERSION, False), (LAB_VERSION - 1, True), (None, True)]
)
def test_figures_of_an_earlier_lab_are_called_so(client, monkeypatch, version, is_said):
    document = results.document() | {"lab_version": version}
    monkeypatch.setattr(results, "document", lambda: document)
    assert ("of an earlier version of the communities" in words(client.get("/policy/"))) is is_said


def test_the_answer_is_what_the_figures_say():
    """If a new grid says something else, the page's sentences must be written anew."""
    change = {days: results.cell(Choice(settle_days=days)).changes["wrong_share"] for days in WINDOWS}
    assert change[0].is_harm
    assert change[14].is_gain
    assert results.cell(Choice(lead_days=28)).changes["wrong_share"].is_harm
    assert results.cell(Choice(lead_days=28, settle_days=28)).changes["wrong_share"].is_gain
    assert not results.cell(Choice("rush")).changes["wrong_share"].is_harm
    assert results.cell(Choice()).means["pushed_in"].value == 0
    even = results.document()["break_even"]
    assert pictures.harms_from(even, 14) is None
    assert 0 < pictures.harms_from(even, 0) < 1
    assert 0 < pictures.pushes_from(even, 0) < 4
    assert even["evidence"][1] < pictures.harms_from(even, 0)  # announcing does good there
    fifth = {
        (response, line.arm): line.estimates[-1]
        for response in ("none", MEASURED, "strong")
        for line in pictures.generations(results.document()["generations"], response).lines
    }
    for response in (MEASURED, "strong"):  # the loop makes no clear difference
        assert fifth[response, "never"].low < fifth["none", "never"].value < fifth[response, "never"].high
        assert fifth[response, "every"].high < fifth[response, "never"].low
        assert fifth[response, "once"].high > fifth[response, "never"].low


def test_every_cell_of_the_grid_can_be_chosen(client):
    for reaction, lead, window, draw in product(REACTIONS, LEADS, WINDOWS, DRAWS):
        cell = results.cell(Choice(reaction, lead, window, draw))
        assert set(cell.changes) == {"wrong_share", "worst_share", "classes", "photos"}
    text = words(client.get("/policy/?who=rush&lead=28&window=0&draw=open"))
    value = 100 * results.cell(Choice("rush", 28, 0, "open")).changes["wrong_share"].value
    assert "Announced 28 days ahead; a rush: what staff fear most." in text
    assert f"0 days +{value:.2f}" in text


@pytest.mark.parametrize("query", ["who=nobody", "lead=5", "window=x", "draw=%00", "who=all&lead=-1"])
def test_what_cannot_be_read_is_said_and_left_out(client, query):
    response = client.get(f"/policy/?{query}")
    assert response.status_code == 200
    assert len(response.context["notices"]) == 1
    assert response.context["choice"] == Choice()


def test_everything_is_called_simulated_or_observed(client):
    page = client.get("/policy/").content.decode()
    sections = page.split('<section class="section"')[2:]
    figures = [one for one in sections if "plot-area" in one or "<tbody>" in one]
    assert len(figures) == 5
    assert sum(">Simulated</p>" in one for one in figures) == 4  # the fifth lists what is assumed
    assert page.count(">Observed</p>") == 1


def test_every_number_is_in_the_files(client):
    document = client.get("/policy/results.json")
    assert document["Content-Type"] == "application/json"
    assert json.loads(document.content) == results.document()
    table = client.get("/policy/results.csv")
    lines = list(csv.DictReader(io.StringIO(b"".join(table.streaming_content).decode())))
    chosen = [
        line
        for line in lines
        if (line["scenario"], line["draw"], line["settle_days"], line["outcome"])
        == ("all-14", "sealed", "14", "wrong_share_change")
    ]
    usual = results.cell(Choice()).changes["wrong_share"]
    assert [(float(chosen[0][name])) for name in ("value", "low", "high")] == [
        usual.value,
        usual.low,
        usual.high,
    ]
    assert {line["simulated"] for line in lines} == {"true"}


def test_the_results_are_small_and_say_how_they_were_made():
    assert results.FILE.stat().st_size < 300_000
    document = results.document()
    assert document["is_simulated"] is True
    assert document["seeds"] == list(range(1, len(document["seeds"]) + 1))
    assert results.command() == f"python -m exporter policy --seeds 1-{document['seeds'][-1]} --out DIR"
    assert {"parameters", "criteria", "outcomes", "break_even", "generations"} <= document.keys()


def test_a_picture_is_within_its_frame():
    for reaction, lead in product(REACTIONS, LEADS):
        picture = pictures.by_window(results.by_window(Choice(reaction, lead)))
        for mark in picture.marks:
            assert 0 <= mark.high_y <= mark.y <= mark.low_y <= 100
        assert 0 <= picture.zero <= 100
        assert [mark.label for mark in picture.marks] == list(WINDOWS)


def test_squares_say_harm_or_gain_only_where_the_interval_is_on_one_side():
    squares = [square for row in pictures.squares(results.document()["break_even"], 0) for square in row]
    assert len(squares) == 24
    for square in squares:
        low, high = square.change.low, square.change.high
        assert square.change.verdict == ("harm" if low > 0 else "gain" if high < 0 else "open")


def test_numbers_are_read_as_people_read_them():
    assert value_words("wrong_share", 0.04176) == "4.18 %"
    assert value_words("classes", 75.6) == "75.6"
    assert value_words("ks", 0.0426) == "0.043"
    assert value_words("alarms", None) == "–"
    assert change_words("wrong_share", Shown(-0.0017, -0.0024, -0.0011)) == "−0.17 (−0.24 to −0.11)"
    assert change_words("classes", None) == ""
