"""How many observations each taxon has, for all taxa: 500 taxa a request, not one.

`observations/species_counts` gives 500 taxa a page and refuses to go past 10,000. So the tree is divided
into groups of clades that have fewer species each, by what the lake knows of the tree, and a group that
turns out larger is divided on the way. Each measure uses the same groups.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from math import ceil

from exporter.lake import Lake
from exporter.pull.client import Client
from exporter.pull.store import CountJob, Store
from exporter.sources.taxon_facts import LIFE_ID
from exporter.sources.values import json_int, json_object

PER_PAGE = 500
LARGEST = 10_000
#: What is counted, and the parameters for it: observations with photos, and those of research grade.
MEASURES: dict[str, dict[str, str]] = {
    "observations": {"photos": "true"},
    "research": {"photos": "true", "quality_grade": "research"},
}
#: Species a group is meant to have, by the lake: room is left for those the lake does not know.
_SPECIES_A_GROUP = 8_000
_CLADES_A_GROUP = 100
_TAXA = """
    SELECT taxon_id, ancestry FROM taxa
    WHERE ancestry IS NOT NULL AND taxon_id >= 0 AND coalesce(is_active, true)
"""


@dataclass
class CladeTree:
    """The clades that the lake knows, and how many taxa without children each has."""

    children: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    leaves: Counter[int] = field(default_factory=Counter)

    @classmethod
    def of(cls, lake: Lake) -> "CladeTree":
        """The tree of a lake; of an empty one the root alone."""
        tree = cls()
        if lake.latest() is None:
            return tree
        lines: dict[int, list[int]] = {}
        with lake.connect() as con:
            for taxon_id, ancestry in con.execute(_TAXA).fetchall():
                lines[taxon_id] = [int(above) for above in ancestry.split("/") if above and int(above) >= 0]
        for taxon_id, line in lines.items():
            if line:
                tree.children[line[-1]].append(taxon_id)
        for taxon_id, line in lines.items():
            if taxon_id not in tree.children:
                tree.leaves.update([*line, taxon_id])
        return tree

    def groups(self, root: int = LIFE_ID) -> list[tuple[int, ...]]:
        """Clades that together are the root's, in groups that one listing can hold."""
        groups: list[list[int]] = [[]]
        size = 0
        for clade in self._small_clades(root):
            is_full = size + self.leaves[clade] > _SPECIES_A_GROUP or len(groups[-1]) == _CLADES_A_GROUP
            if is_full and groups[-1]:
                groups.append([])
                size = 0
            groups[-1].append(clade)
            size += self.leaves[clade]
        return [tuple(group) for group in groups]

    def requests(self, group: tuple[int, ...]) -> int:
        """Pages that a group's counts fill at most, by one measure."""
        return max(ceil(sum(self.leaves[clade] for clade in group) / PER_PAGE), 1)

    def _small_clades(self, root: int) -> list[int]:
        small, large = [], [root]
        while large:
            clade = large.pop()
            if self.leaves[clade] > _SPECIES_A_GROUP and self.children[clade]:
                large += sorted(self.children[clade], reverse=True)
            else:
                small.append(clade)
        return small


def count_taxa(client: Client, store: Store, tree: CladeTree) -> None:
    """Fetch the counts of all taxa; stopped anywhere, it goes on from there the next time."""
    if not store.count_jobs():
        store.add_count_jobs(CountJob(group, measure) for measure in MEASURES for group in tree.groups())
    while jobs := store.count_jobs():
        _count(client, store, tree, jobs[0])


def _count(client: Client, store: Store, tree: CladeTree, job: CountJob) -> None:
    """Fetch one page."""
    answer = client.get(
        "observations/species_counts",
        taxon_id=list(job.clades),
        page=job.page,
        per_page=PER_PAGE,
        **MEASURES[job.measure],
    )
    parts = _parts(tree, job.clades)
    if job.page == 1 and (answer.total or 0) > LARGEST and parts:
        store.add_count_jobs(CountJob(part, job.measure) for part in parts)
        store.put_counts(job, {}, is_done=True)
        return
    counts = {}
    for row in answer.results:
        taxon_id, count = json_int(json_object(row.get("taxon")).get("id")), json_int(row.get("count"))
        if taxon_id is not None and count is not None:
            counts[taxon_id] = count
    seen = job.page * PER_PAGE
    is_last = not answer.results or (answer.total is not None and seen >= answer.total)
    store.put_counts(job, counts, is_done=is_last or seen >= LARGEST)


def _parts(tree: CladeTree, clades: tuple[int, ...]) -> list[tuple[int, ...]]:
    """A group divided: into its clades, or a clade into its children."""
    if len(clades) > 1:
        return [(clade,) for clade in clades]
    return [(child,) for child in tree.children[clades[0]]]
