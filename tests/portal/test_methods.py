"""The methods page: documents of docs/ as they lie there."""

import re

import pytest

from portal.home.methods import rendered
from tests.portal.taxa.test_views import links, words

DOCUMENT = """# Hotspots

## What is counted

| count | meaning |
| :-- | --: |
| labels | those of <i>one</i> taxon |

    p = a / b

## What it cannot see
"""


@pytest.fixture
def docs(settings, tmp_path):
    settings.BASE_DIR = tmp_path
    (tmp_path / "docs").mkdir()
    return tmp_path / "docs"


def test_documents_are_shown_with_their_contents(db, client, docs):
    (docs / "methods.md").write_text(DOCUMENT, encoding="utf-8")
    (docs / "guards.md").write_text("# Guards\n\nWhat a rush looks like.", encoding="utf-8")
    response = client.get("/methods/")
    assert response.status_code == 200
    text = words(response)
    assert text.index("those of one taxon") < text.index("What a rush looks like.")
    assert {"#what-is-counted", "#what-it-cannot-see"} <= set(links(response))
    assert not re.search(r"\sstyle=|<style|<script(?![^>]*\ssrc=)", response.content.decode())


def test_headings_begin_below_the_page_s_own(docs):
    (docs / "methods.md").write_text(DOCUMENT, encoding="utf-8")
    body = rendered(docs / "methods.md")["body"]
    assert '<h2 id="hotspots">Hotspots</h2>' in body
    assert "<h1" not in body


def test_without_documents_the_page_says_where_they_lie(db, client, docs):
    assert "they lie in docs/ of the source" in words(client.get("/methods/"))
