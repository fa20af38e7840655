"""Where the wrong labels are: for each label how many, what they are instead, and which to look at first."""

from datetime import datetime

import duckdb

from exporter.criteria import Criteria
from exporter.hotspots import tables
from exporter.hotspots.assembly import gather
from exporter.hotspots.exported import create_exported
from exporter.hotspots.judging import read
from exporter.hotspots.schema import Findings
from exporter.hotspots.taxonomy import read_taxonomy

__all__ = ["Findings", "find"]


def find(con: duckdb.DuckDBPyConnection, criteria: Criteria, *, at: datetime | None = None) -> Findings:
    """Find the wrong labels among the observations that the next export could draw.

    con:      a connection with the lake's views taxa, observations, photos, identifications.
    criteria: decides which taxa are classes, and so what is exported and what counts as wrong: a label is
              wrong if the true taxon lies outside the clade of its class.
    at:       a time with a zone: as things stood then, by the identifications made by then.
    """
    assessment = create_exported(con, criteria, at)
    taxonomy = read_taxonomy(con, assessment.tree)
    exported = gather(con, taxonomy, read(con, taxonomy, at))
    con.execute("DROP TABLE exported")
    pairs = tables.confusions(exported, taxonomy)
    return Findings(
        tables.hotspots(con, exported, taxonomy, pairs),
        tables.worklist(con, exported, taxonomy),
        pairs,
    )
