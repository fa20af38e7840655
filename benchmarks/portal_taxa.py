"""Made-up taxa, as many as iNaturalist has, and their readiness: for the benchmarks of the portal.

A tree in which each taxon has six children, two-word names from syllables, English names for a fifth, and
Spanish ones for a tenth.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from benchmarks.portal_clades import SUMS, with_clades

CHILDREN = 6
LINE = 60
_BATCH = 100_000
#: By depth below the root; but whatever has no children is a species, and its parent a genus.
_RANKS = (
    ("stateofmatter", 100.0), ("kingdom", 70.0), ("phylum", 60.0), ("class", 50.0), ("order", 40.0),
    ("family", 30.0), ("tribe", 25.0), ("genus", 20.0), ("species", 10.0),
)  # fmt: skip
_SYLLABLES = np.array(
    ["sa", "la", "mo", "ri", "ta", "ne", "ko", "pu", "xy", "lo", "bra", "cri", "du", "fe", "gi", "ho"]
)
_WORDS = np.array(
    [
        "common",
        "red",
        "blue",
        "green",
        "black",
        "white",
        "spotted",
        "banded",
        "eastern",
        "western",
        "giant",
        "dwarf",
        "bee",
        "beetle",
        "fly",
        "moth",
        "butterfly",
        "oak",
        "lily",
        "fern",
        "moss",
        "lichen",
        "spider",
        "crab",
        "snail",
        "thrush",
        "warbler",
        "orchid",
        "grass",
    ]
)

_SPANISH_WORDS = np.array(
    ["abeja", "abejorro", "mosca", "mariposa", "polilla", "roble", "lirio", "helecho", "musgo", "cangrejo"]
)
_SPANISH_ENDS = np.array(
    ["común", "roja", "azul", "verde", "negra", "blanca", "gigante", "enana", "oriental"]
)


def taxa(count: int) -> Iterator[pa.RecordBatch]:
    """Taxa 1 to ``count`` with the columns of `portal.taxa.services.tree.TAXON_COLUMNS`."""
    from portal.taxa.services.tree import TAXON_COLUMNS

    rng = np.random.default_rng(1)
    parents, depths = _parents(count), _depths(count)
    ancestry = [""] * count
    for number in range(1, count):
        parent = parents[number]
        ancestry[number] = f"{ancestry[parent]}/{parent + 1}".lstrip("/")
    for start in range(0, count, _BATCH):
        size = min(_BATCH, count - start)
        numbers = np.arange(start, start + size)
        syllables = _SYLLABLES[rng.integers(len(_SYLLABLES), size=(size, 6))]
        words = _WORDS[rng.integers(len(_WORDS), size=(size, 3))]
        has_common_name = rng.random(size) < 0.2
        spanish = _SPANISH_WORDS[rng.integers(len(_SPANISH_WORDS), size=size)]
        ends = _SPANISH_ENDS[rng.integers(len(_SPANISH_ENDS), size=size)]
        ranks = [_RANKS[place] for place in _places(numbers, depths, count)]
        columns = {
            "id": numbers + 1,
            "parent_id": pa.array(parents[numbers] + 1, mask=numbers == 0),
            "ancestry": ancestry[start : start + size],
            "name": [f"{''.join(row[:3]).capitalize()} {''.join(row[3:])}" for row in syllables],
            "common_name": [
                " ".join(row) if has else "" for row, has in zip(words, has_common_name, strict=True)
            ],
            "common_name_es": [
                f"{word} {end}" if number % 10 == 0 else ""
                for number, word, end in zip(numbers, spanish, ends, strict=True)
            ],
            "rank": [name for name, _ in ranks],
            "rank_level": [level for _, level in ranks],
            "is_active": np.full(size, True),
            "is_extinct": np.full(size, False),
            "iconic_taxon_id": np.full(size, 1),
        }
        yield pa.RecordBatch.from_pydict({name: columns[name] for name in TAXON_COLUMNS})


def readiness(count: int, of: int, seed: int) -> pa.Table:
    """Readiness of about ``count`` of the taxa 1 to ``of``, log-normal in observations.

    As in life a taxon stands there with all its ancestors, and their observations are those below them.
    The columns are those of `portal.taxa.services.READINESS_COLUMNS`.
    """
    rng = np.random.default_rng(seed)
    is_there = _observed(count, of)
    numbers = np.flatnonzero(is_there)
    is_species = _is_childless(numbers, of)
    observations = np.zeros(of, np.int64)
    observations[numbers[is_species]] = np.ceil(rng.lognormal(3, 2, int(is_species.sum())))
    sizes = is_there.astype(np.int64)
    parents = _parents(of)
    for first, last in reversed(_levels(of)[1:]):
        np.add.at(observations, parents[first:last], observations[first:last])
        np.add.at(sizes, parents[first:last], sizes[first:last])
    counted, left = observations[numbers], _walk(sizes, is_there)[numbers]
    is_leaf = is_species & (counted >= LINE)
    below = rng.choice(["short", "rolled_up", "dropped"], len(numbers), p=[0.6, 0.3, 0.1])
    zeros = np.zeros(len(numbers), np.int64)
    result = pa.table(
        {
            "taxon_id": numbers + 1,
            "status": np.where(is_leaf, "leaf", np.where(is_species, below, "covered")),
            "leaf_taxon_id": pa.array(numbers + 1, mask=~is_leaf),
            "observations": counted,
            "community_confirmed": counted // 2,
            "photos": counted * 2,
            "short_observations": np.maximum(LINE - counted, 0),
            "short_confirmed": zeros,
            "short_photos": zeros,
            "margin": counted - LINE,
            "incomplete_observations": zeros,
            "is_partly_loaded": zeros > 0,
            "tree_left": left,
            "tree_right": left + sizes[numbers] - 1,
        }
    )
    return clades_again(result, of)


def clades_again(result: pa.Table, of: int) -> pa.Table:
    """Readiness of taxa 1 to ``of`` with what a refresh sums up of each clade, in place of what it has."""
    known = [name for name in ("rank", *SUMS) if name in result.column_names]
    ranks, levels = zip(*_RANKS, strict=True)
    places = _places(np.arange(of), _depths(of), of)
    return with_clades(
        result.drop_columns(known), _parents(of), np.array(ranks)[places], np.array(levels)[places]
    )


def take_over(refresh: "object", batches: "object", result: dict[str, pa.Table]) -> None:
    """Write taxa and readiness as a refresh does: unseen first, then shown, then tidied."""
    from django.db import transaction

    from portal.taxa import services

    services.write_unseen(refresh, batches, result)
    with transaction.atomic():
        services.show(refresh, result)
    services.settle()
    services.tidy()


def _places(numbers: np.ndarray, depths: np.ndarray, count: int) -> np.ndarray:
    """Which of the ranks each taxon has: species have no children, genera have species alone."""
    is_species = _is_childless(numbers, count)
    is_genus = ~is_species & _is_childless(numbers * CHILDREN + 1, count)
    return np.select([is_species, is_genus], [len(_RANKS) - 1, len(_RANKS) - 2], depths[numbers])


def _parents(count: int) -> np.ndarray:
    """By number, from 0: the number of each taxon's parent; the root is its own."""
    return np.maximum((np.arange(count) - 1) // CHILDREN, 0)


def _is_childless(numbers: np.ndarray, count: int) -> np.ndarray:
    return numbers * CHILDREN + 1 >= count


def _levels(count: int) -> list[tuple[int, int]]:
    """The first number at each depth, and the one after the last."""
    levels, first, width = [], 0, 1
    while first < count:
        levels.append((first, min(first + width, count)))
        first, width = first + width, width * CHILDREN
    return levels


def _depths(count: int) -> np.ndarray:
    return np.concatenate(
        [np.full(last - first, depth) for depth, (first, last) in enumerate(_levels(count))]
    )


def _observed(count: int, of: int) -> np.ndarray:
    """Which taxa have observations: random species, and all above them."""
    first = (of - 2) // CHILDREN + 1
    is_there = np.zeros(of, bool)
    species = np.random.default_rng(2).permutation(np.arange(first, of))
    is_there[species[: max(count - first, 1)]] = True
    parents = _parents(of)
    for start, end in reversed(_levels(of)[1:]):
        is_there[parents[start:end][is_there[start:end]]] = True
    return is_there


def _walk(sizes: np.ndarray, is_there: np.ndarray) -> np.ndarray:
    """Each taxon's number, from 1, in a walk through those that are there, children after their parent."""
    left = np.ones(len(sizes), np.int64)
    parents = _parents(len(sizes))
    for first, last in _levels(len(sizes))[1:]:
        before = np.concatenate([[0], np.cumsum(sizes[first:last])[:-1]])
        of_parent = parents[first:last]
        starts = before[np.searchsorted(of_parent, of_parent)]
        left[first:last] = left[of_parent] + is_there[of_parent] + before - starts
    return left
