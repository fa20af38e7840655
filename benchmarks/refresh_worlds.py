"""What a refresh reads of a made-up lake, and again after pulls: a part of `benchmarks.refresh_waits`."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks import portal, portal_hotspots
from benchmarks.portal_taxa import CHILDREN, LINE, _levels, _parents, clades_again, readiness, taxa
from exporter.hotspots import Findings

if TYPE_CHECKING:
    from portal.refresh.reading import Reading

RULE = "inat-2022"
#: Share of the observations that a small pull brings.
CHANGED = 0.001
#: Numbers below this are of kingdoms to families.
FAMILIES_END = 259
_DAY = datetime(2026, 11, 1, tzinfo=UTC)


def worlds(count: int, observed: int, labels: int, entries: int) -> Iterator[tuple[str, "Reading"]]:
    """What each refresh reads, with what changed since the one before."""
    batches = list(taxa(count))
    first = readiness(observed, count, seed=1)
    findings = portal_hotspots.findings(portal._labels(first, labels), entries)
    yield "first refresh", reading(batches, first, findings)
    yield "the same again", reading(batches, first, findings)
    yield "and again", reading(batches, first, findings)
    for number, (what, is_spread) in enumerate((("in one family", False), ("all over", True))):
        for time in ("", ", once more"):
            first, findings = pulled(first, findings, count, is_spread, seed=number + 10 * len(time))
            yield f"0.1 % changed {what}{time}", reading(batches, first, findings)
    second = readiness(observed, count, seed=3)
    findings = portal_hotspots.findings(portal._labels(second, labels), entries)
    yield "every readiness changed", reading(batches, second, findings)


def reading(batches: list[pa.RecordBatch], result: pa.Table, findings: Findings) -> "Reading":
    """Return these as `portal.refresh.reading.read_lake` does."""
    from exporter.named_clades import NAMED_CLADES
    from exporter.versions import LakeVersion
    from portal.refresh.reading import Reading

    return Reading(
        version=LakeVersion(1, _DAY, {}, False),
        data_as_of=_DAY,
        sources=[],
        readiness={RULE: result},
        hotspots={RULE: findings},
        involved={},
        contradicting=None,
        photos=_photos(findings.worklist),
        named_clades=NAMED_CLADES.empty_table(),
        named={},
        taxa=iter(batches),
    )


def pulled(
    result: pa.Table, findings: Findings, count: int, is_spread: bool, seed: int
) -> tuple[pa.Table, Findings]:
    """Return readiness and findings after 0.1 % more observations: all over the tree, or in one family.

    Each comes to a species by its number of observations. Of the labels that they come to, one worklist
    entry each becomes more suspect.
    """
    rng = np.random.default_rng(seed)
    numbers = result["taxon_id"].to_numpy() - 1
    observations = np.zeros(count, np.int64)
    observations[numbers] = result["observations"].to_numpy()
    species = numbers[numbers * CHILDREN + 1 >= count]
    new = int(observations[species].sum() * CHANGED)
    if not is_spread:
        species = species[_families(species) == rng.choice(_families(species))]
    weights = observations[species] / observations[species].sum()
    added = np.bincount(rng.choice(species, new, p=weights), minlength=count)
    labels = np.flatnonzero(added) + 1
    for first, last in reversed(_levels(count)[1:]):
        np.add.at(added, _parents(count)[first:last], added[first:last])
    return _with_more(result, added[numbers], count), _more_suspect(findings, labels, rng)


def _families(numbers: np.ndarray) -> np.ndarray:
    """The ancestor of each taxon at a depth where there are some hundreds."""
    result = numbers.copy()
    while (result >= FAMILIES_END).any():
        result = np.where(result >= FAMILIES_END, (result - 1) // CHILDREN, result)
    return result


def _with_more(result: pa.Table, added: np.ndarray, count: int) -> pa.Table:
    """Readiness with more observations, and what follows from them."""
    counted = result["observations"].to_numpy() + added
    is_leaf = pc.equal(result["leaf_taxon_id"], result["taxon_id"])
    is_new = (result["taxon_id"].to_numpy() - 1) * CHILDREN + 1 >= count
    is_leaf = np.where(is_new, counted >= LINE, pc.fill_null(is_leaf, False).to_numpy())
    status = np.where(is_leaf, "leaf", result["status"].to_numpy(zero_copy_only=False))
    values = {
        "status": status,
        "leaf_taxon_id": pa.array(result["taxon_id"].to_numpy(), mask=~is_leaf),
        "observations": counted,
        "community_confirmed": counted // 2,
        "photos": counted * 2,
        "short_observations": np.maximum(LINE - counted, 0),
        "margin": counted - LINE,
    }
    for name, column in values.items():
        place = result.schema.get_field_index(name)
        result = result.set_column(place, result.schema.field(name), pa.array(column))
    return clades_again(result, count)


def _more_suspect(findings: Findings, labels: np.ndarray, rng: np.random.Generator) -> Findings:
    """Findings after reviews of some labels: some of their entries more suspect, and these ranked anew."""
    worklist, hotspots = findings.worklist, findings.hotspots
    under = np.flatnonzero(np.isin(worklist["label_taxon_id"].to_numpy(), labels))
    drawn = rng.permutation(under)[: int(worklist.num_rows * CHANGED)]
    suspicion = worklist["suspicion"].to_numpy().copy()
    suspicion[drawn] = rng.random(len(drawn))
    place = worklist.schema.get_field_index("suspicion")
    worklist = worklist.set_column(place, "suspicion", pa.array(suspicion))
    wrong = hotspots["expected_wrong"].to_numpy().copy()
    wrong[np.isin(hotspots["taxon_id"].to_numpy(), labels)] *= 1.01
    place = hotspots.schema.get_field_index("expected_wrong")
    hotspots = hotspots.set_column(place, "expected_wrong", pa.array(wrong))
    hotspots = hotspots.take(pa.array(np.argsort(-wrong, kind="stable")))
    place = hotspots.schema.get_field_index("rank")
    ranks = pa.array(np.arange(1, hotspots.num_rows + 1), hotspots.schema.field("rank").type)
    hotspots = hotspots.set_column(place, hotspots.schema.field("rank"), ranks)
    return replace(findings, hotspots=hotspots, worklist=worklist)


def _photos(worklist: pa.Table) -> pa.Table:
    """A photo of each entry, and of each label."""
    rows = worklist.num_rows
    ids = worklist["observation_id"].to_numpy()
    labels = pc.unique(worklist["label_taxon_id"]).to_numpy()
    of_taxa = ids.max() + 1 + np.arange(len(labels))
    numbers = np.concatenate([ids, of_taxa])
    return pa.table(
        {
            "observation_id": numbers,
            "taxon_id": pa.array(
                np.concatenate([np.zeros(rows, np.int64), labels]), mask=np.arange(len(numbers)) < rows
            ),
            "photo_id": numbers * 3,
            "extension": ["jpg"] * len(numbers),
            "license": ["cc-by-nc"] * len(numbers),
        }
    )
