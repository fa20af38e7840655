"""The distribution report, on a readiness table made by hand."""

from dataclasses import replace

import pyarrow as pa

from exporter.criteria import INAT_2022
from exporter.distribution import distribution, photos_per_class
from exporter.readiness import SCHEMA
from tests.exporter.world import Row

SMALL = replace(INAT_2022, train_min=2, train_max=40)


def class_row(taxon_id: int, train: int) -> Row:
    return {"leaf_class_id": 0, "taxon_id": taxon_id, "train": train, "val": 25, "test": 25}


def standing(taxon_id: int, status: str, margin: int | None, photos: int = 1, leaf: int | None = None) -> Row:
    return {
        "taxon_id": taxon_id,
        "status": status,
        "margin": margin,
        "photos": photos,
        "leaf_taxon_id": taxon_id if status == "leaf" else leaf,
    }


def readiness(*rows: Row) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=SCHEMA)


def test_the_report_of_a_first_snapshot() -> None:
    table = readiness(
        standing(1, "covered", 500),
        standing(30, "leaf", 0),
        standing(31, "leaf", 10),
        standing(4, "leaf", 9),
        standing(40, "dropped", -3, photos=57),
        standing(41, "dropped", -11, photos=7),
        standing(42, "short", -10) | {"rank": "order"},
        standing(43, "rolled_up", -1, leaf=4),
        standing(44, "excluded", None, leaf=4),
        standing(45, "covered", -2),
        standing(46, "short", -5) | {"rank": "superorder"},
        standing(47, "leaf", 3) | {"rank": "stateofmatter"},
    )
    classes = [class_row(4, 40), class_row(30, 1), class_row(31, 39)]
    report = distribution(SMALL, classes, table, None)
    bars = report.pop("photos_per_class")
    assert [bar for bar in bars if bar["classes"]] == [
        {"from": 0, "to": 1, "classes": 1},
        {"from": 38, "to": 39, "classes": 1},
        {"from": 40, "to": 40, "classes": 1},
    ]
    assert report == {
        "near_line": {
            "below": [
                {"taxon_id": 40, "margin": -3},
                {"taxon_id": 42, "margin": -10},
                {"taxon_id": 43, "margin": -1},
            ],
            "above": [{"taxon_id": 4, "margin": 9}, {"taxon_id": 30, "margin": 0}],
        },
        "unused_beside_classes": {"taxa": 2, "photos": 64},
        "changes": None,
    }


def test_the_bars_of_the_preset_are_fifty_photos_wide() -> None:
    bars = photos_per_class(INAT_2022, [class_row(1, 49), class_row(2, 50), class_row(3, 1000)])
    assert len(bars) == 21
    assert [bars[0], bars[1], bars[-2], bars[-1]] == [
        {"from": 0, "to": 49, "classes": 1},
        {"from": 50, "to": 99, "classes": 1},
        {"from": 950, "to": 999, "classes": 0},
        {"from": 1000, "to": 1000, "classes": 1},
    ]


def test_bars_of_uneven_width_still_hold_every_class_once() -> None:
    criteria = replace(INAT_2022, train_min=0, train_max=45)
    bars = photos_per_class(criteria, [class_row(number, number) for number in range(46)])
    assert bars[-2:] == [{"from": 44, "to": 44, "classes": 1}, {"from": 45, "to": 45, "classes": 1}]
    assert sum(bar["classes"] for bar in bars) == 46
    assert photos_per_class(replace(INAT_2022, train_min=0, train_max=1), []) == [
        {"from": 0, "to": 0, "classes": 0},
        {"from": 1, "to": 1, "classes": 0},
    ]


def test_an_export_without_classes_has_no_photos_unused() -> None:
    report = distribution(SMALL, [], readiness(), None)
    assert report["unused_beside_classes"] == {"taxa": 0, "photos": 0}


def test_changes_against_the_previous_snapshot() -> None:
    """2 stays; 3 is new; 20 gave way to its species 3; 5 is rolled up into 6; nobody observes 7 any more."""
    previous = {
        "cutoff": "2026-01-01T00:00:00Z",
        "commitment": "c0ffee",
        "counts": {"classes": [class_row(taxon, 40) for taxon in (2, 20, 5, 7)]},
    }
    table = readiness(
        standing(2, "leaf", 50),
        standing(3, "leaf", 50),
        standing(6, "leaf", 50),
        standing(20, "covered", 50),
        standing(5, "rolled_up", -20, leaf=6),
    )
    classes = [class_row(taxon, 40) for taxon in (2, 3, 6)]
    assert distribution(SMALL, classes, table, previous)["changes"] == {
        "previous_cutoff": "2026-01-01T00:00:00Z",
        "previous_commitment": "c0ffee",
        "added": [3, 6],
        "lost": [{"taxon_id": 7, "status": None}, {"taxon_id": 20, "status": "covered"}],
        "rolled_up": [{"taxon_id": 5, "leaf_taxon_id": 6}],
    }
