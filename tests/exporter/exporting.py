"""Exports of small worlds in memory, and random worlds to export."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
from hypothesis import strategies as st

from exporter.criteria import Criteria
from exporter.lake import LakeVersion
from exporter.readiness import assess
from exporter.selection import SETS, class_taxon_ids, fill, photo_rows
from exporter.settling import SETTLED, Settling, settle
from tests.exporter import reference_selection as reference
from tests.exporter.reference_selection import Place
from tests.exporter.world import RANK_LEVELS, Row, World, connect, day

SEED = "a seed of 16 bytes or more"
MONTHS_END = day(31)


class WorldLake:
    """A world in memory that stands for a lake of one version."""

    def __init__(self, world: World) -> None:
        self.world = world

    def require_latest(self) -> LakeVersion:
        return self.at(1)

    def at(self, number: int) -> LakeVersion:
        return LakeVersion(number, day(1), {}, is_simulated=True)

    def connect(self, version: LakeVersion, **options: object) -> duckdb.DuckDBPyConnection:
        return self.world.connect()


@dataclass(frozen=True)
class Export:
    """What a world's export came to: the places in their order, and by class taxon what others took."""

    settling: Settling
    places: list[Place]
    shared_elsewhere: dict[int, int]

    def of(self, set_name: str, class_taxon_id: int | None = None) -> list[int]:
        """The photos of a set, of one class or all."""
        return [
            place.photo_id
            for place in self.places
            if place.set_name == set_name and class_taxon_id in (None, place.class_taxon_id)
        ]

    @property
    def classes(self) -> list[int]:
        return list(self.shared_elsewhere)


def export(
    world: World,
    criteria: Criteria,
    *,
    start: datetime = MONTHS_END,
    cutoff: datetime = MONTHS_END,
    seed: str = SEED,
) -> Export:
    """Label, select and draw as a snapshot does."""
    with world.connect() as con:
        return export_from(con, criteria, start, cutoff, seed)


def export_from(
    con: duckdb.DuckDBPyConnection, criteria: Criteria, start: datetime, cutoff: datetime, seed: str
) -> Export:
    settling = settle(con, criteria, start, cutoff)
    assessment = assess(con, criteria, SETTLED)
    taxon_ids = class_taxon_ids(assessment).tolist()
    shared = fill(con, criteria, assessment, seed)
    rows = photo_rows(con).read_all().to_pylist()
    places = [
        Place(
            set_name=SETS[row["set_number"]],
            class_taxon_id=taxon_ids[row["leaf_class_id"]],
            photo_id=row["photo_id"],
            observation_id=row["observation_id"],
            obs_taxon_id=row["obs_taxon_id"],
            community=int(row["is_confirmed"]),
            position=row["position"],
            observation_photos=row["observation_photos"],
        )
        for row in rows
    ]
    return Export(settling, places, dict(zip(taxon_ids, shared.tolist(), strict=True)))


def plain_export(world: World, criteria: Criteria, start: datetime, cutoff: datetime, seed: str) -> Export:
    """`export` by the plain reading of the rules."""
    settled = reference.settle(criteria, world.taxa, world.observations, world.identifications, start, cutoff)
    seen = reference.candidates(world.taxa, settled.observations, world.photos)
    usable = {one.observation_id for one in seen}
    chosen = reference.classes(
        criteria, world.taxa, seen, clades=criteria.clades, custom_leaves=criteria.leaves
    )
    held = reference.holdings(world.taxa, seen, chosen)
    numbers = (len(result & usable) for result in (settled.held_back, settled.removed, settled.untold))
    return Export(
        Settling(*numbers),
        reference.select(criteria, world.taxa, seen, chosen, seed),
        {taxon: held[taxon].shared_elsewhere for taxon in sorted(chosen)},
    )


sometimes = st.sampled_from([None, False, False, False, False, True])


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Up to eight taxa and 25 observations of any age, half of them with identifications."""
    world = World()
    world.taxa = draw(_taxa())
    ids = st.integers(1, len(world.taxa) + 1)
    for number in range(1, draw(st.integers(0, 25)) + 1):
        taxon = draw(ids)
        world.observe(
            1,
            taxon,
            draw(st.sampled_from([taxon, taxon, taxon, None, draw(ids)])),
            photos=draw(st.integers(0, 4)),
            quality_grade=draw(st.sampled_from(["research", "needs_id", "casual"])),
            is_flagged=draw(sometimes),
            fails_quality_metric=draw(sometimes),
            source=draw(st.sampled_from(["api", "api", "dump"])),
            created_at=draw(st.sampled_from([None, *(day(n) for n in range(1, 20))])),
            observed_on=draw(st.sampled_from([None, *(day(n).date() for n in range(1, 20))])),
        )
        if draw(st.booleans()):
            _discuss(draw, world, number, ids)
    for photo in world.photos:
        photo |= {
            "position": draw(st.sampled_from([None, 0, 1, 2])),
            "is_flagged": draw(sometimes),
            "is_hidden": draw(sometimes),
            "host": draw(st.sampled_from(["static", "static", "open-data", "open-data", "elsewhere", None])),
            "extension": draw(st.sampled_from(["jpg", "jpg", "jpg", "png", "", "j.pg", None])),
        }
    shown = st.sampled_from(world.photos or [{}])
    for one, other in draw(st.lists(st.tuples(shown, shown), max_size=4 if world.photos else 0)):
        if other["photo_id"] not in photos_of(world, one["observation_id"]):
            one["photo_id"] = other["photo_id"]
    return world


def photos_of(world: World, observation_id: int) -> set[int]:
    return {photo["photo_id"] for photo in world.photos if photo["observation_id"] == observation_id}


@st.composite
def _taxa(draw: st.DrawFn) -> list[Row]:
    count = draw(st.integers(1, 8))
    lines: dict[int, str] = {}
    rows = []
    for taxon in draw(st.permutations(range(1, count + 1))):
        above = draw(st.sampled_from([None, *lines, *lines]))
        lines[taxon] = "" if above is None else f"{lines[above]}/{above}".lstrip("/")
        rank = draw(st.sampled_from([*RANK_LEVELS, "species", "species", "genus", None]))
        rows.append(
            {
                "taxon_id": taxon,
                "ancestry": lines[taxon],
                "name": f"Taxon {taxon}",
                "rank": rank,
                "rank_level": None if rank is None else RANK_LEVELS[rank],
                "is_active": draw(st.sampled_from([None, True, True, True, False])),
                "is_extinct": draw(sometimes),
            }
        )
    return rows


def _discuss(draw: st.DrawFn, world: World, observation: int, ids: st.SearchStrategy[int]) -> None:
    """Up to four identifications, mostly of one taxon."""
    named = draw(ids)
    for made in sorted(draw(st.lists(st.integers(1, 20), min_size=1, max_size=4))):
        columns: dict[str, Any] = {
            "created_at": day(made),
            "is_current": draw(st.sampled_from([True, True, True, False])),
            "is_disagreement": draw(st.sampled_from([None, False, False, True])),
            "previous_observation_taxon_id": draw(st.one_of(st.none(), ids)),
        }
        world.identify(
            observation, draw(st.sampled_from([named, named, draw(ids)])), draw(st.integers(1, 4)), **columns
        )


def shuffled(world: World, random: Any) -> duckdb.DuckDBPyConnection:
    """The world's rows in another order."""
    tables = {
        "taxa": world.taxa,
        "observations": world.observations,
        "photos": world.photos,
        "identifications": world.identifications,
    }
    return connect(**{name: random.sample(rows, len(rows)) for name, rows in tables.items()})
