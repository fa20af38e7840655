"""Influx: which taxa were confirmed far more often in the window than their season and past let expect?

Counted are *confirmations*: the second person's naming of a taxon on an observation, for that is what carries
a taxon toward the line, and an observation gives at most one for a taxon, so that one much visited record is
no influx. Left out are identifications by taxon changes, hidden ones, and those of a taxon coarser than the
label that stood (that is cleaning up, and welcome). Time is cut into windows of one length, counted back from
the cutoff; a year is as many of them as come nearest to it. For each taxon:

1.  *Level*: its count in the year before the window, shrunk to the mean of its family's taxa (or of all, if
    that is more), which weighs `LEVEL_WEIGHT` of a year.
2.  *Season*: the share of its counts that fell in the same season (the same window and those beside it) in
    the years before, shrunk to its family's share, which weighs `SEASON_WEIGHT` identifications; the family's
    is shrunk to that of all taxa likewise.
3.  Their product, times the growth of all taxa together, is the expected count. Growth: what the six windows
    before (the *control windows*) held, over what the same rule expected of them.
4.  *Dispersion*: variance = mean + dispersion x mean^2. By the control windows' squared residuals, shrunk to
    that of all taxa, which weighs as much as one window with a mean of `DISPERSION_WEIGHT`.
5.  The p-value is the upper tail of that negative binomial; the q-value is Benjamini and Hochberg's (1995,
    JRSS B 57:289) over all taxa that anybody named in the year or the window.

It fires for a taxon with a q-value of `LEVEL` or less that has `LEAST_EXCESS` or more above the expected. One
expert who goes through a whole group makes it fire too: it sees the rush, not the intention. Such a rush
crosses no line, or few; each row says whether its taxon did.
"""

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy import stats

from exporter.columns import integers
from exporter.guards.finding import LEVEL, Finding
from exporter.leaves import leaf_positions
from exporter.messages import Message, message
from exporter.tree import NONE, Ints, Tree, load_tree

LEAST_EXCESS = 5.0
LEVEL_WEIGHT = 0.05
SEASON_WEIGHT = 20.0
DISPERSION_WEIGHT = 5.0
LEAST_DISPERSION = 0.1
CONTROLS = 6
YEARS = 4
DAYS_IN_YEAR = 365
_DAY_S = 86_400
#: The busiest accounts whose share is reported.
BUSIEST = 3

Floats = npt.NDArray[np.float64]

#: A time grows with its id; who named a taxon twice on an observation counts from the first time.
_CONFIRMATIONS = """
CREATE OR REPLACE TEMP TABLE confirmations AS
WITH named AS (
    SELECT i.observation_id, i.taxon_id, i.user_id, min(i.created_at) AS created_at
    FROM identifications AS i
        LEFT JOIN tree_nodes AS n ON n.taxon_id = i.taxon_id
        LEFT JOIN tree_nodes AS p ON p.taxon_id = i.previous_observation_taxon_id
    WHERE i.created_at <= $cutoff AND i.taxon_id IS NOT NULL
        AND NOT coalesce(i.is_taxon_change, false) AND NOT coalesce(i.is_hidden, false)
        AND NOT coalesce(p.node > n.node AND p.node < n.node_end, false)
    GROUP BY ALL
),
second AS (
    SELECT taxon_id, min(created_at, 2)[2] AS created_at, arg_min(user_id, created_at, 2)[2] AS user_id
    FROM named GROUP BY observation_id, taxon_id HAVING count(*) > 1
)
SELECT *,
    CAST(floor((epoch($cutoff::TIMESTAMPTZ) - epoch(created_at)) / $seconds) AS INTEGER) AS period
FROM second WHERE created_at > $cutoff::TIMESTAMPTZ - to_seconds($seconds * $periods)
"""

_COUNTS = "SELECT taxon_id, period, count(*) AS number FROM confirmations GROUP BY ALL"

_WHO = """
WITH per_account AS (
    SELECT taxon_id, user_id, count(*) AS number FROM confirmations
    WHERE period = 0 AND list_contains($taxa, taxon_id) GROUP BY ALL
),
ranked AS (
    SELECT *, row_number() OVER (PARTITION BY taxon_id ORDER BY number DESC) AS place FROM per_account
),
days AS (
    SELECT taxon_id, CAST(created_at AS DATE) AS day, count(*) AS number FROM confirmations
    WHERE period = 0 AND list_contains($taxa, taxon_id) GROUP BY ALL
)
SELECT taxon_id, count(*) AS accounts,
    sum(number) FILTER (place <= $busiest) / sum(number) AS busiest_accounts_share,
    (SELECT max(number) FROM days WHERE days.taxon_id = ranked.taxon_id) AS busiest_day_identifications
FROM ranked GROUP BY taxon_id
"""


@dataclass(frozen=True)
class Counts:
    """Confirmations by taxon (rows) and window (columns, the one before the cutoff first), and the families.

    taxon_ids: by row. families: by row, any number per family. season: windows in a year.
    """

    taxon_ids: Ints
    families: Ints
    windows: Ints
    season: int


@dataclass(frozen=True)
class Judged:
    """By row of the counts: what was expected in the window, with what dispersion, and how odd it is."""

    expected: Floats
    dispersion: Floats
    p_values: Floats
    q_values: Floats
    odd: Ints


def find_influx(
    con: duckdb.DuckDBPyConnection, cutoff: datetime, window_days: int, crossed: Set[int] = frozenset()
) -> Finding:
    """Judge the window before the cutoff. ``crossed``: the taxa that crossed the line in it.

    Rows, the oddest first: taxon_id; identifications (the number of confirmations) and expected;
    accounts, how many made them; q_value; busiest_accounts_share, that of the three busiest accounts;
    busiest_day_identifications, the most on one day (UTC); crossed_line.
    """
    counts = _count(con, cutoff, window_days)
    if counts.windows.size == 0:
        words = [message("nobody_confirmed")]
        return Finding([], fired=False, words=words, missing=[message("no_confirmation")])
    if counts.windows.shape[1] < 2 + CONTROLS:
        windows = counts.windows.shape[1]
        words = [message("short_past", windows=windows, days=window_days, needed=2 + CONTROLS)]
        return Finding([], fired=False, words=words, missing=[message("past_too_short")])
    judged = judge(counts)
    has_season = counts.windows.shape[1] > counts.season + CONTROLS + 1
    missing = [] if has_season else [message("no_season")]
    words = _words(judged, counts, window_days, has_season)
    rows = [row | {"crossed_line": row["taxon_id"] in crossed} for row in _rows(con, counts, judged)]
    return Finding(rows, bool(rows), words, missing)


def judge(counts: Counts) -> Judged:
    """Judge every taxon's newest window."""
    controls = range(1, 1 + CONTROLS)
    past = np.stack([expect(counts, window) for window in controls], axis=1)
    seen = counts.windows[:, 1 : 1 + CONTROLS]
    growth = (seen.sum() + 1) / (past.sum() + 1)
    expected = expect(counts, 0) * growth
    dispersion = disperse(seen, past * growth)
    size = 1 / dispersion
    number = counts.windows[:, 0]
    p_values = stats.nbinom.sf(number - 1, size, size / (size + expected))
    q_values = stats.false_discovery_control(p_values)
    result = np.flatnonzero((q_values <= LEVEL) & (number - expected >= LEAST_EXCESS))
    return Judged(
        expected, dispersion, p_values, q_values, result[np.argsort(p_values[result], kind="stable")]
    )


def expect(counts: Counts, window: int) -> Floats:
    """What each taxon's past lets expect of a window, before growth. Rows as in the counts."""
    before = counts.windows[:, window + 1 :].astype(np.float64)
    season = counts.season
    years = min((before.shape[1] - 1) // season, YEARS)
    year = before[:, :season].sum(axis=1) * max(season / before.shape[1], 1.0)
    usual = np.maximum(_mean_by(counts.families, year), year.mean())
    level = (year + LEVEL_WEIGHT * usual) / (1 + LEVEL_WEIGHT)
    if years == 0:
        evenly: Floats = level / season
        return evenly
    recorded = before[:, : years * season].sum(axis=1)
    same = [year * season + beside for year in range(1, years + 1) for beside in (-2, -1, 0)]
    in_season = before[:, same].sum(axis=1)
    of_all = (in_season.sum() + 3) / (recorded.sum() + season)
    families_in, families_told = (_sum_by(counts.families, values) for values in (in_season, recorded))
    of_family = (families_in + SEASON_WEIGHT * of_all) / (families_told + SEASON_WEIGHT)
    share = (in_season + SEASON_WEIGHT * of_family) / (recorded + SEASON_WEIGHT)
    expected: Floats = level * share / 3
    return expected


def disperse(seen: Ints, expected: Floats) -> Floats:
    """Each taxon's dispersion by its control windows (columns), shrunk to that of all."""
    surplus = ((seen - expected) ** 2 - expected).sum(axis=1)
    square = (expected**2).sum(axis=1)
    total = float(square.sum())
    pooled = max(float(surplus.sum()) / total, LEAST_DISPERSION) if total else LEAST_DISPERSION
    weight = DISPERSION_WEIGHT**2
    dispersion: Floats = np.maximum((surplus + weight * pooled) / (square + weight), LEAST_DISPERSION)
    return dispersion


def _count(con: duckdb.DuckDBPyConnection, cutoff: datetime, window_days: int) -> Counts:
    season = round(DAYS_IN_YEAR / window_days)
    tree = load_tree(con, np.empty(0, dtype=np.int64))
    nodes = {"taxon_id": tree.taxon_ids, "node": np.arange(len(tree)), "node_end": tree.end}
    con.register("tree_nodes", pa.table(nodes))
    most = YEARS * season + CONTROLS + 2
    con.execute(_CONFIRMATIONS, {"cutoff": cutoff, "seconds": window_days * _DAY_S, "periods": most})
    con.unregister("tree_nodes")
    counts = con.execute(_COUNTS).fetchnumpy()
    taxon_ids, rows = np.unique(integers(counts["taxon_id"]), return_inverse=True)
    periods = integers(counts["period"])
    # The oldest window is not whole: the first confirmation may lie anywhere in it.
    is_whole = periods < periods.max(initial=0)
    windows = np.zeros((len(taxon_ids), int(periods.max(initial=0))), dtype=np.int64)
    windows[rows[is_whole], periods[is_whole]] = integers(counts["number"])[is_whole]
    is_recent = windows[:, : season + 1].any(axis=1)
    families = _families(con, tree, taxon_ids)
    return Counts(taxon_ids[is_recent], families[is_recent], windows[is_recent], season)


def _families(con: duckdb.DuckDBPyConnection, tree: Tree, taxon_ids: Ints) -> Ints:
    """Each taxon's family by its position in the tree, -1 for one that lies in none."""
    ids = con.execute("SELECT taxon_id FROM taxa WHERE rank = 'family'").fetchnumpy()["taxon_id"]
    is_family = np.zeros(len(tree), dtype=np.bool_)
    is_family[tree.positions(integers(ids))] = True
    positions = tree.positions(taxon_ids)
    return np.where(positions == NONE, NONE, leaf_positions(tree, is_family)[positions])


def _rows(con: duckdb.DuckDBPyConnection, counts: Counts, judged: Judged) -> list[dict[str, Any]]:
    taxa = counts.taxon_ids[judged.odd].tolist()
    who = con.execute(_WHO, {"taxa": taxa, "busiest": BUSIEST}).fetchall()
    accounts = {row[0]: row[1:] for row in who}
    rows = []
    for place, taxon_id in zip(judged.odd.tolist(), taxa, strict=True):
        number, share, on_a_day = accounts[taxon_id]
        rows.append(
            {
                "taxon_id": taxon_id,
                "identifications": int(counts.windows[place, 0]),
                "expected": round(float(judged.expected[place]), 2),
                "accounts": number,
                "q_value": float(judged.q_values[place]),
                "busiest_accounts_share": round(share, 3),
                "busiest_day_identifications": on_a_day,
            }
        )
    return rows


def _sum_by(groups: Ints, values: Floats) -> Floats:
    """The sum of each row's group, by row."""
    _, members = np.unique(groups, return_inverse=True)
    sums: Floats = np.bincount(members, weights=values)[members].astype(np.float64)
    return sums


def _mean_by(groups: Ints, values: Floats) -> Floats:
    means: Floats = _sum_by(groups, values) / _sum_by(groups, np.ones_like(values))
    return means


def _words(judged: Judged, counts: Counts, window_days: int, has_season: bool) -> list[Message]:
    total, expected = int(counts.windows[:, 0].sum()), round(float(judged.expected.sum()))
    return [
        message("confirmed", days=window_days, found=total, expected=expected),
        message(
            "compared" if has_season else "compared_without_season",
            taxa=len(counts.taxon_ids),
            odd=judged.odd.size,
        ),
        message("none_expected"),
    ]
