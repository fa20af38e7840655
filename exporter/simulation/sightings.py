"""What was seen: the true taxon, the place, the time and the observer of every simulated observation."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np
from numpy.typing import NDArray

from exporter.simulation.groups import GENERA, GROUPS, PLANNED_OBSERVATIONS, Genus
from exporter.simulation.people import People
from exporter.simulation.places import OBSCURED_CELL_DEGREES, REGION_SHARES, SCATTER_DEGREES, TOWNS, Town
from exporter.simulation.tree import SPECIES_LEVEL, genus_of, ids_by_name, load_tree

DEFAULT_OBSERVATIONS = 24_000

DAY = 86_400

GROUP_INDEX = {group.name: index for index, group in enumerate(GROUPS)}

#: How the observations spread over the four years before the end, the latest year first.
_YEAR_SHARES = (0.36, 0.27, 0.2, 0.17)


#: Observations that make a taxon a class of a model, at the default size.
_KNOWN_FROM = 60

#: Visits are Poisson, of a rate that varies by a gamma distribution of this shape: many get none, some many.
_MEAN_VISITS = 3.5
_VISITS_SHAPE = 1.2
_LEAST_ATTENTION = 0.6

_MAX_PHOTOS = 6
_SHARE_WITHOUT_PHOTO = 0.006
_SHARE_WITHOUT_DATE = 0.003
_SHARE_WITHOUT_PLACE = 0.006
_SHARE_OBSCURED = 0.04
_SHARE_FAILING_METRIC = 0.008
_SHARE_FLAGGED = 0.003
_NIGHT_GROUP = "moths"


@dataclass(frozen=True, slots=True)
class Sighting:
    """One observation before anybody identified it. Times are seconds since 1970, UTC."""

    index: int
    true_taxon_id: int
    group: int
    observer: int
    town: Town
    latitude: float
    longitude: float
    accuracy: int
    observed_at: int
    created_at: int
    photos: int
    visits: int
    has_date: bool
    has_place: bool
    is_obscured: bool
    is_captive: bool
    fails_metric: bool
    is_flagged: bool


def true_numbers(rng: np.random.Generator, observations: int) -> dict[int, int]:
    """How many observations truly show each taxon: log-normal within a genus, but for the planned taxa."""
    ids, tree = ids_by_name(), load_tree()
    planned = {ids[name]: float(number) for name, number in PLANNED_OBSERVATIONS.items()}
    free: dict[int, float] = {}
    for genus in GENERA:
        species = [
            taxon.taxon_id
            for taxon in tree.values()
            if taxon.rank_level <= SPECIES_LEVEL and genus_of(taxon).name == genus.name
        ]
        free |= _free_shares(rng, genus, [taxon_id for taxon_id in species if taxon_id not in planned])
    scale = (DEFAULT_OBSERVATIONS - sum(planned.values())) / sum(free.values())
    selected = planned | {taxon_id: share * scale for taxon_id, share in free.items()}
    return _round_to_total(selected, observations)


def known_taxa(numbers: Mapping[int, int]) -> frozenset[int]:
    """The taxa that are common enough for a model to know them: classes by the rule of 2022, in short."""
    least = _KNOWN_FROM * sum(numbers.values()) / DEFAULT_OBSERVATIONS
    return frozenset(taxon_id for taxon_id, number in numbers.items() if number >= least)


def _free_shares(rng: np.random.Generator, genus: Genus, species: list[int]) -> dict[int, float]:
    """The genus's share over its unplanned species and, at the genus itself, those that nobody names."""
    weights = rng.lognormal(0.0, 2.0, len(species))
    named = genus.share * (1 - genus.unnamed)
    shares = dict(zip(species, (named * weights / weights.sum()).tolist(), strict=True)) if species else {}
    if genus.unnamed:
        shares[ids_by_name()[genus.name]] = genus.share * genus.unnamed
    return shares


def _round_to_total(selected: dict[int, float], total: int) -> dict[int, int]:
    """Whole numbers in proportion to ``selected`` that add up to ``total``; largest remainders go up."""
    exact = np.array(list(selected.values())) * total / sum(selected.values())
    numbers = np.floor(exact).astype(np.int64)
    up = np.argsort(numbers - exact, kind="stable")[: total - int(numbers.sum())]
    numbers[up] += 1
    return dict(zip(selected, numbers.tolist(), strict=True))


def draw_sightings(
    rng: np.random.Generator, people: People, numbers: dict[int, int], end: date
) -> Iterator[Sighting]:
    """All sightings, so many of each true taxon, in the order they were put on iNaturalist."""
    observations = sum(numbers.values())
    taxa = np.repeat(list(numbers), list(numbers.values()))
    tree = load_tree()
    group_of = {genus.name: GROUP_INDEX[genus.group] for genus in GENERA}
    groups = np.array([group_of[genus_of(tree[taxon_id]).name] for taxon_id in taxa.tolist()])
    observers = _draw_observers(rng, people, taxa)
    towns = people.town[observers]
    observed_at, created_at = _draw_times(rng, groups, towns, end)
    latitudes, longitudes = _draw_points(rng, towns)
    columns = {
        "true_taxon_id": taxa,
        "group": groups,
        "observer": observers,
        "latitude": latitudes,
        "longitude": longitudes,
        "accuracy": rng.lognormal(2.8, 1.2, observations).astype(np.int64) + 2,
        "observed_at": observed_at,
        "created_at": created_at,
        "photos": _draw_photos(rng, groups),
        "visits": _draw_visits(rng, groups),
        "has_date": rng.random(observations) >= _SHARE_WITHOUT_DATE,
        "has_place": rng.random(observations) >= _SHARE_WITHOUT_PLACE,
        "is_obscured": rng.random(observations) < _SHARE_OBSCURED,
        "is_captive": rng.random(observations) < np.array([group.captive for group in GROUPS])[groups],
        "fails_metric": rng.random(observations) < _SHARE_FAILING_METRIC,
        "is_flagged": rng.random(observations) < _SHARE_FLAGGED,
    }
    order = np.argsort(created_at, kind="stable")
    rows = zip(*(column[order].tolist() for column in columns.values()), strict=True)
    for index, (town, row) in enumerate(zip(towns[order].tolist(), rows, strict=True)):
        yield Sighting(index=index, town=TOWNS[town], **dict(zip(columns, row, strict=True)))


def _draw_observers(rng: np.random.Generator, people: People, taxa: NDArray[np.int64]) -> NDArray[np.int64]:
    """Somebody who lives where the taxon does, the active ones more often."""
    tree = load_tree()
    homes = people.region
    observers = np.empty(len(taxa), dtype=np.int64)
    for taxon_id in dict.fromkeys(taxa.tolist()):
        rows = np.flatnonzero(taxa == taxon_id)
        regions = list(tree[taxon_id].regions or "".join(REGION_SHARES))
        weights = np.where(np.isin(homes, regions), people.observing, 0.0)
        observers[rows] = rng.choice(len(people), size=len(rows), p=weights / weights.sum())
    return observers


def _draw_times(
    rng: np.random.Generator, groups: NDArray[np.int64], towns: NDArray[np.int64], end: date
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """When each was seen, in its season, and when it was put on iNaturalist: before ``end``, seconds."""
    size = len(groups)
    end_at = int(datetime(end.year, end.month, end.day, tzinfo=UTC).timestamp())
    southern = np.array([town.is_southern for town in TOWNS])[towns]
    peak = np.array([group.peak_day for group in GROUPS])[groups] + np.where(southern, 182, 0)
    spread = np.array([group.spread_days for group in GROUPS])[groups]
    day_of_year = np.rint(rng.normal(peak, spread)).astype(np.int64)
    days_ago = (end.timetuple().tm_yday - day_of_year - 1) % 365 + 1
    days_ago += 365 * rng.choice(len(_YEAR_SHARES), size=size, p=_YEAR_SHARES)
    at_night = groups == GROUP_INDEX[_NIGHT_GROUP]
    hour = np.clip(rng.normal(np.where(at_night, 21.5, 13.0), np.where(at_night, 1.2, 3.0)), 4.0, 23.9)
    offset = np.array([town.utc_offset for town in TOWNS])[towns]
    observed_at = end_at - days_ago * DAY + ((hour - offset) * 3600).astype(np.int64)
    observed_at = np.minimum(observed_at, end_at - 3600)
    return observed_at, _draw_uploads(rng, observed_at, end_at)


def _draw_uploads(rng: np.random.Generator, observed_at: NDArray[np.int64], end_at: int) -> NDArray[np.int64]:
    """Most are uploaded the same day, some days later, some from an old folder."""
    size = len(observed_at)
    kind = rng.choice(3, size=size, p=(0.6, 0.3, 0.1))
    lag = rng.exponential(np.array([0.25, 4.0, 120.0])[kind] * DAY).astype(np.int64) + 60
    too_late = observed_at + lag >= end_at
    lag[too_late] = rng.integers(60, 1800, int(too_late.sum()))
    return observed_at + lag


def _draw_points(
    rng: np.random.Generator, towns: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points scattered around the towns, degrees."""
    centre = np.array([(town.latitude, town.longitude) for town in TOWNS])[towns]
    points = np.round(centre + rng.normal(0.0, SCATTER_DEGREES, centre.shape), 6)
    return points[:, 0], points[:, 1]


def _draw_photos(rng: np.random.Generator, groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Numbers of photos: at least one but for a few observations, at most six."""
    mean = np.array([group.photos for group in GROUPS])[groups]
    photos = np.minimum(rng.geometric(1 / mean), _MAX_PHOTOS)
    photos[rng.random(len(groups)) < _SHARE_WITHOUT_PHOTO] = 0
    return photos


def _draw_visits(rng: np.random.Generator, groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Numbers of people who come by, more where a group has attention."""
    attention = np.array([group.attention for group in GROUPS])[groups]
    mean = _MEAN_VISITS * (_LEAST_ATTENTION + (1 - _LEAST_ATTENTION) * attention)
    return rng.poisson(rng.gamma(_VISITS_SHAPE, mean / _VISITS_SHAPE))


def obscure(latitude: float, longitude: float, uniforms: tuple[float, float]) -> tuple[float, float]:
    """A random point of the cell that the point lies in: all that iNaturalist shows of an obscured place."""
    cell = OBSCURED_CELL_DEGREES
    return (
        round((latitude // cell + uniforms[0]) * cell, 6),
        round((longitude // cell + uniforms[1]) * cell, 6),
    )
