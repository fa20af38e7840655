"""The labels of the observations whose identifications agree: most of them, by one grouping.

`exporter.community` has the rule. Where nothing is against any identified taxon, and at most two taxa are
named, the finer one within the coarser one, it comes to this:

-   the community taxon is the finer one if two identifications name it, else the coarser one, if any two do;
-   the shown taxon is the finer one.

An observation agrees if counts and sums over its identifications prove all of the following. They may miss an
observation, which is then weighed like any other; they never take one that should be weighed.

1.  Each person has at most one identification that stands: each sets one of 60 bits by its person's id, and
    as many bits are set as identifications stand.
2.  None that was made by then has been replaced or withdrawn since; or none was made later, so that those are
    over too.
3.  Each identification names a taxon. Of those that stand none is hidden or disagrees explicitly, and their
    taxa are active and have an id that can be added up.
4.  At most two taxa are named. Of n ids one is the least and one the greatest; the n - 2 others add up to
    n - 2 times the least, or n - 2 times the greatest.
5.  One of two taxa is an ancestor of the other. If only one identification names the finer one, that is not
    below species, for then it would matter which was named first.
6.  Of two taxa: only the observation's first identification may leave open whether it disagrees.

An observation none of whose identifications stood at the time has no label, and agrees too.
"""

from datetime import datetime

from exporter.criteria import SPECIES_RANK_LEVEL
from exporter.engine import Engine

#: The taxon ids that are added up: no sum of them overflows.
_LARGEST_ID = 2**31 - 1

#: Bits of ``marks``: 1, weigh it; 2, replaced or withdrawn by now; 4, made later; the others are people's.
_MARK = """
CASE
    WHEN taxon_id IS NULL THEN 1
    WHEN NOT is_by_then THEN 4
    WHEN NOT is_standing THEN 2
    ELSE (CAST(1 AS BIGINT) << CAST(3 + abs(person_id) % 60 AS INTEGER))
        + CASE WHEN is_peculiar OR taxon_id NOT BETWEEN 0 AND $largest_id THEN 1 ELSE 0 END
END
"""

#: One row an observation. ``others`` is the sum of the taxon ids less the least and the greatest.
_DECIDED = f"""
CREATE OR REPLACE TEMP TABLE decided AS
WITH dated AS (
    SELECT observation_id, identification_id, taxon_id, is_disagreement,
        coalesce(user_id, -identification_id) AS person_id,
        $at::TIMESTAMPTZ IS NULL OR coalesce(created_at <= $at::TIMESTAMPTZ, false) AS is_by_then,
        coalesce(is_current, true) AS is_standing,
        coalesce(is_hidden, false) OR coalesce(is_disagreement, false) AS is_peculiar
    FROM {{identifications}} AS i
),
marked AS (
    SELECT observation_id, identification_id, {_MARK} AS mark,
        CASE WHEN is_by_then AND is_standing AND taxon_id BETWEEN 0 AND $largest_id
            THEN CAST(taxon_id AS INTEGER) END AS held_id,
        CASE WHEN is_by_then AND is_standing AND is_disagreement IS NULL
            THEN identification_id END AS untold_id
    FROM dated
),
tallies AS (
    SELECT observation_id, bit_or(mark) AS marks, count(held_id) AS held,
        min(held_id) AS least_id, max(held_id) AS greatest_id,
        CAST(sum(held_id) AS BIGINT) - min(held_id) - max(held_id) AS others,
        min(identification_id) AS first_id, max(untold_id) AS last_untold_id
    FROM marked GROUP BY observation_id
),
related AS (
    SELECT observation_id, marks, held, others, least_id, greatest_id,
        CASE WHEN g.node < l.node THEN least_id ELSE greatest_id END AS finer_id,
        CASE WHEN g.node < l.node THEN greatest_id ELSE least_id END AS coarser_id,
        CASE WHEN g.node < l.node THEN l.rank_level ELSE g.rank_level END AS finer_rank_level,
        l.is_active AS is_active,
        g.is_active AND (g.node < l.node_end AND l.node < g.node_end)
            AND (last_untold_id IS NULL OR last_untold_id = first_id) AS is_line
    FROM tallies
        LEFT JOIN tree_nodes AS l ON l.taxon_id = least_id
        LEFT JOIN tree_nodes AS g ON g.taxon_id = CASE WHEN greatest_id <> least_id THEN greatest_id END
),
named AS (
    SELECT observation_id, marks, held, finer_id, coarser_id, is_active,
        least_id = greatest_id AS is_one_taxon,
        others = (held - 2) * coarser_id AS are_others_coarser,
        others = (held - 2) * finer_id AND held > 2 AS are_others_finer,
        is_line,
        coalesce(finer_rank_level < $species_level, false) AS is_below_species
    FROM related
)
SELECT observation_id,
    CASE WHEN are_others_finer THEN finer_id WHEN held >= 2 THEN coarser_id END AS community_taxon_id,
    finer_id AS taxon_id,
    (marks & 7) IN (0, 2, 4) AND bit_count(marks >> 3) = held AND (
        held = 0 OR is_active AND (
            is_one_taxon
            OR is_line AND (are_others_finer OR are_others_coarser AND NOT is_below_species)
        )
    ) AS is_agreed
FROM named
"""

_LABELS = (
    "INSERT INTO labels SELECT observation_id, community_taxon_id, taxon_id FROM decided WHERE is_agreed"
)

_DISPUTED = """
CREATE OR REPLACE TEMP TABLE disputed AS
SELECT observation_id FROM decided WHERE is_agreed IS NOT true
"""


def label_agreed(con: Engine, at: datetime | None, identifications: str) -> None:
    """Add the labels of the observations that agree to ``labels``; the others are those of ``disputed``.

    Needs the tables tree_nodes and labels of `exporter.community`. ``identifications`` is a table, or a
    bracketed SELECT, of all identifications of some observations.
    """
    parameters = {"at": at, "largest_id": _LARGEST_ID, "species_level": SPECIES_RANK_LEVEL}
    con.execute(_DECIDED.format(identifications=identifications), parameters)
    con.execute(_LABELS)
    con.execute(_DISPUTED)
    con.execute("DROP TABLE decided")
