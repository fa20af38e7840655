"""Writing the taxon tree, readiness and its history. Each runs inside the caller's transaction."""

from collections.abc import Iterable, Iterator

import pyarrow as pa
from django.db import connection
from django.db.models import F, Max
from django.db.models.functions import Coalesce

from portal import bulk
from portal.sync.models import Refresh
from portal.taxa.models import Readiness, Taxon
from portal.taxa.names import word_starts

TAXON_COLUMNS = {
    "id": "bigint",
    "parent_id": "bigint",
    "ancestry": "text",
    "name": "text",
    "common_name": "text",
    "rank": "text",
    "rank_level": "double precision",
    "is_active": "boolean",
    "is_extinct": "boolean",
    "iconic_taxon_id": "bigint",
}
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
    "tree_left": "integer",
    "tree_right": "integer",
}
_HISTORY = ("status", "observations", "community_confirmed", "photos", "margin")
_NAMES_AT_ONCE = 20_000


def import_taxa(batches: Iterable[pa.RecordBatch]) -> bulk.Merged:
    """Take over taxa with the columns of `TAXON_COLUMNS`; new and renamed ones can be found from then on."""
    bulk.stage("staged_taxon", TAXON_COLUMNS, batches)
    bulk.make(
        "staged_renamed",
        "SELECT staged.id, staged.name, staged.common_name, coalesce(taxon.observations, 0) AS observations"
        " FROM staged_taxon AS staged LEFT JOIN taxa_taxon AS taxon ON taxon.id = staged.id"
        f" WHERE taxon.id IS NULL OR {bulk.differs(('name', 'common_name'), 'taxon', 'staged')}",
    )
    merged = bulk.merge(Taxon, "staged_taxon", ["id"], [name for name in TAXON_COLUMNS if name != "id"])
    bulk.execute("DELETE FROM taxa_taxonname WHERE taxon_id IN (SELECT id FROM staged_renamed)")
    bulk.copy("taxa_taxonname", ["taxon_id", "key", "popularity"], _search_names())
    return merged


def _search_names() -> Iterator[pa.RecordBatch]:
    """The search names of the renamed taxa, some at a time."""
    with connection.chunked_cursor() as cursor:
        cursor.execute("SELECT id, name, common_name, observations FROM staged_renamed")
        while rows := cursor.fetchmany(_NAMES_AT_ONCE):
            named = [
                (taxon_id, key, popularity(observations))
                for taxon_id, name, common_name, observations in rows
                for key in word_starts(name, common_name)
            ]
            yield pa.RecordBatch.from_pydict(
                {
                    "taxon_id": [taxon_id for taxon_id, _, _ in named],
                    "key": [key for _, key, _ in named],
                    "popularity": [size for _, _, size in named],
                }
            )


def popularity(observations: int) -> int:
    """The size of a taxon as its search names carry it: 0 for none, 1, 2 for 2 and 3, 3 for 4 to 7 ..."""
    return observations.bit_length()


def write_readiness(refresh: Refresh, criteria: str, table: pa.Table) -> None:
    """Write what a refresh found under one rule, given with the columns of `READINESS_COLUMNS`.

    A refresh of the present replaces the former readiness; one of the past only adds to the history.
    """
    bulk.stage("staged_readiness", READINESS_COLUMNS, table.select(list(READINESS_COLUMNS)).to_batches())
    if refresh.as_of is None:
        _replace_readiness(criteria)
    _record_history(refresh, criteria)


def _replace_readiness(criteria: str) -> None:
    bulk.make(
        "staged_current",
        "SELECT staged.*, CAST(%s AS text) AS criteria FROM staged_readiness AS staged",
        criteria,
    )
    columns = [name for name in READINESS_COLUMNS if name != "taxon_id"]
    bulk.merge(Readiness, "staged_current", ["taxon_id", "criteria"], columns)
    bulk.execute(
        "DELETE FROM taxa_readiness WHERE criteria = %s AND NOT EXISTS"
        " (SELECT 1 FROM staged_readiness AS staged WHERE staged.taxon_id = taxa_readiness.taxon_id)",
        criteria,
    )


def _record_history(refresh: Refresh, criteria: str) -> None:
    """Add what differs from what was known of the moment that the refresh describes.

    That moment may lie before those of other refreshes. The one next in time then gets a row of its own
    wherever it had none because nothing had changed.
    """
    _make_history_before(refresh, criteria)
    columns = ", ".join(_HISTORY)
    insert = f"INSERT INTO taxa_readinesshistory (refresh_id, criteria, taxon_id, {columns}) SELECT %s, %s,"
    found = ", ".join(f"staged.{name}" for name in _HISTORY)
    bulk.execute(
        f"{insert} staged.taxon_id, {found} FROM staged_readiness AS staged"
        " LEFT JOIN history_before AS before ON before.taxon_id = staged.taxon_id"
        f" WHERE before.taxon_id IS NULL OR {bulk.differs(_HISTORY, 'before', 'staged')}",
        refresh.pk,
        criteria,
    )
    bulk.execute(
        f"{insert} before.taxon_id, 'gone', 0, 0, 0, NULL FROM history_before AS before"
        " LEFT JOIN staged_readiness AS staged ON staged.taxon_id = before.taxon_id"
        " WHERE staged.taxon_id IS NULL AND before.status <> 'gone'",
        refresh.pk,
        criteria,
    )
    following = _following(refresh, criteria)
    if following is not None:
        bulk.execute(
            f"{insert} written.taxon_id, coalesce(before.status, 'gone'), coalesce(before.observations, 0),"
            " coalesce(before.community_confirmed, 0), coalesce(before.photos, 0), before.margin"
            " FROM taxa_readinesshistory AS written"
            " LEFT JOIN history_before AS before ON before.taxon_id = written.taxon_id"
            " WHERE written.refresh_id = %s AND written.criteria = %s AND written.taxon_id NOT IN"
            " (SELECT taxon_id FROM taxa_readinesshistory WHERE refresh_id = %s AND criteria = %s)",
            following.pk,
            criteria,
            refresh.pk,
            criteria,
            following.pk,
            criteria,
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
    later = Refresh.objects.filter(state=Refresh.State.DONE, moment__gt=refresh.moment).order_by(
        "moment", "id"
    )
    return next((other for other in later if criteria in other.counts["criteria"]), None)


def count_observations() -> None:
    """Bring the taxa's numbers of observations, and the popularity of their names, up to their readiness."""
    bulk.stage("staged_size", {"taxon_id": "bigint", "observations": "integer", "size": "integer"}, _sizes())
    bulk.execute(
        "UPDATE taxa_taxon SET observations ="
        " (SELECT staged.observations FROM staged_size AS staged WHERE staged.taxon_id = taxa_taxon.id)"
        " WHERE id IN (SELECT taxon_id FROM staged_size)"
    )
    bulk.execute(
        "UPDATE taxa_taxonname SET popularity ="
        " (SELECT staged.size FROM staged_size AS staged WHERE staged.taxon_id = taxa_taxonname.taxon_id)"
        " WHERE EXISTS (SELECT 1 FROM staged_size AS staged"
        " WHERE staged.taxon_id = taxa_taxonname.taxon_id AND staged.size <> taxa_taxonname.popularity)"
    )


def _sizes() -> Iterator[pa.RecordBatch]:
    """Taxa whose number of observations has changed: id, number and popularity."""
    counted = (
        Taxon.objects.annotate(counted=Coalesce(Max("readiness__observations"), 0))
        .exclude(observations=F("counted"))
        .values_list("id", "counted")
    )
    rows = list(counted)
    yield pa.RecordBatch.from_pydict(
        {
            "taxon_id": pa.array([taxon_id for taxon_id, _ in rows], pa.int64()),
            "observations": pa.array([observations for _, observations in rows], pa.int64()),
            "size": pa.array([popularity(observations) for _, observations in rows], pa.int64()),
        }
    )
