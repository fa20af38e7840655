"""Writing the history of readiness: only what changed, whatever the order in which moments are described."""

import pyarrow as pa
import pyarrow.compute as pc

from exporter.differences import difference
from portal import bulk
from portal.lake import contents
from portal.lake.models import Refresh
from portal.lake.queries import current_refresh, shown_key
from portal.taxa.models import Readiness, ReadinessHistory
from portal.taxa.services.tree import SUBJECT

_HISTORY = ("status", "observations", "community_confirmed", "photos", "margin")
_STAGED = {
    "taxon_id": "bigint",
    "status": "text",
    "observations": "integer",
    "community_confirmed": "integer",
    "photos": "integer",
    "margin": "integer",
}
_ROWS_AT_ONCE = 100_000
_COLUMNS = ("taxon_id", "status_before", *_HISTORY)


def write_unseen(refresh: Refresh, criteria: str, readiness: pa.Table) -> None:
    """Add where readiness differs from what was known of the moment that the refresh describes.

    Readers see none of it before the refresh is done.
    """
    shown = _shown_before(refresh, criteria, readiness.schema)
    if shown is not None:
        bulk.append(ReadinessHistory, _changed(shown, readiness), criteria=criteria, refresh_id=refresh.pk)
        return
    rows = readiness.select(list(_STAGED)).to_batches(max_chunksize=_ROWS_AT_ONCE)
    bulk.stage("staged_readiness", _STAGED, rows)
    before = _make_history_before(refresh, criteria)
    result = ", ".join(f"staged.{name}" for name in _HISTORY)
    bulk.make(
        "staged_history",
        f"SELECT staged.taxon_id, coalesce(before.status, 'gone') AS status_before, {result}"
        f" FROM staged_readiness AS staged LEFT JOIN {before} AS before ON before.taxon_id = staged.taxon_id"
        f" WHERE before.taxon_id IS NULL OR {bulk.differs(_HISTORY, 'before', 'staged')}"
        " UNION ALL"
        " SELECT before.taxon_id, before.status, 'gone', 0, 0, 0, CAST(NULL AS integer)"
        f" FROM {before} AS before LEFT JOIN staged_readiness AS staged ON staged.taxon_id = before.taxon_id"
        " WHERE staged.taxon_id IS NULL AND before.status <> 'gone'",
        key="taxon_id",
    )
    columns = {"refresh_id": "%s", "criteria": "%s"} | {name: f"staged.{name}" for name in _COLUMNS}
    bulk.pour(ReadinessHistory, "staged_history", "taxon_id", columns, refresh.pk, criteria)


def _shown_before(refresh: Refresh, criteria: str, schema: pa.Schema) -> pa.Table | None:
    """The readiness before the moment that a refresh describes, if that is what is shown now, and known."""
    done = Refresh.objects.filter(state=Refresh.State.DONE, counts__criteria__has_key=criteria)
    last = done.order_by("moment", "id").last()
    if last is None or last != current_refresh(criteria):
        return None
    if (last.moment, last.pk) > (refresh.moment, refresh.pk):
        return None
    shown = contents.known(SUBJECT, shown_key(SUBJECT, criteria))
    return shown.table(Readiness._meta.db_table, schema) if shown else None


def _changed(shown: pa.Table, readiness: pa.Table) -> pa.Table:
    """The rows of the history that lead from one readiness to another."""
    before, now = (table.select(list(_STAGED)) for table in (shown, readiness))
    changes = difference(before, now, ["taxon_id"])
    gone = before.take(pc.index_in(changes.removed["taxon_id"], before["taxon_id"]))
    nothing = {"status": "gone", "observations": 0, "community_confirmed": 0, "photos": 0, "margin": None}
    left = changes.removed
    for name, value in nothing.items():
        kind = before.schema.field(name).type
        left = left.append_column(name, pa.array([value] * left.num_rows, kind))
    places = pc.index_in(changes.written["taxon_id"], before["taxon_id"])
    written = changes.written.append_column(
        "status_before", pc.fill_null(before["status"].take(places), ReadinessHistory.GONE)
    )
    return pa.concat_tables([written, left.append_column("status_before", gone["status"])])


def show(refresh: Refresh, criteria: str) -> None:
    """Let what `write_unseen` wrote end at the refresh that follows it in time.

    The moment may lie before those of other refreshes. The one next in time then gets a row of its own
    wherever it had none because nothing had changed.
    """
    following = _following(refresh, criteria)
    if following is None:
        return
    this, that = (refresh.pk, criteria), (following.pk, criteria)
    bulk.execute(
        "UPDATE taxa_readinesshistory AS later SET status_before = written.status"
        " FROM taxa_readinesshistory AS written"
        " WHERE written.refresh_id = %s AND written.criteria = %s AND written.taxon_id = later.taxon_id"
        " AND later.refresh_id = %s AND later.criteria = %s",
        *(*this, *that),
    )
    bulk.execute(
        f"INSERT INTO taxa_readinesshistory (refresh_id, criteria, {', '.join(_COLUMNS)})"
        " SELECT %s, %s, written.taxon_id, written.status, coalesce(before.status, 'gone'),"
        " coalesce(before.observations, 0), coalesce(before.community_confirmed, 0),"
        " coalesce(before.photos, 0), before.margin"
        " FROM taxa_readinesshistory AS written"
        f" LEFT JOIN {_before(criteria)} AS before ON before.taxon_id = written.taxon_id"
        " WHERE written.refresh_id = %s AND written.criteria = %s AND written.taxon_id NOT IN"
        " (SELECT taxon_id FROM taxa_readinesshistory WHERE refresh_id = %s AND criteria = %s)",
        *(*that, *this, *that),
    )


def _before(criteria: str) -> str:
    """The staging table of what was known under a rule before the moment that a refresh describes."""
    return "history_before_" + "".join(letter if letter.isalnum() else "_" for letter in criteria)


def _make_history_before(refresh: Refresh, criteria: str) -> str:
    """Stage each taxon's last row before the moment that a refresh describes; returns the table's name."""
    columns = ", ".join(f"history.{name}" for name in ("taxon_id", *_HISTORY))
    bulk.make(
        _before(criteria),
        f"SELECT * FROM (SELECT {columns}, row_number() OVER"
        " (PARTITION BY history.taxon_id ORDER BY earlier.moment DESC, earlier.id DESC) AS back"
        " FROM taxa_readinesshistory AS history"
        " JOIN sync_refresh AS earlier ON earlier.id = history.refresh_id"
        " JOIN sync_refresh AS this ON this.id = %s"
        " WHERE history.criteria = %s AND earlier.state = 'done'"
        " AND (earlier.moment, earlier.id) < (this.moment, this.id)"
        ") AS ranked WHERE back = 1",
        *(refresh.pk, criteria),
        key="taxon_id",
    )
    return _before(criteria)


def _following(refresh: Refresh, criteria: str) -> Refresh | None:
    """The refresh under the same rule that describes the next moment."""
    later = Refresh.objects.filter(state=Refresh.State.DONE, moment__gt=refresh.moment)
    return next(
        (other for other in later.order_by("moment", "id") if criteria in other.counts["criteria"]), None
    )
