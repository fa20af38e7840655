"""A clade in a place: what a person chooses to load, what it costs in requests, and how far it is."""

from dataclasses import dataclass
from datetime import datetime
from math import ceil

from exporter.pull.store import Store, Walk
from exporter.pull.walk import PER_PAGE

#: Requests besides the pages: the taxon's own lineage, and a page for what came since it was counted.
_BESIDES = 2


@dataclass(frozen=True)
class Region:
    """The observations of a taxon and all below it, in one place or everywhere."""

    taxon_id: int
    #: iNaturalist's id of the place; None: everywhere.
    place_id: int | None
    #: How many observations iNaturalist counted, and how many taxa the clade has. From one place alone taxa
    #: are not listed: the observations name theirs.
    observations: int = 0
    taxa: int = 0

    @property
    def requests(self) -> int:
        """Requests to pull all of it."""
        return _pages(self.observations) + (_pages(self.taxa) if self.place_id is None else 0) + _BESIDES

    def since(self, store: Store) -> datetime | None:
        """The time up to which the lake has all changes to it; None before it was pulled whole."""
        if self.place_id is None:
            return store.pulled().get(self.taxon_id)
        return store.pulled_in_places().get((self.taxon_id, self.place_id))

    def requests_left(self, store: Store) -> int:
        """Requests that are left until it is pulled whole for the first time."""
        if self.since(store) is not None:
            return 0
        walk = walk_of(store, self)
        if walk is None:
            return self.requests
        return _pages(max(self.observations - walk.records, 0)) + _BESIDES


def walk_of(store: Store, region: Region) -> Walk | None:
    """The walk through a region that is under way: through all of it, or through what changed since."""
    key = ((region.taxon_id,), region.place_id, region.since(store))
    return next(
        (walk for walk in store.walks() if (walk.taxon_ids, walk.place_id, walk.updated_since) == key), None
    )


def _pages(rows: int) -> int:
    return ceil(rows / PER_PAGE)
