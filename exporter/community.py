"""The community taxon and the shown taxon of every observation, now or at any past time.

iNaturalist's rule (``Observation#community_taxon_nodes``, ``#get_community_taxon``, ``#probable_taxon`` and
``#set_taxon_from_probable_taxon`` in inaturalist/inaturalist, app/models/observation.rb):

1.  An identification counts if it is current, its taxon is active, and staff have not hidden it; one a
    person. (The models that are public do not look at ``hidden``; the community panel of iNaturalist's own
    page leaves hidden ones out, and so do we. No recorded observation decides it.)
2.  For each identified taxon and each of its ancestors: ``agreeing`` is the number of identifications at or
    below it, ``first`` the oldest of them, and ``against`` the number of those
    -   neither at or below it nor at one of its ancestors;
    -   that disagree explicitly with a finer taxon (*D* named a genus where the observation stood at one of
        its species): they speak against all that lies at or below the child of *D* towards that finer taxon;
    -   that do not say whether they disagree (older than iNaturalist's question), at one of its ancestors,
        made after ``first``.
3.  The community taxon is the finest taxon with at least two agreeing and
    agreeing / (agreeing + against) > 2/3.
4.  The shown taxon: if nothing is against any of the taxa, the finest of them, one identification being
    enough; but if that is below species and the community taxon is above it, the community taxon, unless
    the finer one was named before it. If anything is against any, the community taxon. Where these give
    none: the observer's own latest identification, else the latest of the others.
    (Observers may opt out of the community taxon; the lake does not know who did, so we take nobody to.)

At a past time only identifications made by then count, each person's latest. One that is no longer
current, and that no later one of the same person replaced, was withdrawn at an unknown time: it is left
out at every time.

How it is computed: `exporter.simple_labels` labels observations with at most two taxa, which are nearly all.
Of the others, one whose identifications all name one taxon needs no tree. For any other, the numbers of rule
2 change only at identified taxa and at lowest common ancestors of two of them (between these, going down,
the same identifications stay above, below and beside), so only those are weighed. In the preorder of
`exporter.tree`, "at or below" is a comparison of two numbers, and the lowest common ancestors of neighbours
in that order are all there are.
"""

from datetime import datetime

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from exporter.columns import integers
from exporter.criteria import SPECIES_RANK_LEVEL
from exporter.engine import Engine, Rows
from exporter.ranges import id_ranges, within
from exporter.simple_labels import DATED, label_simple, read_places
from exporter.tree import NONE, Tree, load_tree

_NODES = """
CREATE OR REPLACE TEMP TABLE tree_nodes AS
SELECT taxon_id, node, node_end, coalesce(is_active, true) AS is_active, rank_level
FROM tree_positions LEFT JOIN taxa USING (taxon_id)
"""

#: One row a person and observation: the identification of theirs that stands, else their latest by then,
#: which holds (`is_held`) if a later one has replaced it since.
_OPINIONS = """
CREATE OR REPLACE TEMP TABLE opinions AS
WITH latest AS (
    SELECT *, max(identification_id) OVER (PARTITION BY observation_id, person_id) AS last_id,
        row_number() OVER (
            PARTITION BY observation_id, person_id
            ORDER BY is_by_then DESC, is_standing DESC, identification_id DESC
        ) AS turn
    FROM {dated} AS dated
)
SELECT observation_id, identification_id, taxon_id, node, node_end, is_own,
    is_by_then AND (is_standing OR identification_id < last_id) AS is_held,
    is_held AND is_active AND NOT is_hidden AS is_counted,
    is_disagreement, denied_id
FROM latest JOIN tree_nodes USING (taxon_id)
WHERE turn = 1
"""

_SUMMARIES = """
CREATE OR REPLACE TEMP TABLE summaries AS
SELECT observation_id,
    count(*) FILTER (is_counted) AS counted,
    min(node) FILTER (is_counted) AS first_node,
    max(node) FILTER (is_counted) AS last_node,
    coalesce(
        arg_max(taxon_id, identification_id) FILTER (is_held AND is_own),
        arg_max(taxon_id, identification_id) FILTER (is_held)
    ) AS fallback_taxon_id
FROM opinions GROUP BY observation_id
"""

_CONTESTED = """
CREATE OR REPLACE TEMP TABLE contested AS
SELECT observation_id, identification_id, o.node, o.node_end, is_disagreement,
    CASE WHEN is_disagreement AND d.node > o.node AND d.node < o.node_end THEN d.node END AS denied
FROM opinions o SEMI JOIN (FROM summaries WHERE first_node <> last_node) USING (observation_id)
    LEFT JOIN tree_nodes d ON d.taxon_id = denied_id
WHERE is_counted
"""

_NEIGHBOURS = """
CREATE OR REPLACE TEMP TABLE neighbours AS
SELECT observation_id, lag(node) OVER (PARTITION BY observation_id ORDER BY node) AS before, node
FROM (SELECT DISTINCT observation_id, node FROM contested)
"""

_WEIGHED = """
CREATE OR REPLACE TEMP TABLE weighed AS
WITH candidates AS (
    SELECT observation_id, node FROM neighbours
    UNION
    SELECT observation_id, common AS node FROM neighbours JOIN common_ancestors USING (before, node)
),
taxa_in_question AS (
    SELECT observation_id, node, node_end FROM candidates JOIN tree_nodes USING (node)
),
voices AS (
    SELECT contested.*, denied_child, denied_end FROM contested LEFT JOIN denied_clades USING (node, denied)
),
counted AS (
    SELECT observation_id, q.node,
        count(*) FILTER (v.node >= q.node AND v.node < q.node_end) AS agreeing,
        min(identification_id) FILTER (v.node >= q.node AND v.node < q.node_end) AS first_id,
        min(identification_id) FILTER (v.node = q.node) AS named_id,
        count(*) FILTER (v.node >= q.node_end OR q.node >= v.node_end) AS beside,
        count(*) FILTER (q.node >= denied_child AND q.node < denied_end) AS denying,
        list(identification_id)
            FILTER (is_disagreement IS NULL AND q.node > v.node AND q.node < v.node_end) AS untold_ids
    FROM voices v JOIN taxa_in_question q USING (observation_id)
    GROUP BY observation_id, q.node
)
SELECT observation_id, node, agreeing, named_id,
    beside + denying
        + coalesce(array_length(list_filter(untold_ids, lambda made: made > first_id)), 0) AS against
FROM counted
"""

#: The taxa of an observation that pass 2/3 lie on one line, so the finest of them is the last in preorder.
#: Where nothing is against any, all lie on one line, and somebody named each.
_CHOSEN = """
CREATE OR REPLACE TEMP TABLE chosen AS
WITH finest AS (
    SELECT observation_id, max(against) = 0 AS is_unopposed,
        max(node) AS last_node,
        arg_max(named_id, node) AS last_named_id,
        max(node) FILTER (agreeing >= 2 AND agreeing > 2 * against) AS community_node,
        arg_max(named_id, node) FILTER (agreeing >= 2 AND agreeing > 2 * against) AS community_named_id
    FROM weighed GROUP BY observation_id
)
SELECT observation_id, community_node,
    CASE
        WHEN NOT is_unopposed THEN community_node
        WHEN rank_level < $species_level AND last_node > community_node
            AND last_named_id > community_named_id THEN community_node
        ELSE last_node
    END AS shown_node
FROM finest JOIN tree_nodes ON node = last_node
"""

_NO_LABELS = """
CREATE OR REPLACE TEMP TABLE labels AS
SELECT CAST(NULL AS BIGINT) AS observation_id, CAST(NULL AS BIGINT) AS community_taxon_id,
    CAST(NULL AS BIGINT) AS taxon_id
WHERE false
"""

_LABELS = """
INSERT INTO labels
WITH decided AS (
    SELECT observation_id, fallback_taxon_id,
        CASE WHEN first_node <> last_node THEN community_node WHEN counted >= 2 THEN first_node END
            AS community_node,
        CASE WHEN first_node <> last_node THEN shown_node ELSE first_node END AS shown_node
    FROM summaries LEFT JOIN chosen USING (observation_id)
)
SELECT observation_id, c.taxon_id AS community_taxon_id, coalesce(s.taxon_id, fallback_taxon_id) AS taxon_id
FROM decided
    LEFT JOIN tree_nodes c ON c.node = community_node
    LEFT JOIN tree_nodes s ON s.node = shown_node
"""

#: What the observations ask of the tree: the common ancestor of a pair (0), the child of a taxon towards one
#: below it (1).
_QUESTIONS = """
SELECT 0 AS question, before AS first, node AS second FROM neighbours WHERE before IS NOT NULL
UNION
SELECT 1, node, denied FROM contested WHERE denied IS NOT NULL
"""

#: About so many identifications are read at once.
_ROWS_AT_ONCE = 6_000_000

_STEPS = ("opinions", "summaries", "contested", "neighbours", "weighed", "chosen")
_RELATIONS = ("common_ancestors", "denied_clades")


def labels(
    con: Engine,
    at: datetime | None = None,
    identifications: str = "identifications",
    tree: Tree | None = None,
) -> Rows:
    """Label every observation that has identifications in the lake, as of ``at`` (with a zone; None: now).

    Needs the views taxa and identifications; ``identifications`` may name another, of all identifications of
    some observations. ``tree``: what `identified_tree` gives of these or of more; looked up if None. Gives
    the temporary table ``labels`` with observation_id (in no order), community_taxon_id and taxon_id, the
    shown one; both are null where nobody's identification stood.
    """
    if tree is None:
        tree = identified_tree(con, identifications)
    _create_nodes(con, tree)
    con.execute(_NO_LABELS)
    if isinstance(con, duckdb.DuckDBPyConnection):
        _label_in_parts(con, tree, at, identifications)
    else:  # a cluster, whose rows are not for one machine's arrays
        dated = DATED.format(identifications=identifications)
        _weigh(con, tree, f"({dated})", {"at": at})
    con.execute("DROP TABLE tree_nodes")
    return con.table("labels")


def identified_tree(con: Engine, identifications: str = "identifications") -> Tree:
    """Return the tree of all taxa, with identified ones that have no row of their own."""
    unlisted = con.execute(
        f"SELECT taxon_id FROM (SELECT DISTINCT taxon_id FROM {identifications}) AS named"
        " ANTI JOIN taxa USING (taxon_id) WHERE taxon_id IS NOT NULL"
    )
    return load_tree(con, integers(unlisted.fetchnumpy()["taxon_id"]))


def _label_in_parts(
    con: duckdb.DuckDBPyConnection, tree: Tree, at: datetime | None, identifications: str
) -> None:
    """Label the observations range by range, so that the steps stay in memory."""
    places = read_places(con, tree)
    for ids in id_ranges(con, identifications, _ROWS_AT_ONCE):
        label_simple(con, at, f"({within(identifications, ids)})", places)
        _weigh(con, tree, "others", {})
        con.unregister("others")


def _weigh(con: Engine, tree: Tree, dated: str, parameters: dict[str, object]) -> None:
    """Add the labels of some observations: ``dated`` gives all their identifications, as `DATED` does."""
    con.execute(_OPINIONS.format(dated=dated), parameters)
    con.execute(_SUMMARIES)
    con.execute(_CONTESTED)
    con.execute(_NEIGHBOURS)
    _relate(con, tree)
    con.execute(_WEIGHED)
    con.execute(_CHOSEN, {"species_level": SPECIES_RANK_LEVEL})
    con.execute(_LABELS)
    for table in _STEPS:
        con.execute(f"DROP TABLE {table}")
    for view in _RELATIONS:
        con.unregister(view)


def _create_nodes(con: Engine, tree: Tree) -> None:
    columns = {"taxon_id": tree.taxon_ids, "node": np.arange(len(tree)), "node_end": tree.end}
    con.register("tree_positions", pa.table(columns))
    con.execute(_NODES)
    con.unregister("tree_positions")


def _relate(con: Engine, tree: Tree) -> None:
    """Answer in the tree what the observations ask of it, each question once."""
    asked = {name: integers(column) for name, column in con.execute(_QUESTIONS).fetchnumpy().items()}
    (before, node), (named, denied) = (
        (asked["first"][is_kind], asked["second"][is_kind])
        for is_kind in (asked["question"] == 0, asked["question"] == 1)
    )
    common = pa.table({"before": before, "node": node, "common": tree.common_ancestors(before, node)})
    con.register("common_ancestors", common.filter(pc.field("common") != NONE))
    child = tree.children_towards(named, denied)
    clades = {"node": named, "denied": denied, "denied_child": child, "denied_end": tree.end[child]}
    con.register("denied_clades", pa.table(clades))
