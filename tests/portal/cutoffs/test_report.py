"""A manifest condensed, and the distribution as a page fragment."""

import re

from django.template.loader import render_to_string

from portal.cutoffs.report import NAMED, condense, taxon_ids
from portal.taxa.models import Taxon

BOMBUS = Taxon(id=52775, name="Bombus", common_name="bumble bees", rank="genus", iconic_taxon_id=47158)
SETS = {name: {"photos": 50, "observations": 40} for name in ("train", "val", "test")}
MANIFEST = {
    "format": 1,
    "criteria": {"name": "inat-2022"},
    "cutoff": "2026-02-01T00:00:00Z",
    "seed": "the secret of the draw",
    "commitment": "c0ffee",
    "is_simulated": False,
    "lake": {"version": 7, "tables": {}},
    "files": {"taxonomy.csv": {"sha256": "ab", "bytes": 12, "rows": 3}},
    "settling": {
        "held_back_observations": 5,
        "accepted_removals": 2,
        "judged_by_observation_times": 1,
        "taxa_kept_below_line": [7, 8],
    },
    "counts": SETS | {"classes": [{}] * 1200},
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
            "added": list(range(100, 100 + NAMED + 5)),
            "lost": [{"taxon_id": 52775, "status": "covered"}],
            "rolled_up": [],
        },
    },
}
FIRST = {**MANIFEST, "distribution": MANIFEST["distribution"] | {"changes": None}}


def render(manifest: dict, *taxa: Taxon) -> str:
    context = {"report": condense(manifest), "known": {taxon.id: taxon for taxon in taxa}}
    return re.sub(r"\s+", " ", render_to_string("cutoffs/_distribution.html", context))


def test_a_report_keeps_totals_and_the_first_taxa_and_no_seed():
    assert condense(MANIFEST) == {
        "is_simulated": False,
        "commitment": "c0ffee",
        "lake_version": 7,
        "files": MANIFEST["files"],
        "sets": SETS,
        "classes": 1200,
        "settling": {
            "held_back_observations": 5,
            "accepted_removals": 2,
            "judged_by_observation_times": 1,
            "taxa_kept_below_line": {"total": 2, "first": [7, 8]},
        },
        "distribution": {
            "photos_per_class": MANIFEST["distribution"]["photos_per_class"],
            "near_line": {"below": 7, "above": 3},
            "unused_beside_classes": {"taxa": 2, "photos": 64},
            "changes": {
                "previous_cutoff": "2026-01-01T00:00:00Z",
                "added": {"total": NAMED + 5, "first": list(range(100, 100 + NAMED))},
                "lost": {"total": 1, "first": [52775]},
                "rolled_up": {"total": 0, "first": []},
            },
        },
    }


def test_the_taxa_that_a_report_names():
    assert taxon_ids(condense(MANIFEST)) == {7, 8, 52775, *range(100, 100 + NAMED)}
    assert taxon_ids(condense(FIRST)) == {7, 8}


def test_the_distribution_is_drawn_and_told_in_words():
    page = render(MANIFEST, BOMBUS)
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
        "New classes: 29",
        "Classes lost: 1",
        "Now part of a wider class: 0",
    ]
    assert 'href="/taxa/52775/">Bumble bees</a>' in page
    assert "style=" not in page


def test_a_first_snapshot_has_nothing_to_compare_with():
    page = render(FIRST)
    assert "There is no earlier snapshot to compare with." in page
    assert "<h3>" not in page
