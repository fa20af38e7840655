"""What labels are taken for; a finer name is no mistake."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.hotspots import find
from exporter.hotspots.alternatives import find_alternatives
from exporter.hotspots.judging import read
from exporter.hotspots.records import Records
from tests.exporter.hotspots.scenes import ANT, BEE, FAMILY, ROOT, TINY, Scene, ids_at, says, taxonomy_of

TAXA = [ROOT, FAMILY, ANT, 11, 12, 13, BEE, 21, 22, 31, 32]

said = st.builds(
    says, st.integers(1, 6), st.sampled_from(TAXA), is_disagreement=st.booleans(), is_vision=st.booleans()
)
stories = st.lists(st.tuples(st.sampled_from(TAXA), st.lists(said, min_size=1, max_size=4)), max_size=12)


def test_what_was_named_counts_by_observation_and_half_the_other_way() -> None:
    scene = Scene()
    scene.stories(2, 12, says(1, 11), says(2, 12))
    scene.stories(1, 13, says(1, 11), says(2, 13))
    taxonomy = taxonomy_of(scene)
    result = find_alternatives(read(Records(scene.connect(), None), taxonomy), taxonomy)
    label, other = ids_at(taxonomy, result.label), ids_at(taxonomy, result.other)
    pairs = dict(zip(zip(label, other, strict=True), result.number.tolist(), strict=True))
    assert pairs == {(11, 12): 2.0, (11, 13): 1.0, (12, 11): 1.0, (13, 11): 0.5}
    # Of three overturns of 11 two went to 12, and one more is kept for what was never named.
    assert result.share[label.index(11)] == 2 / 4


@pytest.mark.parametrize(("times", "expected"), [(1, None), (2, 12)])
def test_a_label_is_taken_for_what_was_named_twice(times: int, expected: int | None) -> None:
    scene = Scene()
    scene.stories(9, 11, says(1, 11), says(2, 11))
    scene.stories(9, 12, says(1, 12), says(2, 12))
    scene.stories(times, 12, says(1, 11), says(2, 12), says(1, 12))
    findings = find(scene.connect(), TINY)
    confused = {row["taxon_id"]: row["confused_with_taxon_id"] for row in findings.hotspots.to_pylist()}
    assert confused[11] == expected


def test_a_finer_name_is_no_alternative() -> None:
    scene = Scene()
    scene.stories(9, ANT, says(1, ANT), says(2, 11))
    taxonomy = taxonomy_of(scene)
    assert len(find_alternatives(read(Records(scene.connect(), None), taxonomy), taxonomy).label) == 0


@settings(max_examples=40)
@given(stories)
def test_no_alternative_lies_inside_its_label(told: list[tuple[int, list[dict[str, object]]]]) -> None:
    scene = Scene()
    for label, words in told:
        scene.story(label, *words)
    taxonomy = taxonomy_of(scene)
    findings = find(scene.connect(), TINY)
    pairs = [
        (findings.hotspots, "taxon_id", "confused_with_taxon_id"),
        (findings.worklist, "label_taxon_id", "suggested_taxon_id"),
        (findings.confusions, "label_taxon_id", "true_taxon_id"),
    ]
    for table, label, other in pairs:
        for row in table.to_pylist():
            if row[other] is not None:
                clade, taxon = taxonomy.tree.positions(np.array([row[label], row[other]]))
                assert not clade <= taxon < taxonomy.tree.end[clade], row
