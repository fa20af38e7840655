"""What every clade holds: its usable observations by photos, the confirmed ones, the incomplete ones.

An observation is in a taxon's clade by its taxon *u* or by its confirming taxon *c*, so the clade's
observations are those by *u*, and those by *c*, less those by both: the latter are in just the clades of the
lowest common ancestor of *u* and *c* and above.

All of it is whole numbers. So the counts of a lake in which some observations changed are the former counts
less what these gave and plus what they give: just those that counting anew gives (`alteration`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pyarrow as pa

from exporter import criteria as rules
from exporter.columns import booleans, distinct, integers
from exporter.criteria import Criteria
from exporter.engine import Engine
from exporter.leaves import Line, measure, photos_held
from exporter.tree import NONE, Bools, Ints, Tree, load_tree

_GROUPS = """
SELECT coalesce(taxon_id, -1) AS taxon_id, coalesce(confirming_id, -1) AS confirming_id,
    CAST(least(photos, $photos_per_observation) AS BIGINT) AS photos, is_incomplete, count(*) AS observations
FROM {usable} AS usable
GROUP BY 1, 2, 3, 4
"""

_TAXA = """
SELECT taxon_id, coalesce(is_active, true) AS is_active, coalesce(is_extinct, false) AS is_extinct,
    rank_level IS NULL AS is_unranked,
    coalesce(rank_level < $species_level OR list_contains($barred_ranks, rank), false) AS is_never_class,
    name, rank
FROM taxa
"""


@dataclass(frozen=True)
class Groups:
    """Usable observations, grouped: in each group, ``observations`` of them have ``photos`` photos."""

    taxon_ids: Ints
    confirming_ids: Ints
    photos: Ints
    is_incomplete: Bools
    observations: Ints


@dataclass(frozen=True)
class Standing:
    """What the lake's taxa say of each position of the tree: rule 5, and names (null where unknown).

    A taxon without a row (not ``is_listed``) is active and unranked.
    """

    is_listed: Bools
    is_active: Bools
    is_barred: Bools
    is_unranked: Bools
    names: pa.Array
    ranks: pa.Array


@dataclass(frozen=True)
class Counts:
    """What each clade holds; one row per position of the tree.

    confirmed, observations: the confirmed and all usable ones with 1, 2, ... photos, and in the last column
                  with as many as training takes of one, or more.
    incomplete:   those known only in part.
    """

    tree: Tree
    standing: Standing
    confirmed: Ints
    observations: Ints
    incomplete: Ints


@dataclass(frozen=True)
class Holdings:
    """What follows from the counts of each clade by itself; one entry a clade.

    photos: those that training could take. ``line``: its distance to the line.
    """

    observations: Ints
    confirmed: Ints
    photos: Ints
    incomplete: Ints
    line: Line

    @classmethod
    def of(cls, criteria: Criteria, confirmed: Ints, observations: Ints, incomplete: Ints) -> "Holdings":
        """Measure clades; ``confirmed`` and ``observations`` by photos, as `Counts` has them."""
        return cls(
            observations=observations.sum(axis=1),
            confirmed=confirmed.sum(axis=1),
            photos=photos_held(observations),
            incomplete=incomplete,
            line=measure(criteria, confirmed, observations),
        )

    def columns(self) -> dict[str, Any]:
        """Every array by its name, those of the line among them."""
        own = {field.name: getattr(self, field.name) for field in fields(self)}
        line = own.pop("line")
        return own | {field.name: getattr(line, field.name) for field in fields(line)}

    @classmethod
    def of_columns(cls, columns: Mapping[str, Any]) -> "Holdings":
        """Return what `columns` gives as it was."""
        line = Line(**{field.name: columns[field.name] for field in fields(Line)})
        return cls(**{field.name: columns[field.name] for field in fields(cls)[:-1]}, line=line)

    def with_rows(self, positions: Ints, rows: "Holdings") -> "Holdings":
        """Return the same with other rows at some positions."""
        columns = {name: column.copy() for name, column in self.columns().items()}
        for name, column in rows.columns().items():
            columns[name][positions] = column
        return Holdings.of_columns(columns)


@dataclass(frozen=True)
class Alteration:
    """The clades whose counts differ, and these; one row a position."""

    positions: Ints
    confirmed: Ints
    observations: Ints
    incomplete: Ints

    def of(self, counts: Counts) -> Counts:
        """Return the counts with these in place of theirs."""
        values = {name: getattr(counts, name).copy() for name in ("confirmed", "observations", "incomplete")}
        for name, column in values.items():
            column[self.positions] = getattr(self, name)
        return replace(counts, **values)


def count(con: Engine, criteria: Criteria, usable: str) -> Counts:
    """Count the observations of a table or bracketed SELECT with the columns of `readiness.usable_sql`."""
    groups = read_groups(con, criteria, usable)
    labelled = np.concatenate([groups.taxon_ids, groups.confirming_ids])
    tree = load_tree(con, labelled[labelled != NONE])
    standing = _read_standing(con, tree, criteria)
    width = criteria.train_photos_per_observation
    shares = _shares(tree, standing, groups)
    return Counts(
        tree=tree,
        standing=standing,
        confirmed=_clade_counts(tree, *shares.confirmed, width),
        observations=_clade_counts(tree, *shares.observations, width),
        incomplete=_clade_counts(tree, *shares.incomplete, 1)[:, 0],
    )


def read_groups(con: Engine, criteria: Criteria, usable: str) -> Groups:
    """Group usable observations: see `count`."""
    parameters = {"photos_per_observation": criteria.train_photos_per_observation}
    columns = con.execute(_GROUPS.format(usable=usable), parameters).fetchnumpy()
    return Groups(
        taxon_ids=integers(columns["taxon_id"]),
        confirming_ids=integers(columns["confirming_id"]),
        photos=integers(columns["photos"]),
        is_incomplete=booleans(columns["is_incomplete"]),
        observations=integers(columns["observations"]),
    )


def alteration(counts: Counts, gone: Groups, come: Groups) -> Alteration | None:
    """Return what changes if some observations go and others come, over the same taxa.

    None where one of these taxa has no row in the lake: then the tree itself may be another.
    """
    change = Groups(
        taxon_ids=np.concatenate([gone.taxon_ids, come.taxon_ids]),
        confirming_ids=np.concatenate([gone.confirming_ids, come.confirming_ids]),
        photos=np.concatenate([gone.photos, come.photos]),
        is_incomplete=np.concatenate([gone.is_incomplete, come.is_incomplete]),
        observations=np.concatenate([-gone.observations, come.observations]),
    )
    labelled = np.concatenate([change.taxon_ids, change.confirming_ids])
    positions = counts.tree.positions(labelled[labelled != NONE])
    if not (counts.standing.is_listed[positions] & (positions != NONE)).all():
        return None
    shares = _shares(counts.tree, counts.standing, change)
    added = {name: _upwards(counts.tree, *getattr(shares, name)) for name in _COUNTED}
    touched = distinct(np.concatenate([positions for positions, _, _ in added.values()]))
    rows = {}
    for name, (positions, columns, numbers) in added.items():
        rows[name] = getattr(counts, name)[touched]
        places = (np.searchsorted(touched, positions), columns)
        np.add.at(rows[name], places if rows[name].ndim > 1 else places[0], numbers)
    return Alteration(touched, **rows)


_COUNTED = ("confirmed", "observations", "incomplete")
#: Positions (-1 for none), columns, and how many observations belong to each.
_Entries = tuple[Ints, Ints, Ints]


@dataclass(frozen=True)
class _Shares:
    """What groups of observations add to which positions; their ancestors have the same more."""

    confirmed: _Entries
    observations: _Entries
    incomplete: _Entries


def _shares(tree: Tree, standing: Standing, groups: Groups) -> _Shares:
    taxon, confirming = (
        _active_positions(tree, standing, ids) for ids in (groups.taxon_ids, groups.confirming_ids)
    )
    both = np.full_like(taxon, NONE)
    is_both = (taxon != NONE) & (confirming != NONE)
    both[is_both] = tree.common_ancestors(taxon[is_both], confirming[is_both])
    either = np.concatenate([taxon, confirming, both])
    number = np.concatenate([groups.observations, groups.observations, -groups.observations])
    column = groups.photos - 1
    is_incomplete = np.tile(groups.is_incomplete, 3)
    incomplete = either[is_incomplete]
    return _Shares(
        confirmed=(confirming, column, groups.observations),
        observations=(either, np.tile(column, 3), number),
        incomplete=(incomplete, np.zeros_like(incomplete), number[is_incomplete]),
    )


def _active_positions(tree: Tree, standing: Standing, taxon_ids: Ints) -> Ints:
    """Rule 3: an inactive taxon is nowhere in the tree."""
    positions = tree.positions(taxon_ids)
    placed = np.flatnonzero(positions != NONE)
    positions[placed[~standing.is_active[positions[placed]]]] = NONE
    return positions


def _clade_counts(tree: Tree, positions: Ints, columns: Ints, numbers: Ints, width: int) -> Ints:
    """Sums of ``numbers`` in each taxon's clade, apart for each column; position -1 is in no clade."""
    counts = np.zeros((len(tree), width), dtype=np.int64)
    is_placed = positions != NONE
    np.add.at(counts, (positions[is_placed], columns[is_placed]), numbers[is_placed])
    return tree.clade_sums(counts)


def _upwards(tree: Tree, positions: Ints, columns: Ints, numbers: Ints) -> _Entries:
    """The entries, and the same at every position above them."""
    whole: list[_Entries] = [(positions[:0], columns[:0], numbers[:0])]
    while (is_placed := positions != NONE).any():
        positions, columns, numbers = positions[is_placed], columns[is_placed], numbers[is_placed]
        whole.append((positions, columns, numbers))
        positions = tree.parent[positions]
    positions, columns, numbers = (np.concatenate(each) for each in zip(*whole, strict=True))
    return positions, columns, numbers


def _read_standing(con: Engine, tree: Tree, criteria: Criteria) -> Standing:
    parameters = {"species_level": rules.SPECIES_RANK_LEVEL, "barred_ranks": list(criteria.barred_ranks)}
    rows = con.sql(_TAXA, params=parameters).to_arrow_table()
    positions = tree.positions(integers(rows["taxon_id"]))
    row = np.full(len(tree), NONE, dtype=np.int64)
    row[positions] = np.arange(len(positions))
    is_listed = row != NONE

    def spread(name: str, otherwise: bool) -> Bools:
        whole = np.full(len(tree), otherwise)
        whole[positions] = booleans(rows[name])
        return whole

    is_active = spread("is_active", True)
    is_extinct = tree.at_or_below(spread("is_extinct", False))
    is_barred = is_extinct | spread("is_never_class", False) | ~is_active
    names, ranks = (
        rows[name].combine_chunks().cast(pa.string()).take(pa.array(row, mask=~is_listed))
        for name in ("name", "rank")
    )
    return Standing(is_listed, is_active, is_barred, spread("is_unranked", True), names, ranks)
