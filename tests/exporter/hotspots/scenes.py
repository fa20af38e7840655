"""Small worlds in which people identify: observations with their whole history, in few words."""

from collections.abc import Iterable

import numpy as np

from exporter.criteria import Criteria
from exporter.hotspots.taxonomy import Taxonomy, read_taxonomy
from exporter.tree import load_tree
from tests.exporter.world import Row, World

#: Anything with an observation and a photo is a class, so that few observations are enough.
TINY = Criteria(
    name="tiny",
    confirmed_by="community_taxon",
    min_observations=0,
    min_confirmed=0,
    train_min=1,
    train_max=1000,
    val_min=0,
    val_max=0,
    test_min=0,
    test_max=0,
    train_photos_per_observation=5,
)

#: From here on, people who begin stories.
NAMERS = 100_000

ROOT, FAMILY, OTHER_FAMILY = 1, 2, 3
ANT, BEE, CAT = 10, 20, 30  # genera; their species are 11, 12, ... 21, 22, ... 31, ...


class Scene(World):
    """A world with two genera in one family and one in another, four species each."""

    def __init__(self) -> None:
        super().__init__()
        self._namers = 0
        self.taxon(ROOT, None, "kingdom")
        self.taxon(FAMILY, ROOT, "family")
        self.taxon(OTHER_FAMILY, ROOT, "family")
        for genus, family in ((ANT, FAMILY), (BEE, FAMILY), (CAT, OTHER_FAMILY)):
            self.taxon(genus, family, "genus")
            for species in range(genus + 1, genus + 5):
                self.taxon(species, genus, "species")

    def story(self, label: int | None, *said: Row, photos: int = 1, **columns: object) -> int:
        """One observation with this label now, and what was said of it in order; gives its id.

        Each thing said has a ``taxon_id`` and a ``user_id``; the label shown to it is what was said before.
        """
        self.observe(1, label, label, photos=photos, **columns)
        observation_id = len(self.observations)
        shown = None
        for one in said:
            self.identify(observation_id, **{"previous_observation_taxon_id": shown, **one})
            shown = one["taxon_id"]
        return observation_id

    def stories(self, number: int, label: int | None, *said: Row) -> list[int]:
        """The same story that many times; each is begun by another person, the others stay the same."""
        result = []
        for _ in range(number):
            self._namers += 1
            first = said[0] | {"user_id": NAMERS + self._namers}
            result.append(self.story(label, first, *said[1:]))
        return result


def says(user_id: int, taxon_id: int, **columns: object) -> Row:
    """An unaided identification."""
    return {"user_id": user_id, "taxon_id": taxon_id, **columns}


def suggested(user_id: int, taxon_id: int, **columns: object) -> Row:
    """An identification by a computer-vision suggestion."""
    return says(user_id, taxon_id, is_vision=True, **columns)


def taxonomy_of(scene: World) -> Taxonomy:
    """The taxonomy of a scene."""
    con = scene.connect()
    return read_taxonomy(con, load_tree(con))


def at(taxonomy: Taxonomy, taxon_ids: Iterable[int]) -> np.ndarray:
    """Positions of taxa; ids below zero stand for themselves."""
    ids = np.array(list(taxon_ids), dtype=np.int64)
    return np.where(ids < 0, ids, taxonomy.tree.positions(ids))


def ids_at(taxonomy: Taxonomy, positions: np.ndarray) -> list[int]:
    """The ids at positions; positions below zero stand for themselves."""
    return np.where(positions < 0, positions, taxonomy.tree.taxon_ids[positions]).tolist()
