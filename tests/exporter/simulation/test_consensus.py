"""Hand-worked examples of iNaturalist's rule, on a tree small enough to keep in the head.

1 root ─ 10 family ┬ 20 genus ┬ 21 species ─ 211 subspecies
                   │          └ 22 species
                   └ 30 genus ─ 31 species
9 a root of its own ─ 91
"""

import gzip
from itertools import permutations
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.simulation.consensus import Vote, reach_consensus

LINES = {
    1: (1,),
    10: (1, 10),
    20: (1, 10, 20),
    21: (1, 10, 20, 21),
    211: (1, 10, 20, 21, 211),
    22: (1, 10, 20, 22),
    30: (1, 10, 30),
    31: (1, 10, 30, 31),
    9: (9,),
    91: (9, 91),
}


def own(taxon_id: int) -> Vote:
    return Vote(taxon_id, is_own=True)


def refine(taxon_id: int) -> Vote:
    return Vote(taxon_id, is_disagreement=False)


def refuse(previous_taxon_id: int, taxon_id: int) -> Vote:
    """An explicit disagreement: it is ``taxon_id``, and not ``previous_taxon_id``."""
    return Vote(taxon_id, is_disagreement=True, previous_taxon_id=previous_taxon_id)


EXAMPLES = {
    "nobody": ([], None, None),
    "one person: a label, no community": ([own(21)], None, 21),
    "two agree": ([own(21), refine(21)], 21, 21),
    "a species under a genus: the community has the genus, the label the species": (
        [own(20), refine(21)],
        20,
        21,
    ),
    "a coarser name that does not disagree": ([own(21), refine(20)], 20, 21),
    "two of three are not more than two thirds": ([own(21), refine(21), refuse(21, 22)], 20, 20),
    "three of four are": ([own(21), refine(21), refine(21), refuse(21, 22)], 21, 21),
    "one against one meet in the genus": ([own(21), refuse(21, 22)], 20, 20),
    "one against one meet in the family": ([own(21), refuse(21, 31)], 10, 10),
    "an explicit genus against one": ([own(21), refuse(21, 20)], 20, 20),
    "an explicit genus against two: two of three are too few": (
        [own(21), refine(21), refuse(21, 20)],
        20,
        20,
    ),
    "an explicit genus against three": ([own(21), refine(21), refine(21), refuse(21, 20)], 21, 21),
    "an explicit family refuses the genus between, too": ([own(21), refine(21), refuse(21, 10)], 10, 10),
    "an explicit genus does not refuse the other species": (
        [own(21), refuse(21, 20), refine(22), refine(22), refine(22)],
        22,
        22,
    ),
    "an explicit family refuses the other species": (
        [own(21), refuse(21, 10), refine(22), refine(22), refine(22)],
        20,
        20,
    ),
    "an explicit genus refuses what lies below the species": ([own(211), refuse(21, 20)], 20, 20),
    "a disagreement on another branch counts once": (
        [own(21), refine(21), refine(21), refuse(21, 31)],
        21,
        21,
    ),
    "a coarser name after the species, from before iNaturalist asked": ([own(21), Vote(20)], 20, 20),
    "a coarser name before the species, from before iNaturalist asked": ([own(20), Vote(21)], 20, 21),
    "a subspecies before its species": ([own(211), refine(21)], 21, 211),
    "nothing in common: the observer's own": ([own(21), refuse(21, 91)], None, 21),
    "nothing in common, and the observer said nothing": ([Vote(21), refuse(21, 91)], None, 91),
    "a subspecies after its species": ([own(21), refine(211)], 21, 21),
    "two name a subspecies": ([own(21), refine(211), refine(211)], 211, 211),
    "a subspecies after its genus": ([own(20), refine(211)], 20, 20),
    "one that does not count, alone": ([own(21)._replace(counts=False)], None, 21),
    "one that does not count, beside one that does": (
        [own(21)._replace(counts=False), refine(22)],
        None,
        22,
    ),
    "two that do not count make no community": (
        [own(21)._replace(counts=False), refine(21)._replace(counts=False)],
        None,
        21,
    ),
}


@pytest.mark.parametrize(("votes", "community", "taxon"), EXAMPLES.values(), ids=EXAMPLES.keys())
def test_hand_worked_examples(votes: list[Vote], community: int | None, taxon: int | None) -> None:
    consensus = reach_consensus(votes, LINES, {211})
    assert (consensus.community_taxon_id, consensus.taxon_id) == (community, taxon)


VOTES = st.lists(
    st.builds(
        Vote,
        taxon_id=st.sampled_from(sorted(LINES)),
        is_own=st.just(False),
        is_disagreement=st.booleans(),
        previous_taxon_id=st.one_of(st.none(), st.sampled_from(sorted(LINES))),
    ),
    max_size=4,
)


@given(VOTES)
def test_order_does_not_matter_once_everybody_was_asked(votes: list[Vote]) -> None:
    assert len({reach_consensus(order, LINES, ()).community_taxon_id for order in permutations(votes)}) <= 1


@given(VOTES)
def test_agreeing_never_makes_the_community_coarser(votes: list[Vote]) -> None:
    before = reach_consensus(votes, LINES, {211}).community_taxon_id
    if before is not None:
        after = reach_consensus([*votes, refine(before)], LINES, ()).community_taxon_id
        assert after is not None
        assert before in LINES[after]


def _lines_of(observation: dict[str, Any]) -> dict[int, tuple[int, ...]]:
    """The lines of all taxa that a recorded observation speaks of."""
    recorded = [observation["taxon"], observation.get("community_taxon")]
    for made in observation["identifications"]:
        recorded += [made["taxon"], made.get("previous_observation_taxon")]
    lines: dict[int, tuple[int, ...]] = {}
    for taxon in recorded:
        if isinstance(taxon, dict) and (taxon.get("ancestor_ids") or taxon.get("ancestry")):
            above = taxon.get("ancestor_ids") or [int(part) for part in taxon["ancestry"].split("/")]
            line = (*(taxon_id for taxon_id in above if taxon_id != taxon["id"]), taxon["id"])
            lines |= {taxon_id: line[: depth + 1] for depth, taxon_id in enumerate(line)}
    return lines


@pytest.mark.shared_data
def test_agrees_with_every_recorded_observation(shared_data: Path) -> None:
    path = shared_data / "2_identifications" / "observations_with_identifications.jsonl.gz"
    checked = 0
    for line in gzip.decompress(path.read_bytes()).splitlines():
        observation = orjson.loads(line)
        if "community_taxon_id" not in observation:
            continue
        lines = _lines_of(observation)
        votes = []
        for made in sorted(observation["identifications"], key=lambda made: made["id"]):
            previous = made.get("previous_observation_taxon_id")
            if made["current"]:
                is_own = made["user"]["id"] == observation["user"]["id"]
                votes.append(
                    Vote(
                        made["taxon"]["id"],
                        is_own,
                        made.get("disagreement"),
                        previous if previous in lines else None,
                    )
                )
        consensus = reach_consensus(votes, lines, ())
        expected = (observation["community_taxon_id"], observation["taxon"]["id"])
        assert (consensus.community_taxon_id, consensus.taxon_id) == expected, observation["id"]
        checked += 1
    assert checked == 75
