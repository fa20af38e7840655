"""A small world for the portal's tests: a few insects, with every status, at two refreshes.

Names and ids are iNaturalist's; every count is made up.
"""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from exporter.clades import summed_up
from exporter.tree import Tree
from portal.lake.models import Refresh
from portal.taxa.models import Readiness, ReadinessHistory, Taxon, TaxonName
from portal.taxa.names import word_starts
from portal.taxa.services import count_margins, replace_curves, with_largest_class

#: id, parent's id, scientific name, rank, rank level, common name
TAXA = (
    (48460, None, "Life", "stateofmatter", 100.0, ""),
    (1, 48460, "Animalia", "kingdom", 70.0, "Animals"),
    (47158, 1, "Insecta", "class", 50.0, "Insects"),
    (47201, 47158, "Hymenoptera", "order", 40.0, "Ants, Bees, Wasps, and Sawflies"),
    (52775, 47201, "Bombus", "genus", 20.0, "Bumble Bees"),
    (118970, 52775, "Bombus impatiens", "species", 10.0, "Common Eastern Bumble Bee"),
    (57516, 52775, "Bombus terrestris", "species", 10.0, "Buff-tailed Bumble Bee"),
    (120215, 52775, "Bombus griseocollis", "species", 10.0, "Brown-belted Bumble Bee"),
    (47822, 47158, "Diptera", "order", 40.0, "Flies"),
    (120489, 47822, "Sarcophaga", "genus", 20.0, ""),
    (900001, 120489, "Sarcophaga carnaria", "species", 10.0, "Common Flesh Fly"),
    (48486, 47158, "Coccinellidae", "family", 30.0, "Lady Beetles"),
    (48487, 48486, "Harmonia", "genus", 20.0, ""),
    (48484, 48487, "Harmonia axyridis", "species", 10.0, "Asian Lady Beetle"),
    (900002, 48487, "Harmonia × incerta", "hybrid", 10.0, ""),
    (900003, 48486, "Adalia", "genus", 20.0, "Two-spotted Lady Beetles and Allies"),
)

#: Under inat-2022: taxon, status, leaf, observations, confirmed, photos, short by each of the three, margin,
#: observations known in part, place in the walk of the tree.
READINESS = (
    (48460, "covered", None, 830, 560, 1250, 0, 0, 0, 510, 40, 1, 15),
    (1, "covered", None, 830, 560, 1250, 0, 0, 0, 510, 40, 2, 15),
    (47158, "covered", None, 830, 560, 1250, 0, 0, 0, 510, 40, 3, 15),
    (48486, "dropped", None, 55, 50, 70, 6, 0, 30, -6, 30, 4, 7),
    (48487, "short", None, 54, 50, 69, 7, 0, 31, -7, 30, 5, 7),
    (48484, "short", None, 50, 48, 60, 12, 2, 50, -12, 30, 6, 6),
    (900002, "excluded", None, 4, 2, 9, 0, 0, 0, None, 0, 7, 7),
    (47201, "covered", None, 700, 450, 1080, 0, 0, 0, 400, 10, 8, 12),
    (52775, "covered", None, 700, 450, 1080, 0, 0, 0, 400, 10, 9, 12),
    (57516, "leaf", 57516, 62, 52, 110, 0, 0, 0, 2, 0, 10, 10),
    (118970, "leaf", 118970, 540, 350, 860, 0, 0, 0, 300, 10, 11, 11),
    (120215, "dropped", None, 86, 38, 110, 12, 12, 0, -12, 0, 12, 12),
    (47822, "covered", None, 75, 60, 100, 0, 0, 0, 10, 0, 13, 15),
    (120489, "leaf", 120489, 75, 60, 100, 0, 0, 0, 0, 0, 14, 15),
    (900001, "rolled_up", 120489, 30, 15, 40, 45, 35, 50, -45, 0, 15, 15),
)
_COUNTED = (
    "status",
    "leaf_taxon_id",
    "observations",
    "community_confirmed",
    "photos",
    "short_observations",
    "short_confirmed",
    "short_photos",
    "margin",
    "incomplete_observations",
    "tree_left",
    "tree_right",
)
_CLADE = (
    "largest_class_taxon_id",
    "is_drawn",
    "stem_id",
    "branches",
    "branch_photos",
    "classes",
    "class_photos",
    "expected_wrong",
    "expected_wrong_low",
    "expected_wrong_high",
)
FIRST_DAY = datetime(2026, 9, 1, tzinfo=UTC)
LAST_DAY = datetime(2026, 11, 1, 6, 30, tzinfo=UTC)


def make_taxa(rows: tuple = TAXA) -> list[Taxon]:
    """Put taxa, parents before children, and their names into the database; each row as in `TAXA`."""
    path: dict[int | None, str] = {None: ""}
    taxa = []
    for taxon_id, parent_id, name, rank, rank_level, common_name in rows:
        ancestry = path[parent_id]
        path[taxon_id] = f"{ancestry}/{taxon_id}".lstrip("/")
        taxa.append(
            Taxon(
                id=taxon_id,
                parent_id=parent_id,
                ancestry=ancestry,
                name=name,
                rank=rank,
                rank_level=rank_level,
                common_name=common_name,
                iconic_taxon_id=47158 if "47158" in path[taxon_id].split("/") else None,
            )
        )
    Taxon.objects.bulk_create(taxa)
    TaxonName.objects.bulk_create(
        TaxonName(taxon=taxon, key=key)
        for taxon in taxa
        for key in sorted(word_starts(taxon.name, taxon.common_name))
    )
    return taxa


def readiness() -> pa.Table:
    """`READINESS` as a refresh gives it; the only wrong labels are 12 to 30, about 20, of *B. impatiens*."""
    rank = {taxon_id: rank for taxon_id, _, _, rank, *_ in TAXA}
    columns = {name: [row[place] for row in READINESS] for place, name in enumerate(("taxon_id", *_COUNTED))}
    result = pa.table(columns | {"rank": [rank[taxon_id] for taxon_id in columns["taxon_id"]]})
    tree = Tree(np.array([row[0] for row in TAXA]), np.array([row[1] or -1 for row in TAXA]))
    levels = pa.table({"taxon_id": [row[0] for row in TAXA], "rank_level": [row[4] for row in TAXA]})
    wrong = {"expected_wrong": [20.0], "expected_wrong_low": [12.0], "expected_wrong_high": [30.0]}
    return summed_up(tree, levels, result, pa.table({"taxon_id": [118970]} | wrong))


def make_refresh(at: datetime, **fields: object) -> Refresh:
    """A refresh that was done at that time, by default of the version 7 of a lake filled from the API."""
    return Refresh.objects.create(
        **{
            "state": Refresh.State.DONE,
            "started_at": at,
            "finished_at": at,
            "lake_version": 7,
            "data_as_of": at,
            "sources": [{"source": "api", "observations": 800}],
            "counts": {"taxa": {"new": 0, "changed": 0}, "criteria": {}},
        }
        | fields
    )


def make_world() -> Refresh:
    """The whole small world; returns the later of its two refreshes.

    Since the first one *Bombus terrestris* became a class. Under inat-2021 all are as under inat-2022.
    """
    taxa = {taxon.id: taxon for taxon in make_taxa()}
    first = make_refresh(FIRST_DAY)
    last = make_refresh(
        LAST_DAY,
        is_simulated=True,
        has_lower_bounds=True,
        sources=[{"source": "dump", "observations": 40}, {"source": "api", "observations": 790}],
        counts={
            "taxa": {"new": 0, "changed": 0},
            "criteria": {
                name: {"covered": 6, "dropped": 2, "excluded": 1, "leaf": 3, "rolled_up": 1, "short": 2}
                for name in ("inat-2021", "inat-2022")
            },
        },
    )
    result = with_largest_class(readiness())
    for criteria in ("inat-2021", "inat-2022"):
        replace_curves(criteria, result)
    for summed, (taxon_id, *values) in zip(result.to_pylist(), READINESS, strict=True):
        now = dict(zip(_COUNTED, values, strict=True))
        clade = {name: summed[name] for name in _CLADE}
        for criteria in ("inat-2021", "inat-2022"):
            Readiness.objects.create(taxon_id=taxon_id, criteria=criteria, **now, **clade)
            _history(first, criteria, taxon_id, now | {"status_before": "gone"} | _before(taxon_id))
            if taxon_id == 57516:
                _history(last, criteria, taxon_id, now | {"status_before": "dropped"})
        taxa[taxon_id].observations = now["observations"]
        TaxonName.objects.filter(taxon_id=taxon_id).update(popularity=now["observations"].bit_length())
    Taxon.objects.bulk_update(taxa.values(), ["observations"])
    for criteria in ("inat-2021", "inat-2022"):
        count_margins(criteria)
    return last


def _before(taxon_id: int) -> dict[str, object]:
    if taxon_id != 57516:
        return {}
    return {"status": "dropped", "observations": 58, "community_confirmed": 45, "photos": 90, "margin": -10}


def _history(refresh: Refresh, criteria: str, taxon_id: int, values: dict[str, object]) -> None:
    kept = ("status", "status_before", "observations", "community_confirmed", "photos", "margin")
    ReadinessHistory.objects.create(
        refresh=refresh,
        criteria=criteria,
        taxon_id=taxon_id,
        **{name: values[name] for name in kept},
    )
