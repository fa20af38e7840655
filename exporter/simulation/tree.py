"""The simulated world's taxon tree: real names, ids and places in the tree, as iNaturalist has them.

Source of ``taxa.csv``: iNaturalist's taxonomy, by iNaturalist's ids, as published in its open-data dump, its
vision models' taxonomies and the records of its users. Ranks between genus and species (subgenus, section,
complex) are left out. ``regions`` says roughly where a species lives: one letter per region of `places`.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from exporter.criteria import GENUS_RANK_LEVEL

_TABLE = Path(__file__).with_name("taxa.csv")

SPECIES_LEVEL = 10.0

RANK_LEVELS = {
    "stateofmatter": 100.0,
    "kingdom": 70.0,
    "phylum": 60.0,
    "subphylum": 57.0,
    "class": 50.0,
    "subclass": 47.0,
    "order": 40.0,
    "suborder": 37.0,
    "infraorder": 35.0,
    "zoosection": 34.0,
    "zoosubsection": 33.5,
    "superfamily": 33.0,
    "epifamily": 32.0,
    "family": 30.0,
    "subfamily": 27.0,
    "tribe": 25.0,
    "subtribe": 24.0,
    "genus": GENUS_RANK_LEVEL,
    "species": SPECIES_LEVEL,
    "hybrid": SPECIES_LEVEL,
    "subspecies": 5.0,
}

#: iNaturalist's iconic taxa that occur here.
ICONIC_TAXA = {
    1: "Animalia",
    3: "Aves",
    47119: "Arachnida",
    47126: "Plantae",
    47158: "Insecta",
    47170: "Fungi",
}


@dataclass(frozen=True)
class Taxon:
    """One taxon. ``line`` holds the ids from the root down to the taxon itself."""

    taxon_id: int
    name: str
    rank: str
    common_name: str
    is_active: bool
    regions: str
    line: tuple[int, ...]

    @property
    def rank_level(self) -> float:
        """iNaturalist's rank level: species 10, genus 20, ... 100 for the root."""
        return RANK_LEVELS[self.rank]

    @property
    def parent_id(self) -> int | None:
        """The id of the taxon just above, None for the root."""
        return self.line[-2] if len(self.line) > 1 else None

    @property
    def iconic_taxon_id(self) -> int | None:
        """The finest iconic taxon that it lies in."""
        return next((taxon_id for taxon_id in reversed(self.line) if taxon_id in ICONIC_TAXA), None)


@cache
def load_tree() -> dict[int, Taxon]:
    """Every taxon of the simulated world by id, parents before their children."""
    tree: dict[int, Taxon] = {}
    with _TABLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            taxon_id = int(row["taxon_id"])
            above = tree[int(row["parent_id"])].line if row["parent_id"] else ()
            tree[taxon_id] = Taxon(
                taxon_id=taxon_id,
                name=row["name"],
                rank=row["rank"],
                common_name=row["common_name"],
                is_active=row["is_active"] == "true",
                regions=row["regions"],
                line=(*above, taxon_id),
            )
    return tree


@cache
def ids_by_name() -> dict[str, int]:
    """The id of every genus, species and finer taxon by its scientific name."""
    return {
        taxon.name: taxon.taxon_id for taxon in load_tree().values() if taxon.rank_level <= GENUS_RANK_LEVEL
    }


def genus_of(taxon: Taxon) -> Taxon:
    """The genus that a genus, species or finer taxon belongs to."""
    tree = load_tree()
    return next(tree[taxon_id] for taxon_id in taxon.line if tree[taxon_id].rank == "genus")
