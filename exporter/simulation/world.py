"""Draws a simulated world and writes it down."""

import gzip
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from exporter.durable import make_folder, new_folder
from exporter.errors import DataError
from exporter.simulation.histories import Community, History
from exporter.simulation.names import write_names
from exporter.simulation.opinions import Opinions
from exporter.simulation.people import People, draw_people
from exporter.simulation.push import Push
from exporter.simulation.records import FIRST_ID, Recorder, Verdicts, reach_verdicts
from exporter.simulation.sightings import (
    DEFAULT_OBSERVATIONS,
    Sighting,
    draw_sightings,
    known_taxa,
    true_numbers,
)
from exporter.simulation.tree import load_tree

OBSERVATIONS_PER_FILE = 4_000

_COMPRESSION = 4
_TRUTH = pa.schema([("observation_id", pa.int64()), ("true_taxon_id", pa.int64()), ("mistake", pa.string())])


@dataclass(frozen=True)
class WorldSummary:
    """What was written, in numbers. ``wrong`` counts observations whose label is not their true taxon's."""

    folder: Path
    files: int
    observations: int
    photos: int
    identifications: int
    people: int
    true_taxa: int
    research_grade: int
    wrong: int


def simulate(
    out: Path,
    *,
    seed: int,
    observations: int = DEFAULT_OBSERVATIONS,
    end: date | None = None,
    difficulty: float = 1.0,
    push: int = 0,
) -> WorldSummary:
    """Write a world to the new folder ``out``: the same bytes for the same arguments.

    ``out/observations/*.ndjson.gz`` holds API v1 observations, one a line; ``out/names`` some taxa's names in
    Spanish; ``out/truth/truth.parquet`` what the observations truly show, which no method may read. With
    ``push`` there is also ``out/truth/push.parquet``: the taxa that were pushed over the line.

    Args:
        seed: decides every draw.
        observations: how many, over the four years before ``end``.
        end: the day on which the world stops, not included; today (UTC) if None.
        difficulty: scales confusion and collapse; 0 is a world without either.
        push: how many taxa a few people push over the line in the last days (`exporter.simulation.push`).

    Raises:
        DataError: ``out`` exists already, a number makes no sense, or too few
            taxa are near enough to push.
    """
    if observations < 1 or min(difficulty, seed, push) < 0:
        raise DataError(
            "Cannot simulate: give 1 observation or more, and no seed, difficulty or push below 0."
        )
    make_folder(out.absolute().parent)
    with new_folder(out) as unfinished:
        for part in ("observations", "names", "truth"):
            (unfinished / part).mkdir()
        write_names(unfinished / "names")
        world = _World(seed, observations, end or datetime.now(UTC).date(), difficulty, push)
        world.write(unfinished)
    return world.summary(out)


def beginnings(seed: int, observations: int) -> tuple[People, dict[int, int]]:
    """Return the people of a world, and how many observations truly show each taxon."""
    for_people, for_numbers, *_ = _generators(seed)
    return draw_people(for_people, observations), true_numbers(for_numbers, observations)


def _generators(seed: int) -> list[np.random.Generator]:
    """For people, numbers, sightings, histories, records and a push."""
    return np.random.default_rng(seed).spawn(6)


class _World:
    """One world while it is being written: a pass over its sightings, a file at a time."""

    def __init__(self, seed: int, observations: int, end: date, difficulty: float, push: int) -> None:
        end_at = int(datetime(end.year, end.month, end.day, tzinfo=UTC).timestamp())
        _, _, for_sightings, for_histories, for_records, for_push = _generators(seed)
        self._people, self._numbers = beginnings(seed, observations)
        self._sightings = draw_sightings(for_sightings, self._people, self._numbers, end)
        self._opinions = Opinions(difficulty, known_taxa(self._numbers))
        self._community = Community(self._people, self._opinions, for_histories, end_at)
        self._push = Push(self._people, for_push, end_at, push)
        self._recorder = Recorder(self._people, for_records, observations, end_at)
        self._truth: list[tuple[int, int, str]] = []
        self._files = self._photos = self._identifications = self._research_grade = 0

    def write(self, folder: Path) -> None:
        """Write the observations, a few thousand to a file, and the truth."""
        cases = self._push.apply(
            (sighting, self._community.identify(sighting)) for sighting in self._sightings
        )
        while batch := list(islice(cases, OBSERVATIONS_PER_FILE)):
            self._files += 1
            path = folder / "observations" / f"observations-{self._files:04d}.ndjson.gz"
            _write_lines(path, self._lines(batch))
        ids, taxa, mistakes = zip(*self._truth, strict=True)
        pq.write_table(pa.table([ids, taxa, mistakes], schema=_TRUTH), folder / "truth" / "truth.parquet")
        if self._push.number:
            pushed = pa.table({"taxon_id": pa.array(self._push.pushed, pa.int64())})
            pq.write_table(pushed, folder / "truth" / "push.parquet")

    def _lines(self, cases: Iterable[tuple[Sighting, History]]) -> Iterator[bytes]:
        for sighting, history in cases:
            verdicts = reach_verdicts(sighting, history)
            self._count(sighting, history, verdicts)
            yield orjson.dumps(
                self._recorder.record(sighting, history, verdicts), option=orjson.OPT_APPEND_NEWLINE
            )

    def _count(self, sighting: Sighting, history: History, verdicts: Verdicts) -> None:
        mistake = _mistake(sighting, history, self._opinions)
        self._truth.append((FIRST_ID + sighting.index, sighting.true_taxon_id, mistake))
        self._photos += sighting.photos
        self._identifications += len(history.identifications)
        self._research_grade += verdicts.quality_grade == "research"

    def summary(self, out: Path) -> WorldSummary:
        """What was written, in numbers."""
        return WorldSummary(
            folder=out,
            files=self._files,
            observations=len(self._truth),
            photos=self._photos,
            identifications=self._identifications,
            people=len(self._people),
            true_taxa=sum(number > 0 for number in self._numbers.values()),
            research_grade=self._research_grade,
            wrong=sum(mistake != "none" for _, _, mistake in self._truth),
        )


def _mistake(sighting: Sighting, history: History, opinions: Opinions) -> str:
    """How the observation came by a wrong label: collapse, suggestion or lookalike; none if it is right."""
    tree = load_tree()
    true, label = tree[sighting.true_taxon_id], history.consensus.taxon_id
    is_finer = label is not None and true.rank == "species" and true.taxon_id in tree[label].line
    if label is None or label in true.line or is_finer:
        return "none"
    first = next(made for made in history.identifications if label in tree[made.taxon_id].line)
    if not first.is_vision:
        return "lookalike"
    return "collapse" if opinions.collapses(true.taxon_id, label) else "suggestion"


def _write_lines(path: Path, lines: Iterable[bytes]) -> None:
    """Write a .gz file without its time and name in it: the same lines give the same bytes."""
    with (
        path.open("wb") as file,
        gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=_COMPRESSION, mtime=0) as packed,
    ):
        packed.writelines(lines)
