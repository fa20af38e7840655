"""What a label's chance of falling is read from: columns of numbers, and groups that it belongs to."""

from dataclasses import dataclass

import numpy as np

from exporter.hotspots.arrays import Floats
from exporter.hotspots.crowd import Crowd
from exporter.hotspots.standing import Standing
from exporter.hotspots.taxonomy import Taxonomy
from exporter.tree import NONE, Ints

#: Columns of numbers.
#:
#: one          always 1
#: number       logarithm of 1 + other observations with the label, less the lake's mean
#: range        how much more often the label was named around here than in its order (`Crowd.numbers`)
#: suggested    1 if computer vision suggested the label
#: own          1 if the observer gave it
#: genus        1 for a genus
#: coarser      1 for a taxon above genus
COLUMNS = (
    "one",
    "number",
    "range",
    "suggested",
    "own",
    "genus",
    "coarser",
)

#: Groups whose labels are alike.
GROUPS = (
    "label",
    "genus",
    "family",
    "order",
    "class",
    "label and source",
    "genus and source",
    "namer",
    "place",
)


@dataclass(frozen=True)
class Predictors:
    """One row a label on an observation: ``columns`` as `COLUMNS`; by group, a number or -1."""

    columns: Floats
    groups: dict[str, Ints]

    def __len__(self) -> int:
        return len(self.columns)

    def take(self, rows: Ints) -> "Predictors":
        """Return some of the rows."""
        return Predictors(self.columns[rows], {name: group[rows] for name, group in self.groups.items()})


def describe(
    taxonomy: Taxonomy,
    crowd: Crowd,
    place: Ints,
    label: Ints,
    known: Standing | None,
) -> Predictors:
    """Describe labels (units) on observations (places in the crowd).

    known: their standing, from identifications; None where there are none.
    """
    size = len(label)
    source = np.zeros(size, dtype=np.int64) if known is None else known.is_suggested.astype(np.int64)
    genus = taxonomy.genus[label]
    columns = (
        np.ones(size),
        *crowd.numbers(place, label),
        source,
        np.ones(size) if known is None else known.is_own,
        genus == label,
        genus == NONE,
    )
    nobody = np.full(size, NONE, dtype=np.int64)
    groups = {
        "label": label,
        "genus": genus,
        "family": taxonomy.family[label],
        "order": taxonomy.order[label],
        "class": taxonomy.biological_class[label],
        "label and source": label * 2 + source,
        "genus and source": np.where(genus == NONE, NONE, genus * 2 + source),
        "namer": nobody if known is None else known.namer,
        "place": crowd.cells(place),
    }
    return Predictors(np.column_stack(columns).astype(np.float64), groups)
