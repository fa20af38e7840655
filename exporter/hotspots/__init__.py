"""Where the wrong labels are: for each label how many, what they are instead, and which to look at first."""

from datetime import UTC, datetime

import duckdb
import numpy as np
import pyarrow as pa

from exporter.criteria import Criteria
from exporter.hotspots import tables
from exporter.hotspots.alternatives import confusions, find_alternatives
from exporter.hotspots.assembly import Exported, gather
from exporter.hotspots.collapse import find_collapses
from exporter.hotspots.evidence import Reviews
from exporter.hotspots.judging import Reading, read
from exporter.hotspots.learned import Learned
from exporter.hotspots.moves import Moves, learn_moves
from exporter.hotspots.records import Records
from exporter.hotspots.schema import CONFUSIONS, Findings
from exporter.hotspots.taxonomy import Taxonomy
from exporter.hotspots.worklist import LabelFacts, worklist
from exporter.leaves import leaf_positions
from exporter.lineages import without_provisional
from exporter.messages import Message, message
from exporter.readiness import Assessment
from exporter.tree import NONE, Ints
from terminal.progress import Bar, bar

#: Of the progress bar.
_STEPS = 5

__all__ = ["Findings", "find"]


def find(
    con: duckdb.DuckDBPyConnection,
    criteria: Criteria,
    *,
    at: datetime | None = None,
    label_issues: pa.Table | None = None,
    learned: Learned | None = None,
    assessment: Assessment | None = None,
    records: Records | None = None,
) -> Findings:
    """Find the wrong labels among the observations that the next export could draw.

    con:      a connection with the lake's views taxa, observations, photos, identifications.
    criteria: decides which taxa are classes, and so what is exported and what counts as wrong: a label is
              wrong if the true taxon lies outside the clade of its class.
    at:       a time with a zone: as things stood then, by the identifications made by then.
    label_issues: what a trained model contradicts (`schema.LABEL_ISSUES`; other columns are ignored). An
              issue counts while the observation's label lies in the class that was contradicted. It gives
              labels the kind ``model`` and observations their reason; it moves no probability.
    learned:  what a search before learned, to serve again unless the lake has outgrown it; by default, and
              for a past time, it is learned anew. `Findings.learned` is what served.
    assessment: which taxa are classes at present, where that is known already.
    records:  of the same connection and time, to be shared by searches under several rules.

    Every table has its rows, however little evidence there is; `Findings.worth_listing` leaves them out
    where there is too little (`exporter.hotspots.evidence`).
    """
    with bar("hotspots", _STEPS, unit="steps") as shown:
        return _find(con, criteria, label_issues, learned, assessment, records or Records(con, at), shown)


def _find(
    con: duckdb.DuckDBPyConnection,
    criteria: Criteria,
    label_issues: pa.Table | None,
    learned: Learned | None,
    assessment: Assessment | None,
    records: Records,
    shown: Bar,
) -> Findings:
    shown.stage("hotspots: what the next export could draw")
    drawable, assessment = records.drawable(criteria, assessment)
    tree = assessment.tree
    taxonomy = records.taxonomy(tree)
    leaf = leaf_positions(tree, assessment.leaves)
    _next(shown, "what identifications say")
    clade = np.where(leaf == NONE, np.arange(len(tree)), leaf)
    reading = read(records, taxonomy, clade, learned=learned)
    _next(shown, "observations under each label")
    exported = gather(drawable, records.observed, taxonomy, reading, label_issues)
    _next(shown, "what they are instead")
    known = find_alternatives(reading, taxonomy)
    pairs = confusions(exported, taxonomy, reading, known)
    labels = tables.describe_labels(
        records.observed, exported, taxonomy, reading, find_collapses(reading, taxonomy), pairs
    )
    names = records.names
    _next(shown, "which to look at first")
    learned = reading.learned or _learn(con, taxonomy, reading, records.at)
    moves = learned.moves
    facts = _facts(labels, known.best(len(tree)), taxonomy, names, moves)
    return Findings(
        _known_hotspots(tables.hotspots(labels, names)),
        without_provisional(worklist(con, exported, taxonomy, facts), "label_taxon_id", "suggested_taxon_id"),
        without_provisional(pairs.select(CONFUSIONS.names), "label_taxon_id", "true_taxon_id"),
        _missing(records.said(taxonomy).counted, exported, criteria),
        learned.facts,
        learned,
    )


def _learn(
    con: duckdb.DuckDBPyConnection, taxonomy: Taxonomy, reading: Reading, at: datetime | None
) -> Learned:
    """What this search has learned, for the next one."""
    moves = learn_moves(con, taxonomy, reading.history, reading.reviews, at)
    now = datetime.now(UTC)
    return Learned.of(now, len(reading.case_label), reading.chances, moves, taxonomy)


def _next(shown: Bar, step: str) -> None:
    shown.advance()
    shown.stage(f"hotspots: {step}")


def _known_hotspots(rows: pa.Table) -> pa.Table:
    """Hotspots without those of provisional taxa, numbered anew."""
    known = without_provisional(
        rows, "taxon_id", "confused_with_taxon_id", "leaf_taxon_id", "leave_at_taxon_id"
    )
    numbers = pa.array(range(1, len(known) + 1), known.schema.field("rank").type)
    return known.set_column(known.schema.get_field_index("rank"), known.schema.field("rank"), numbers)


def _missing(reviews: Reviews, exported: Exported, criteria: Criteria) -> list[Message]:
    if reviews.missing or len(exported.label):
        return reviews.missing
    return [message("no_class", rule=criteria.name)]


def _facts(
    labels: tables.Labels, alternative: Ints, taxonomy: Taxonomy, names: dict[int, str], moves: Moves
) -> LabelFacts:
    """What the worklist says of labels, laid over the tree."""
    size = len(taxonomy.tree)
    reviewed, overturned = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    leave_at = np.full(size, NONE, dtype=np.int64)
    reviewed[labels.taxon] = labels.columns["reviewed"]
    overturned[labels.taxon] = labels.columns["overturned"]
    leave_at[labels.taxon] = labels.leave_at
    kind = dict(zip(labels.taxon.tolist(), labels.kind, strict=True))
    return LabelFacts(kind, reviewed, overturned, leave_at, alternative[taxonomy.unit], names, moves)
