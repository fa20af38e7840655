"""Writing the history of readiness: only what changed, whatever the order in which moments are described."""

from portal import bulk
from portal.lake.models import Refresh

_HISTORY = ("status", "observations", "community_confirmed", "photos", "margin")


def record_history(refresh: Refresh, criteria: str) -> None:
    """Add where `staged_readiness` differs from what was known of the moment that the refresh describes.

    That moment may lie before those of other refreshes. The one next in time then gets a row of its own
    wherever it had none because nothing had changed.
    """
    _make_history_before(refresh, criteria)
    found = ", ".join(f"staged.{name}" for name in _HISTORY)
    _add(
        refresh,
        criteria,
        f"SELECT staged.taxon_id, coalesce(before.status, 'gone'), {found}"
        " FROM staged_readiness AS staged"
        " LEFT JOIN history_before AS before ON before.taxon_id = staged.taxon_id"
        f" WHERE before.taxon_id IS NULL OR {bulk.differs(_HISTORY, 'before', 'staged')}",
    )
    _add(
        refresh,
        criteria,
        "SELECT before.taxon_id, before.status, 'gone', 0, 0, 0, CAST(NULL AS integer)"
        " FROM history_before AS before"
        " LEFT JOIN staged_readiness AS staged ON staged.taxon_id = before.taxon_id"
        " WHERE staged.taxon_id IS NULL AND before.status <> 'gone'",
    )
    following = _following(refresh, criteria)
    if following is not None:
        _add_following(refresh, following, criteria)


def _add_following(refresh: Refresh, following: Refresh, criteria: str) -> None:
    """Let what the refresh wrote end at the one that follows it in time."""
    this, that = (refresh.pk, criteria), (following.pk, criteria)
    written = "FROM taxa_readinesshistory AS written WHERE written.refresh_id = %s AND written.criteria = %s"
    bulk.execute(
        "UPDATE taxa_readinesshistory SET status_before ="
        f" (SELECT written.status {written} AND written.taxon_id = taxa_readinesshistory.taxon_id)"
        f" WHERE refresh_id = %s AND criteria = %s AND taxon_id IN (SELECT written.taxon_id {written})",
        *(*this, *that, *this),
    )
    _add(
        following,
        criteria,
        "SELECT written.taxon_id, written.status, coalesce(before.status, 'gone'),"
        " coalesce(before.observations, 0), coalesce(before.community_confirmed, 0),"
        " coalesce(before.photos, 0), before.margin"
        " FROM taxa_readinesshistory AS written"
        " LEFT JOIN history_before AS before ON before.taxon_id = written.taxon_id"
        " WHERE written.refresh_id = %s AND written.criteria = %s AND written.taxon_id NOT IN"
        " (SELECT taxon_id FROM taxa_readinesshistory WHERE refresh_id = %s AND criteria = %s)",
        *(*this, *that),
    )


def _add(refresh: Refresh, criteria: str, query: str, *values: object) -> None:
    """Add the rows that a query gives: taxon, status before, then what `_HISTORY` names."""
    columns = ", ".join(("taxon_id", "status_before", *_HISTORY))
    bulk.execute(
        f"INSERT INTO taxa_readinesshistory (refresh_id, criteria, {columns})"
        f" SELECT %s, %s, found.* FROM ({query}) AS found",
        *(refresh.pk, criteria, *values),
    )


def _make_history_before(refresh: Refresh, criteria: str) -> None:
    """The last row of each taxon before the moment that a refresh describes, as `history_before`."""
    columns = ", ".join(f"history.{name}" for name in ("taxon_id", *_HISTORY))
    bulk.make(
        "history_before",
        f"SELECT * FROM (SELECT {columns}, row_number() OVER"
        " (PARTITION BY history.taxon_id ORDER BY earlier.moment DESC, earlier.id DESC) AS back"
        " FROM taxa_readinesshistory AS history"
        " JOIN sync_refresh AS earlier ON earlier.id = history.refresh_id"
        " JOIN sync_refresh AS this ON this.id = %s"
        " WHERE history.criteria = %s AND (earlier.moment, earlier.id) < (this.moment, this.id)"
        ") AS ranked WHERE back = 1",
        refresh.pk,
        criteria,
    )


def _following(refresh: Refresh, criteria: str) -> Refresh | None:
    """The refresh under the same rule that describes the next moment."""
    later = Refresh.objects.filter(state=Refresh.State.DONE, moment__gt=refresh.moment)
    return next(
        (other for other in later.order_by("moment", "id") if criteria in other.counts["criteria"]), None
    )
