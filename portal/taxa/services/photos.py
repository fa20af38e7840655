"""Writing the photos that pages may show: most of them beforehand, those of taxa when all is shown."""

import pyarrow as pa

from exporter.differences import difference
from portal import bulk
from portal.lake import contents
from portal.lake.services import begin_content, end_content
from portal.taxa.services.tree import SUBJECT

_KEY = "photos"
PHOTO_COLUMNS = {
    "observation_id": "bigint",
    "taxon_id": "bigint",
    "photo_id": "bigint",
    "extension": "text",
    "license": "text",
}
_VALUES = [name for name in PHOTO_COLUMNS if name != "observation_id"]
_INSERT = f"INSERT INTO taxa_photo ({', '.join(PHOTO_COLUMNS)}) SELECT {', '.join(PHOTO_COLUMNS)} FROM"
#: How many photos are altered while all that is counted changes; if there are more, right after it.
MOST_AT_ONCE = 10_000
_PAIRED = (
    "taxa_photo AS photo LEFT JOIN staged_photo AS staged ON staged.observation_id = photo.observation_id"
)
_IS_THERE = "SELECT 1 FROM taxa_photo AS photo WHERE photo.observation_id = staged.observation_id"


def write_unseen(photos: pa.Table) -> None:
    """Stage the photos, with the columns named above, and add new ones of observations.

    A photo of an observation is shown beside it alone, and is true of it whenever it is added. One that
    stands for a taxon is shown with what the refresh says of that.
    """
    _stage(photos.select(list(PHOTO_COLUMNS)))
    for above, last in bulk.spans("staged_photo", "observation_id"):
        bulk.execute(
            f"{_INSERT} staged_photo AS staged WHERE taxon_id IS NULL AND observation_id > %s"
            f" AND observation_id <= %s AND NOT EXISTS ({_IS_THERE})",
            *(above, last),
        )
    bulk.make(
        "staged_photo_odd",
        "SELECT photo.observation_id FROM staged_photo_gone AS gone JOIN taxa_photo AS photo"
        " ON photo.observation_id = gone.observation_id WHERE photo.taxon_id IS NOT NULL"
        " UNION ALL SELECT photo.observation_id FROM taxa_photo AS photo JOIN staged_photo AS staged"
        f" ON staged.observation_id = photo.observation_id WHERE {bulk.differs(_VALUES, 'photo', 'staged')}",
        key="observation_id",
    )
    bulk.make(
        "staged_photo_now",
        f"SELECT staged.* FROM staged_photo AS staged WHERE NOT EXISTS ({_IS_THERE})"
        " OR observation_id IN (SELECT observation_id FROM staged_photo_odd)",
        key="observation_id",
    )


def _stage(photos: pa.Table) -> None:
    """Stage the photos that are new or others, and the observations whose photos go; all if none is known."""
    former = contents.known(SUBJECT, _KEY)
    shown = former.table("photos", photos.schema) if former else None
    begin_content(SUBJECT, _KEY, {"photos": photos})
    if shown is None:
        bulk.stage("staged_photo", PHOTO_COLUMNS, photos.to_batches())
        bulk.make(
            "staged_photo_gone",
            f"SELECT photo.observation_id FROM {_PAIRED} WHERE staged.observation_id IS NULL",
            key="observation_id",
        )
        return
    changes = difference(shown, photos, ["observation_id"])
    bulk.stage("staged_photo", PHOTO_COLUMNS, changes.written.to_batches())
    bulk.stage("staged_photo_gone", {"observation_id": "bigint"}, changes.removed.to_batches())


def show() -> None:
    """Let the photos of taxa be the staged ones, and alter those that have changed, unless these are many."""
    if not _are_many():
        _remove("staged_photo_odd", bulk.EVERY)
        _add(bulk.EVERY)
        bulk.execute("DELETE FROM staged_photo_now")


def settle() -> None:
    """Do what was too much for `show`, in short transactions; meanwhile some taxa have no photo."""
    if _are_many():
        for span in bulk.spans("staged_photo_odd", "observation_id"):
            _remove("staged_photo_odd", span)
        for span in bulk.spans("staged_photo_now", "observation_id"):
            _add(span)
        bulk.execute("DELETE FROM staged_photo_now")


def tidy() -> None:
    """Remove photos that are not among those of the refresh."""
    for span in bulk.spans("staged_photo_gone", "observation_id"):
        _remove("staged_photo_gone", span)
    if not bulk.count("staged_photo_now"):
        end_content(SUBJECT, _KEY)


def _are_many() -> bool:
    return bulk.count("staged_photo_odd") + bulk.count("staged_photo_now") > MOST_AT_ONCE


def _remove(staged: str, span: tuple[int, int]) -> None:
    """Remove the photos of a staging table's observations, of a span of these."""
    bulk.execute(
        f"DELETE FROM taxa_photo WHERE observation_id IN (SELECT observation_id FROM {staged}"
        " WHERE observation_id > %s AND observation_id <= %s)",
        *span,
    )


def _add(span: tuple[int, int]) -> None:
    """Add the photos that are shown from now on, of a span of observations."""
    bulk.execute(f"{_INSERT} staged_photo_now WHERE observation_id > %s AND observation_id <= %s", *span)
