"""What a label's chance of falling is read from: columns of numbers, and groups that it belongs to."""

from dataclasses import dataclass, fields

import numpy as np

from exporter.columns import numbered
from exporter.hotspots.arrays import Floats
from exporter.hotspots.crowd import Crowd
from exporter.hotspots.standing import Standing
from exporter.hotspots.taxonomy import Taxonomy
from exporter.tree import NONE, Bools, Ints

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
    """One entry a label (unit) on an observation; `COLUMNS` and `GROUPS` say what each means.

    number, surplus: as `Crowd.numbers` has them; the latter is the column ``range``.
    namer, place:    who gave the label, and the observation's cell; -1 for nobody and nowhere.
    """

    taxonomy: Taxonomy
    label: Ints
    number: Floats
    surplus: Floats
    is_suggested: Bools
    is_own: Bools
    namer: Ints
    place: Ints

    def __len__(self) -> int:
        return len(self.label)

    def take(self, rows: Ints) -> "Predictors":
        """Return some of the rows."""
        arrays = (getattr(self, field.name)[rows] for field in fields(self)[1:])
        return Predictors(self.taxonomy, *arrays)

    def kinds(self) -> tuple["Predictors", Ints]:
        """Return one row for each label with each source, blank in all else, and which of them each row has.

        There are few of these; what follows from them need not be worked out for every row.
        """
        keys, of = numbered(self.label * 2 + self.is_suggested)
        blank, nobody = np.zeros(len(keys)), np.full(len(keys), NONE, dtype=np.int64)
        own = np.zeros(len(keys), dtype=np.bool_)
        return Predictors(self.taxonomy, keys // 2, blank, blank, keys % 2 == 1, own, nobody, nobody), of

    @property
    def columns(self) -> Floats:
        """Return the numbers: a row a label, a column for each of `COLUMNS`."""
        genus = self.taxonomy.genus[self.label]
        columns = (
            np.ones(len(self)),
            self.number,
            self.surplus,
            self.is_suggested,
            self.is_own,
            genus == self.label,
            genus == NONE,
        )
        return np.column_stack(columns).astype(np.float64)

    @property
    def groups(self) -> dict[str, Ints]:
        """Return by each of `GROUPS` a number, or -1."""
        genus, source = self.taxonomy.genus[self.label], self.is_suggested
        return {
            "label": self.label,
            "genus": genus,
            "family": self.taxonomy.family[self.label],
            "order": self.taxonomy.order[self.label],
            "class": self.taxonomy.biological_class[self.label],
            "label and source": self.label * 2 + source,
            "genus and source": np.where(genus == NONE, NONE, genus * 2 + source),
            "namer": self.namer,
            "place": self.place,
        }


def describe(
    taxonomy: Taxonomy,
    crowd: Crowd,
    place: Ints,
    label: Ints,
    known: Standing | None,
) -> Predictors:
    """Describe labels (units) on observations (places in the crowd).

    known: their standing, from identifications; None where there are none, as if the observer had named them.
    """
    nobody = np.full(len(label), NONE, dtype=np.int64)
    return Predictors(
        taxonomy,
        label,
        *crowd.numbers(place, label),
        is_suggested=np.zeros(len(label), dtype=np.bool_) if known is None else known.is_suggested,
        is_own=np.ones(len(label), dtype=np.bool_) if known is None else known.is_own,
        namer=nobody if known is None else known.namer,
        place=crowd.cells(place),
    )
