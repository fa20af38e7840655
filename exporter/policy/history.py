"""What became of labels, on any lake and without a truth: how long each stood until it was overturned.

A *label* begins when the observation's taxon (`exporter.community`) becomes it: new, finer, or another one.
It is *overturned* when the observation's taxon leaves its clade: moved elsewhere, or coarser. That is what a
settling window looks at: a label younger than the window waits. After each identification of an observation
the exporter's own rule gives the taxon that stood then.

Records do not say how long an observation was watched. It is taken to have been watched until the newest
identification of any observation that was put on iNaturalist on the same day. Labels that stood until then
are censored: the share that stands by age is Kaplan and Meier's (J. Am. Stat. Assoc. 53:457, 1958), its
interval Greenwood's on the scale of log(-log) (Kalbfleisch and Prentice 1980).

Withdrawn identifications that nobody replaced are left out at every time (`exporter.community`), so a label
that was only withdrawn was never there: what is overturned is a lower bound.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

import duckdb
import numpy as np
import numpy.typing as npt

from exporter.columns import Bools, Floats, Ints, floats, integers
from exporter.community import labels
from exporter.output import counted
from exporter.shares import Z
from exporter.sources.taxon_facts import ICONIC_TAXON_IDS
from exporter.tree import NONE, Tree, iconic_ids, load_tree

Strings: TypeAlias = npt.NDArray[np.str_]

HOUR = 1 / 24
#: Ages at which the curve is read, days.
AGES = (HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, 1, 2, 3, 7, 14, 28, 60, 90, 180, 365)
#: Settling windows, and how long after a cutoff one looks whether a label still stands, days. Nobody would
#: choose the first: it is for lakes whose observations were watched for a day.
WINDOWS = ((0.25, 0.5), (3, 90), (7, 90), (14, 90), (28, 90))
#: Fewer labels than this at an age say nothing of it.
LEAST_LABELS = 20
#: The observations are a sample if they have more identifications than this.
MOST_IDENTIFICATIONS = 1_000_000
#: Of one observation, the first so many identifications are looked at.
_MOST_OF_ONE = 20
_DAY_S = 86_400.0

#: Whether an identification stood at a past time does not depend on whether it does today: it did if its
#: person replaced it later. ``step`` numbers them all.
_SAID = f"""
CREATE OR REPLACE TEMP TABLE said AS
WITH ranked AS (
    SELECT i.observation_id, i.identification_id, i.user_id, i.taxon_id, i.created_at, i.is_own_observation,
        i.is_vision, i.is_hidden, i.is_disagreement, i.previous_observation_taxon_id,
        coalesce(is_current, true)
            OR identification_id < max(identification_id) OVER (PARTITION BY i.observation_id, user_id)
            AS is_current,
        row_number() OVER (PARTITION BY i.observation_id ORDER BY identification_id) AS turn
    FROM identifications AS i SEMI JOIN observations USING (observation_id)
    WHERE i.created_at IS NOT NULL AND hash(i.observation_id) % $parts = 0
)
SELECT *, row_number() OVER (ORDER BY observation_id, turn) AS step
FROM ranked WHERE turn <= {_MOST_OF_ONE}
"""

#: An observation of its own for each identification: what had been said when it was made.
_PREFIXES = """
CREATE OR REPLACE TEMP TABLE prefixes AS
SELECT now.step AS observation_id, before.* EXCLUDE (observation_id, turn, step)
FROM said AS now JOIN said AS before
    ON before.observation_id = now.observation_id AND before.turn <= now.turn
"""

_STEPS = """
WITH known AS (
    SELECT CAST(o.created_at AS DATE) AS day, max(i.created_at) AS until
    FROM observations AS o JOIN identifications AS i USING (observation_id) GROUP BY day
)
SELECT s.observation_id, epoch(s.created_at) AS made_at, coalesce(l.taxon_id, -1) AS label,
    coalesce(epoch(k.until), epoch(s.created_at)) AS known_until,
    CASE WHEN s.is_vision THEN 'suggested' WHEN NOT s.is_vision THEN 'unaided' ELSE 'unknown' END AS source
FROM said AS s
    JOIN observations AS o USING (observation_id)
    JOIN labels AS l ON l.observation_id = s.step
    LEFT JOIN known AS k ON k.day = CAST(o.created_at AS DATE)
ORDER BY s.step
"""


@dataclass(frozen=True)
class Labels:
    """Labels, one entry each: how long each stood, days, and whether it was overturned then.

    source: whether a suggestion was behind the identification that brought it about. group: iconic taxon.
    """

    days: Floats
    is_overturned: Bools
    source: Strings
    group: Strings
    is_sample: bool


def survival(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Return what became of the lake's labels, ready for JSON.

    ``curve``: by age in days, how many labels were watched so long and what share stands, with its interval
    (None where fewer than `LEAST_LABELS` were). ``by_source``, ``by_group``: the same for parts of them.
    ``windows``: for each settling window what share of labels it would have seen overturned in time
    (``caught``), and of labels younger and older than it at a cutoff, what share was overturned within
    ``follow_days`` after it. ``needed_days``: how long labels must have been watched for that.
    """
    seen = read_labels(con)
    watched = float(np.max(seen.days, initial=0.0))
    return {
        "labels": int(seen.days.size),
        "overturned": int(seen.is_overturned.sum()),
        "is_sample": seen.is_sample,
        "watched_days": round(watched, 2),
        "median_watched_days": round(float(np.median(seen.days)), 3) if seen.days.size else 0.0,
        "curve": curve(seen.days, seen.is_overturned),
        "by_source": _parts(seen, seen.source),
        "by_group": _parts(seen, seen.group),
        "windows": [_window(seen, days, follow_days) for days, follow_days in WINDOWS],
    }


def history_lines(seen: dict[str, Any]) -> list[str]:
    """Return what `survival` says, in sentences."""
    known = [row for row in seen["curve"] if row["stands"] is not None]
    lines = [
        f"{counted(seen['labels'], 'label')}, {seen['overturned']:,} overturned while they were watched"
        f" (half of them for {seen['median_watched_days']:g} days or less)"
    ]
    if known:
        last = known[-1]
        share, low, high = (100 * (1 - last[name]) for name in ("stands", "high", "low"))
        lines.append(f"overturned within {last['days']:g} days: {share:.1f} % ({low:.1f} to {high:.1f})")
    for window in seen["windows"]:
        younger, older = window["younger_overturned"], window["older_overturned"]
        if younger is not None and older is not None:
            lines.append(
                f"a window of {window['days']:g} days: of younger labels {100 * younger:.1f} % were"
                f" overturned within {window['follow_days']:g} days after a cutoff, of older ones"
                f" {100 * older:.1f} %"
            )
        elif window["days"] >= 1:
            lines.append(
                f"a window of {window['days']:g} days: not enough evidence; labels must have been watched for"
                f" {window['needed_days']:g} days"
            )
    return lines


def read_labels(con: duckdb.DuckDBPyConnection) -> Labels:
    """Read the labels of a lake's observations, or of a sample of them."""
    [[number]] = con.execute("SELECT count(*) FROM identifications").fetchall()
    parts = max(-(-number // MOST_IDENTIFICATIONS), 1)
    con.execute(_SAID, {"parts": parts})
    con.execute(_PREFIXES)
    labels(con, None, "prefixes")
    steps = con.execute(_STEPS).fetchnumpy()
    for table in ("said", "prefixes", "labels"):
        con.execute(f"DROP TABLE {table}")
    label = integers(steps["label"])
    tree = load_tree(con, label[label != NONE])
    made_at, known_until = floats(steps["made_at"]), floats(steps["known_until"])
    begins, ends = episodes(tree, integers(steps["observation_id"]), label)
    is_overturned = ends != NONE
    days = (np.where(is_overturned, made_at[ends], known_until[begins]) - made_at[begins]) / _DAY_S
    source = np.asarray(steps["source"]).astype(str)[begins]
    group = _groups(tree, tree.positions(label[begins]))
    return Labels(np.maximum(days, 0.0), is_overturned, source, group, is_sample=parts > 1)


def episodes(tree: Tree, observation: Ints, label: Ints) -> tuple[Ints, Ints]:
    """Return where each label begins, and where it is overturned (-1: nowhere).

    ``observation`` and ``label`` have a row for each identification, in order: the taxon that stood after it,
    -1 for none.
    """
    if not label.size:
        return label, label
    positions = tree.positions(label)
    stays = np.append(
        False, (observation[1:] == observation[:-1]) & _lies_in(tree, positions[1:], positions[:-1])
    )
    begins = np.flatnonzero((positions != NONE) & ~stays)
    ends = np.full(len(begins), NONE, dtype=np.int64)
    for further in range(1, _MOST_OF_ONE):
        later = np.minimum(begins + further, len(label) - 1)
        is_there = (begins + further < len(label)) & (observation[later] == observation[begins])
        leaves = is_there & (ends == NONE) & ~_lies_in(tree, positions[begins], positions[later])
        ends[leaves] = later[leaves]
    return begins, ends


def curve(days: Floats, is_overturned: Bools) -> list[dict[str, Any]]:
    """Return the share of labels that stand by age: Kaplan and Meier's, with a 90 % interval."""
    times, stands, spread = _kaplan_meier(days, is_overturned)
    rows = []
    for age in AGES:
        watched = int(np.count_nonzero(days >= age))
        place = int(np.searchsorted(times, age, side="right")) - 1
        share, variance = (1.0, 0.0) if place < 0 else (float(stands[place]), float(spread[place]))
        is_known = watched >= LEAST_LABELS
        low, high = _bounds(share, variance)
        rows.append(
            {
                "days": round(age, 4),
                "watched": watched,
                "stands": round(share, 6) if is_known else None,
                "low": round(low, 6) if is_known else None,
                "high": round(high, 6) if is_known else None,
            }
        )
    return rows


def _groups(tree: Tree, positions: Ints) -> Strings:
    """The iconic taxon that each lies in, by name."""
    names = {taxon_id: name for name, taxon_id in ICONIC_TAXON_IDS.items()}
    ids = iconic_ids(tree).to_pylist()
    return np.array([names.get(ids[position], "other") for position in positions.tolist()], dtype=str)


def _parts(seen: Labels, of: Strings) -> dict[str, list[dict[str, Any]]]:
    return {str(name): curve(seen.days[of == name], seen.is_overturned[of == name]) for name in np.unique(of)}


def _window(seen: Labels, days: float, follow_days: float) -> dict[str, Any]:
    """What a settling window would have done: None where too few labels were watched for long enough.

    Older labels are those up to twice as old as the window.
    """
    times, stands, _ = _kaplan_meier(seen.days, seen.is_overturned)

    def watched(age: float) -> bool:
        return int(np.count_nonzero(seen.days >= age)) >= LEAST_LABELS

    def overturned(first: float, last: float) -> float | None:
        """Of labels between two ages, taken evenly over them, the share overturned soon after."""
        if not watched(last + follow_days):
            return None
        ages = np.linspace(first, last, 57)
        before, after = _stands_at(times, stands, ages), _stands_at(times, stands, ages + follow_days)
        return round(float(1.0 - after.sum() / before.sum()), 6)

    caught = 1.0 - float(_stands_at(times, stands, np.array([float(days)]))[0])
    return {
        "days": days,
        "follow_days": follow_days,
        "needed_days": 2 * days + follow_days,
        "caught": round(caught, 6) if watched(days) else None,
        "younger_overturned": overturned(0.0, days),
        "older_overturned": overturned(days, 2.0 * days),
    }


def _kaplan_meier(days: Floats, is_overturned: Bools) -> tuple[Floats, Floats, Floats]:
    """The times at which labels were overturned, the share that stands after each, and Greenwood's sums."""
    times, at = np.unique(days[is_overturned], return_counts=True)
    at_risk = len(days) - np.searchsorted(np.sort(days), times, side="left")
    stands = np.cumprod(1.0 - at / at_risk, dtype=np.float64)
    sums = np.where(at_risk > at, at / (at_risk * np.maximum(at_risk - at, 1)), np.inf)
    spread = np.cumsum(sums, dtype=np.float64)
    return times, stands, spread


def _bounds(share: float, spread: float) -> tuple[float, float]:
    if not 0.0 < share < 1.0:
        return share, share
    reach = Z * np.sqrt(spread) / np.log(share)
    return float(share ** np.exp(-reach)), float(share ** np.exp(reach))


def _stands_at(times: Floats, stands: Floats, ages: Floats) -> Floats:
    place = np.searchsorted(times, ages, side="right")
    return np.append(1.0, stands)[place]


def _lies_in(tree: Tree, above: Ints, below: Ints) -> Bools:
    """Whether each of ``below`` lies in the clade of the one beside it; positions, -1 lies in none."""
    lies: Bools = (above != NONE) & (below != NONE) & tree.contains(above, below)
    return lies
