"""Writing the photos that pages may show: most of them beforehand, those of taxa when all is shown."""

import pyarrow as pa

from portal import bulk

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
MOST_AT_ONCE = 20_000
_PAIRED = (
    "taxa_photo AS photo LEFT JOIN staged_photo AS staged ON staged.observation_id = photo.observation_id"
)
_IS_THERE = "SELECT 1 FROM taxa_photo AS photo WHERE photo.observation_id = staged.observation_id"


def write_unseen(photos: pa.Table) -> None:
    """Stage the photos, with the columns named above, and add new ones of observations.

    A photo of an observation is shown beside it alone, and is true of it whenever it is added. One that
    stands for a taxon is shown with what the refresh says of that.
    """
    bulk.stage("staged_photo", PHOTO_COLUMNS, photos.select(list(PHOTO_COLUMNS)).to_batches())
    for above, last in bulk.spans("staged_photo", "observation_id"):
        bulk.execute(
            f"{_INSERT} staged_photo AS staged WHERE taxon_id IS NULL AND observation_id > %s"
            f" AND observation_id <= %s AND NOT EXISTS ({_IS_THERE})",
            *(above, last),
        )
    bulk.make(
        "staged_photo_odd",
        f"SELECT photo.observation_id FROM {_PAIRED}"
        " WHERE staged.observation_id IS NULL AND photo.taxon_id IS NOT NULL"
        f" OR staged.observation_id IS NOT NULL AND {bulk.differs(_VALUES, 'photo', 'staged')}",
        key="observation_id",
    )
    bulk.make(
        "staged_photo_now",
        f"SELECT staged.* FROM staged_photo AS staged WHERE NOT EXISTS ({_IS_THERE})"
        " OR observation_id IN (SELECT observation_id FROM staged_photo_odd)",
        key="observation_id",
    )


def show() -> None:
    """Let the photos of taxa be the staged ones, and alter those that have changed, unless these are many."""
    if not _are_many():
        _remove("staged_photo_odd", bulk.EVERY)
        _add(bulk.EVERY)


def settle() -> None:
    """Do what was too much for `show`, in short transactions; meanwhile some taxa have no photo."""
    if _are_many():
        for span in bulk.spans("staged_photo_odd", "observation_id"):
            _remove("staged_photo_odd", span)
        for span in bulk.spans("staged_photo_now", "observation_id"):
            _add(span)


def tidy() -> None:
    """Remove photos that are not among the staged ones."""
    bulk.make(
        "staged_photo_gone",
        f"SELECT photo.observation_id FROM {_PAIRED} WHERE staged.observation_id IS NULL",
        key="observation_id",
    )
    for span in bulk.spans("staged_photo_gone", "observation_id"):
        _remove("staged_photo_gone", span)


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
