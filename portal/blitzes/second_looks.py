"""Second looks: which observations a count draws for a blitz, and what became of earlier ones.

A tenth of the labels that were moved, and some that nobody suspected, are mixed into the batches unmarked.
The seed that draws them is made when the blitz begins and is secret until it ends; meanwhile the page has its
digest.
"""

from datetime import datetime

import duckdb
import pyarrow as pa

from exporter.criteria import PRESETS
from exporter.draw import is_drawn
from exporter.hotspots.outcomes import FOLLOWED, outcomes
from exporter.hotspots.second_looks import as_they_are, unsuspected
from exporter.schema import TIMESTAMP
from portal.blitzes import queries, services
from portal.blitzes.models import Blitz, SecondLook, Target

#: The share of moved labels that is looked at again.
SHARE = 0.1
#: For so many observations on the list one is added that nobody suspected; at most this many.
TARGETS_FOR_ONE, MOST_UNSUSPECTED = 20, 60


def follow(
    con: duckdb.DuckDBPyConnection, blitz: Blitz, targets: list[Target], moved: list[Target], until: datetime
) -> None:
    """Draw what is new, and note what became of the rest; ``moved``: the targets with a moved label."""
    if not blitz.draw_seed:
        return
    known = queries.drawn_for(blitz)
    drawn = _moved(con, blitz, moved, known, until)
    if not any(row.former_taxon_id is None for row in known):
        drawn += _unsuspected(con, blitz, targets, until)
    services.record_second_looks(drawn, _became(con, known, until))


def _moved(
    con: duckdb.DuckDBPyConnection,
    blitz: Blitz,
    moved: list[Target],
    known: list[SecondLook],
    until: datetime,
) -> list[SecondLook]:
    before = {row.observation_id for row in known}
    former = {
        target.observation_id: target.label_taxon_id
        for target in moved
        if target.observation_id not in before and is_drawn(blitz.draw_seed, target.observation_id, SHARE)
    }
    rows = as_they_are(con, PRESETS[blitz.criteria], list(former)).to_pylist()
    return [_made(blitz, row, former[row["observation_id"]], until) for row in rows]


def _unsuspected(
    con: duckdb.DuckDBPyConnection, blitz: Blitz, targets: list[Target], until: datetime
) -> list[SecondLook]:
    rows = unsuspected(
        con,
        PRESETS[blitz.criteria],
        sorted({target.label_taxon_id for target in targets}),
        [target.observation_id for target in targets],
        blitz.draw_seed,
        min(-(-len(targets) // TARGETS_FOR_ONE), MOST_UNSUSPECTED),
    )
    return [_made(blitz, row, None, until) for row in rows.to_pylist()]


def _made(blitz: Blitz, row: dict[str, object], former: int | None, until: datetime) -> SecondLook:
    return SecondLook(blitz=blitz, former_taxon_id=former, added_at=until, **row)


def _became(con: duckdb.DuckDBPyConnection, known: list[SecondLook], until: datetime) -> list[SecondLook]:
    """Those drawn before, with what became of them: of a moved label, whether the former one is back."""
    rows = [
        {
            "observation_id": row.observation_id,
            "label_taxon_id": row.former_taxon_id or row.label_taxon_id,
            "since": row.added_at,
        }
        for row in known
    ]
    followed = pa.Table.from_pylist(rows, FOLLOWED.append(pa.field("since", TIMESTAMP)))
    for row, became in zip(known, outcomes(con, followed, None, until).to_pylist(), strict=True):
        row.is_looked_at = became["is_looked_at"]
        is_kept = became["is_looked_at"] and not became["is_moved"]
        row.is_changed = is_kept if row.former_taxon_id is not None else became["is_moved"]
    return known
