"""The distribution report as a page fragment."""

import re

from django.template.loader import render_to_string

from portal.taxa.models import Taxon

BOMBUS = Taxon(id=52775, name="Bombus", common_name="bumble bees", rank="genus", iconic_taxon_id=47158)
MANIFEST = {
    "counts": {"classes": [{}] * 1200},
    "distribution": {
        "photos_per_class": [
            {"from": 0, "to": 499, "classes": 0},
            {"from": 500, "to": 999, "classes": 1150},
            {"from": 1000, "to": 1000, "classes": 50},
        ],
        "near_line": {"below": [{}] * 7, "above": [{}] * 3},
        "unused_beside_classes": {"taxa": 2, "photos": 64},
        "changes": {
            "previous_cutoff": "2026-01-01T00:00:00Z",
            "previous_commitment": "c0ffee",
            "added": [1, 2, 3],
            "lost": [{"taxon_id": 52775, "status": "covered"}],
            "rolled_up": [],
        },
    },
}


def render(manifest: dict, **taxa: list[Taxon]) -> str:
    return re.sub(r"\s+", " ", render_to_string("cutoffs/_distribution.html", {"manifest": manifest, **taxa}))


def test_the_report_is_drawn_and_told_in_words() -> None:
    page = render(MANIFEST, lost=[BOMBUS])
    assert 'aria-label="1,200 classes; 50 full with 1,000 training photos."' in page
    assert 'viewBox="0 0 3 1150"' in page
    assert re.findall(r'<rect class="bar-met" x="([\d.]+)" width="0.8" height="(\d+)"', page) == [
        ("0.1", "0"),
        ("1.1", "1150"),
        ("2.1", "50"),
    ]
    assert re.findall(r'<dt>([^<]+)</dt><dd class="number">([^<]+)<', page) == [
        ("classes", "1,200"),
        ("at most 10 observations short", "7"),
        ("classes with fewer than 10 to spare", "3"),
        ("photos unused, for a taxon beside theirs is a class", "64"),
    ]
    assert "Against the snapshot of <time>2026-01-01</time>:" in page
    assert re.findall(r"<h3>([^<]+)</h3>", page) == [
        "New classes: 3",
        "Classes lost: 1",
        "Now part of a wider class: 0",
    ]
    assert 'href="/taxa/52775/">Bumble bees</a>' in page
    assert "style=" not in page


def test_a_first_snapshot_has_nothing_to_compare_with() -> None:
    report = MANIFEST["distribution"] | {"changes": None}
    page = render(MANIFEST | {"distribution": report})
    assert "There is no earlier snapshot to compare with." in page
    assert "<h3>" not in page
