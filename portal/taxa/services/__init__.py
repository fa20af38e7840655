"""Writing the taxon tree, its names and its readiness: unseen first, then shown in one step."""

from collections.abc import Iterable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from exporter.columns import booleans, integers
from exporter.criteria import ORDER_RANK_LEVEL, PRESETS
from exporter.numbering import NUMBERS
from portal import bulk
from portal.lake import contents
from portal.lake.models import Refresh
from portal.lake.queries import next_key, shown_key
from portal.lake.services import Rows, clear_unfinished, show_other, write_next
from portal.taxa.curves import curves_to_keep
from portal.taxa.models import Curve, MarginCount, NamedClade, Readiness, ReadinessHistory, Status
from portal.taxa.names import KEY_LENGTH
from portal.taxa.services import history, tree
from portal.taxa.services.tree import SUBJECT
from portal.text import fold

READINESS_COLUMNS = {
    "taxon_id": "bigint",
    "status": "text",
    "leaf_taxon_id": "bigint",
    "observations": "integer",
    "community_confirmed": "integer",
    "photos": "integer",
    "short_observations": "integer",
    "short_confirmed": "integer",
    "short_photos": "integer",
    "margin": "integer",
    "incomplete_observations": "integer",
    "is_partly_loaded": "boolean",
    "tree_left": "integer",
    "tree_right": "integer",
    "is_drawn": "boolean",
    "stem_id": "bigint",
    "branches": "integer",
    "branch_photos": "integer",
    "classes": "integer",
    "class_photos": "integer",
    "expected_wrong": "double precision",
    "expected_wrong_low": "double precision",
    "expected_wrong_high": "double precision",
}
_WALK = pa.schema([("taxon_id", pa.int64()), ("tree_left", pa.int64())])
#: With what is worked out from these.
_KEPT = READINESS_COLUMNS | {"largest_class_taxon_id": "bigint"}


def write_unseen(
    refresh: Refresh,
    taxa: Iterable[pa.RecordBatch],
    readiness: Mapping[str, pa.Table],
    named_clades: pa.Table | None = None,
) -> dict[str, int]:
    """Write every taxon, and readiness by rule, so that readers see none of it before `show`.

    Batches and tables have the columns named above; readiness has the column `rank` besides, and
    ``named_clades`` are those of `exporter.named_clades.clades_by_name_alone`. A refresh of
    the present will replace the former readiness; one of the past only adds to the history. It writes in
    short transactions, and may be killed anywhere: `tidy` takes away what is left. Returns how many taxa
    are new, and how many will change: {"new": 1, "changed": 2}.
    """
    to_be_shown = readiness if refresh.as_of is None else {}
    staged = tree.stage(refresh, taxa, to_be_shown)
    for criteria, table in readiness.items():
        rows = with_largest_class(table).select(list(_KEPT))
        history.write_unseen(refresh, criteria, rows)
        if refresh.as_of is None:
            _write_present(criteria, rows, table, named_clades)
    if not staged.has_sizes:
        tree.stage_sizes([_key(criteria, criteria in to_be_shown) for criteria in {*PRESETS, *readiness}])
    tree.write_sizes()
    tree.write_names(refresh)
    return staged.counted


def _write_present(criteria: str, rows: pa.Table, table: pa.Table, named_clades: pa.Table | None) -> None:
    """Write the rows of one generation."""
    write_next(SUBJECT, criteria, [Rows(Readiness, rows, ["taxon_id"])])
    key = next_key(SUBJECT, criteria)
    count_margins(key, tree.LEVELS)
    replace_curves(key, table)
    if named_clades is not None:
        replace_named_clades(key, named_clades, table)


def show(refresh: Refresh, criteria: Iterable[str]) -> None:
    """Let readers see what `write_unseen` has written. It belongs inside a transaction, and is short."""
    tree.show()
    for name in criteria:
        history.show(refresh, name)
        if refresh.as_of is None:
            show_other(SUBJECT, name)


def shown_numbers() -> pa.Table | None:
    """The numbers along a walk of the tree that taxa have on pages (`exporter.numbering`), where known."""
    for criteria in PRESETS:
        shown = contents.known(SUBJECT, shown_key(SUBJECT, criteria))
        rows = shown.columns(Readiness._meta.db_table, _WALK) if shown else None
        if rows is not None:
            return rows.rename_columns(NUMBERS.names)
    return None


def settle() -> None:
    """Alter what `show` had to leave, because it is much and others would have waited for it."""
    tree.settle()


def tidy() -> None:
    """Remove what an unfinished refresh left."""
    clear_unfinished(SUBJECT, (Readiness, MarginCount, Curve, NamedClade), ReadinessHistory)


def _key(criteria: str, is_next: bool) -> str:
    return next_key(SUBJECT, criteria) if is_next else shown_key(SUBJECT, criteria)


def with_largest_class(readiness: pa.Table) -> pa.Table:
    """Readiness with `largest_class_taxon_id`: the class below each taxon that has most observations.

    Found for all taxa at once along the walk of the tree, where a clade is a range.
    """
    rows = readiness.sort_by("tree_left")
    left, right, taxon_ids, observations = (
        integers(rows[name]) for name in ("tree_left", "tree_right", "taxon_id", "observations")
    )
    is_class = booleans(pc.equal(rows["status"], Status.LEAF.value))
    first = np.arange(len(left)) + 1
    end = np.searchsorted(left, right, side="right")
    # The place of each class by size; what is no class comes after them all.
    order = np.lexsort((taxon_ids, -observations, ~is_class))
    places = np.full(len(left) + 1, len(left))
    places[order] = np.where(is_class[order], np.arange(len(left)), len(left))
    largest = np.minimum.reduceat(places, np.column_stack([first, end]).ravel())[::2] if len(left) else first
    has_none = (end <= first) | (largest >= len(left))
    named = pa.array(taxon_ids[order[np.where(has_none, 0, largest)]], mask=has_none)
    return rows.append_column("largest_class_taxon_id", named)


def count_margins(key: str, levels: str = "taxa_taxon") -> None:
    """Count anew how many taxa stand how far from the line; those above order have no distance.

    ``key``: the rule, as the rows have it. ``levels``: the table of the taxa's rank levels, in SQL.
    """
    # Few taxa are above order: looking these up is cheaper than every taxon's level.
    above_order = f"SELECT id FROM {levels} AS level WHERE rank_level > %s"
    bulk.make(
        "staged_margin",
        "SELECT row_number() OVER () AS place, counted.* FROM"
        f" (SELECT status, CASE WHEN taxon_id IN ({above_order}) THEN NULL ELSE margin END AS distance,"
        " count(*) AS taxa FROM taxa_readiness WHERE criteria = %s GROUP BY status, distance) AS counted",
        *(ORDER_RANK_LEVEL, key),
        key="place",
    )
    bulk.clear(MarginCount, "criteria = %s", key)
    columns = {
        "criteria": "%s",
        "status": "staged.status",
        "margin": "staged.distance",
        "taxa": "staged.taxa",
    }
    bulk.pour(MarginCount, "staged_margin", "place", columns, key)


def replace_curves(key: str, readiness: pa.Table) -> None:
    """Keep the curves of large clades under a rule, as the rows have it, in place of the former ones."""
    bulk.clear(Curve, "criteria = %s", key)
    bulk.append(Curve, curves_to_keep(readiness), criteria=key)


def replace_named_clades(key: str, clades: pa.Table, readiness: pa.Table) -> None:
    """Keep the clades known by name alone that hold taxa of the readiness, in place of the former ones."""
    left = np.sort(integers(readiness["tree_left"]))
    first = np.searchsorted(left, integers(clades["tree_left"]))
    taxa = np.searchsorted(left, integers(clades["tree_right"]), side="right") - first
    keys = pa.array([fold(name)[:KEY_LENGTH] for name in clades["name"].to_pylist()], pa.string())
    rows = clades.append_column("key", keys).append_column("taxa", pa.array(taxa))
    bulk.clear(NamedClade, "criteria = %s", key)
    bulk.append(NamedClade, rows.filter(pa.array(taxa > 0)), criteria=key)
