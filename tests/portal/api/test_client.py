"""The Python client, against a served portal; and the README's example with it."""

import contextlib
import io
import re
from pathlib import Path

import pytest

from portal.api import client as module
from portal.api.client import Leafline, LeaflineError
from tests.portal.world import READINESS

README = Path(__file__).parents[3] / "README.md"
pytestmark = pytest.mark.usefixtures("world")


@pytest.fixture
def leafline(live_server, settings):
    settings.SITE_URL = live_server.url
    return Leafline(live_server.url)


def test_inclusion_of_any_number_of_taxa_in_their_order(leafline, monkeypatch):
    monkeypatch.setattr(module, "MOST_TAXA", 2)
    result = leafline.inclusion([900001, 120215, 5, 57516, 57516])
    assert [taxon["taxon_id"] for taxon in result] == [900001, 120215, 57516]


def test_a_taxon(leafline):
    assert leafline.taxon(57516)["outlook"]["status"] == "leaf"


def test_readiness_goes_through_all_pages(leafline):
    result = leafline.readiness(page_size=4)
    assert [row["taxon_id"] for row in result] == sorted(row[0] for row in READINESS)
    assert [row["taxon_id"] for row in leafline.readiness(clade=47822, status="leaf")] == [120489]


def test_an_answer_that_has_not_changed_is_not_sent_again(leafline, monkeypatch):
    statuses = []
    leafline._session.hooks["response"].append(
        lambda response, *_, **__: statuses.append(response.status_code)
    )
    assert leafline.taxon(57516) == leafline.taxon(57516)
    assert statuses == [200, 304]


def test_a_refusal_says_why(leafline):
    with pytest.raises(LeaflineError, match="404: Taxon 5 is not in the data") as refused:
        leafline.taxon(5)
    assert refused.value.status == 404
    with pytest.raises(LeaflineError, match="400: status: "):
        list(leafline.readiness(status="none"))


def test_too_many_requests_are_waited_out(live_server, settings, monkeypatch):
    settings.API_PER_MINUTE_ADDRESS = 1
    waits = []

    def next_minute(seconds):
        waits.append(seconds)
        settings.API_PER_MINUTE_ADDRESS = 100

    monkeypatch.setattr(module.time, "sleep", next_minute)
    leafline = Leafline(live_server.url)
    leafline.taxon(57516)
    leafline.taxon(120215)
    assert len(waits) == 1
    assert 0 < waits[0] <= 60


def test_patience_ends(live_server, settings):
    settings.API_PER_MINUTE_ADDRESS = 1
    leafline = Leafline(live_server.url, patience=0)
    leafline.taxon(57516)
    with pytest.raises(LeaflineError, match="429"):
        leafline.taxon(120215)


def test_the_readme_s_example(live_server):
    (example,) = re.findall(r"```python\n(from portal\.api\.client .*?)```", README.read_text(), re.DOTALL)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(example.replace("http://127.0.0.1:8000", live_server.url), {})
    assert printed.getvalue() == (
        "Bombus covered Taxa below it are classes.\n"
        "Bombus impatiens leaf Stays a class even if it loses 300 observations.\n"
    )
