"""How a world's observations stand when a cutoff is announced: labels, and what worklists would show."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from exporter.columns import Bools, Ints, integers
from exporter.community import labels
from exporter.criteria import GENUS_RANK_LEVEL, Criteria
from exporter.hotspots import find
from exporter.policy.tables import open_tables
from exporter.policy.world import World
from exporter.simulation.push import is_usable
from exporter.simulation.records import FIRST_ID
from exporter.simulation.tree import load_tree
from exporter.tree import NONE

_LABELS = """
SELECT observation_id, coalesce(taxon_id, -1) AS taxon_id,
    community_taxon_id IS NOT DISTINCT FROM taxon_id AS is_confirmed
FROM labels
"""


@dataclass(frozen=True)
class Standing:
    """The labels of a world's observations some days before the cutoff, one entry an observation.

    label:        taxon id, -1 for none.
    is_wrong:     the true taxon lies outside the label's clade.
    is_confirmed: the community agrees on the label.
    is_open:      people who identify would open it: usable, there by then, named to genus or finer.
    """

    world: World
    criteria: Criteria
    lead_days: float
    label: Ints
    is_wrong: Bools
    is_confirmed: Bools
    is_open: Bools

    @cached_property
    def worklist(self) -> Ints:
        """Indices of observations in the order of the worklists of that day, most suspect first."""
        with open_tables(self.world.cases) as con:
            rows = find(con, self.criteria, at=self.world.announced_at(self.lead_days)).worklist
        return integers(rows["observation_id"]) - FIRST_ID


def stand(world: World, criteria: Criteria, lead_days: float) -> Standing:
    """Label the world's observations as of so many days before the cutoff, by the exporter's own rule."""
    announced = world.announced_at(lead_days)
    with open_tables(world.cases) as con:
        labels(con, announced)
        rows = con.execute(_LABELS).fetchnumpy()
    index = integers(rows["observation_id"]) - FIRST_ID
    label = np.full(len(world.sightings), NONE, dtype=np.int64)
    is_confirmed = np.zeros(len(world.sightings), dtype=np.bool_)
    label[index] = integers(rows["taxon_id"])
    is_confirmed[index] = rows["is_confirmed"]
    tree, before = load_tree(), int(announced.timestamp())
    pairs = list(zip(world.sightings, label.tolist(), strict=True))
    is_wrong = np.array([taxon != NONE and taxon not in tree[one.true_taxon_id].line for one, taxon in pairs])
    is_open = np.array(
        [
            taxon != NONE
            and tree[taxon].rank_level <= GENUS_RANK_LEVEL
            and one.created_at <= before
            and is_usable(one)
            for one, taxon in pairs
        ]
    )
    return Standing(world, criteria, lead_days, label, is_wrong, is_confirmed, is_open)
