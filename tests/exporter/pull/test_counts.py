"""Counts of all taxa: whole values against the stand-in's world, and how the tree is divided."""

from collections import Counter

import pytest

from exporter.errors import DataError
from exporter.pull import counts
from exporter.pull.counts import CladeTree
from exporter.pull.store import CountJob
from tests.exporter.pull.test_puller import LIFE, Make
from tests.standin.server import StandIn


def tree(leaves_below: dict[int, dict[int, int]]) -> CladeTree:
    """A root 1 with clades that have so many leaves."""
    result = CladeTree()
    for parent, children in leaves_below.items():
        for child, leaves in children.items():
            result.children[parent].append(child)
            result.leaves[child] = leaves
            if parent == 1:
                result.leaves[1] += leaves
    return result


def labels(standin: StandIn, grade: str | None = None) -> dict[int, int]:
    """Leaf taxa among the observations' labels, counted by hand."""
    lines = [
        record["taxon"]["ancestor_ids"]
        for record in map(standin.world.__getitem__, standin.world.ids(frozenset([LIFE])))
        if grade in (None, record["quality_grade"])
    ]
    inner = {above for line in lines for above in line[:-1]}
    return {
        taxon_id: count
        for taxon_id, count in Counter(line[-1] for line in lines).items()
        if taxon_id not in inner
    }


def test_the_counts_of_all_taxa_are_those_of_the_world(make_puller: Make, standin: StandIn) -> None:
    puller = make_puller()
    counts.count_taxa(puller.client, puller.store, CladeTree.of(puller.lake))
    assert puller.store.counts("observations") == labels(standin)
    assert puller.store.counts("research") == labels(standin, "research")
    assert len(standin.log) == 2
    assert puller.store.count_jobs() == []


def test_pages_follow_until_all_are_there(
    make_puller: Make, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counts, "PER_PAGE", 7)
    puller = make_puller()
    counts.count_taxa(puller.client, puller.store, CladeTree())
    assert puller.store.counts("observations") == labels(standin)


def test_counting_goes_on_where_it_was_stopped(
    make_puller: Make, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counts, "PER_PAGE", 10)
    puller = make_puller(attempts=1)
    standin.faults.next(None, None, "500")
    with pytest.raises(DataError, match="500"):
        counts.count_taxa(puller.client, puller.store, CladeTree())
    assert [(job.measure, job.page) for job in puller.store.count_jobs()] == [
        ("observations", 3),
        ("research", 1),
    ]
    counts.count_taxa(puller.client, puller.store, CladeTree())
    assert puller.store.counts("observations") == labels(standin)
    pages = [each.parameters["page"] for each in standin.log if "quality_grade" not in each.parameters]
    assert pages[:4] == ["1", "2", "3", "3"]


def test_large_clades_are_divided_and_small_ones_put_together() -> None:
    result = tree({1: {2: 9_000, 3: 100, 4: 7_950}, 2: {5: 5_000, 6: 4_000}})
    groups = result.groups(1)
    assert sorted(clade for group in groups for clade in group) == [3, 4, 5, 6]
    assert all(sum(result.leaves[clade] for clade in group) <= 8_000 for group in groups)
    assert result.requests((3, 5)) == 11


def test_a_group_that_turns_out_too_large_is_divided_on_the_way(
    make_puller: Make, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counts, "LARGEST", 20)
    puller = make_puller()
    puller.pull_clade(LIFE)
    known = CladeTree.of(puller.lake)
    puller.store.add_count_jobs([CountJob((LIFE,), "observations")])
    counts.count_taxa(puller.client, puller.store, known)
    result = puller.store.counts("observations")
    selected = labels(standin)
    assert {taxon_id: result[taxon_id] for taxon_id in selected} == selected
