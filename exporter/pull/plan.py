"""A day's requests: what each step needs, what it is given, and the steps taken with that.

Steps stand in the order in which they are served. What does not fit today goes on tomorrow, from where it
stopped: every step keeps its place.
"""

from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from time import time

import pyarrow as pa

from exporter.errors import DataError
from exporter.messages import Message, english, message
from exporter.pull import counts, upkeep
from exporter.pull.client import AllowanceSpentError, RefusedError
from exporter.pull.puller import TAXA_A_WALK, Puller
from exporter.pull.regions import Region
from exporter.pull.store import Store
from exporter.pull.walk import PER_PAGE
from exporter.sources.values import identifier

#: Share of a taxon's observations that change in a day. A guess to plan with; what comes is what counts.
CHANGED_A_DAY = 0.01
#: Observations that a taxon is taken to have while nobody has counted them.
_UNCOUNTED = 200
#: The step that pulls what people requested.
LOADS = "loads"
_DAY_S = 86_400.0
_MODEL_DAYS = 7
_RECOUNT_DAYS = 7
_COUNTED_AT = "counts finished"
#: Characters of a bad line that an error shows.
_SHOWN = 60


@dataclass(frozen=True)
class Step:
    """One step of a plan, in requests."""

    name: str
    needed: int
    given: int

    @property
    def purpose(self) -> str:
        """What it is for, in English."""
        return english([message(f"step_{self.name}")])


@dataclass(frozen=True)
class Plan:
    """A day's steps, in order."""

    budget: int
    steps: list[Step]

    @property
    def needed(self) -> int:
        """Requests for everything."""
        return sum(step.needed for step in self.steps)

    @property
    def fits(self) -> bool:
        """Whether everything can be done with the budget."""
        return self.needed <= self.budget

    def table(self) -> pa.Table:
        """As rows to print."""
        names = ("name", "needed", "given", "purpose")
        rows = [tuple(getattr(step, name) for name in names) for step in self.steps]
        rows.append(("total", self.needed, sum(step.given for step in self.steps), f"of {self.budget} left"))
        columns = zip(*rows, strict=True)
        return pa.table(dict(zip(("step", *names[1:]), map(list, columns), strict=True)))


class Cycle:
    """The upkeep of a lake for a watch list: taxa near the line, in hotspots, in blitzes, subscribed to."""

    def __init__(
        self,
        puller: Puller,
        watched: Iterable[int],
        *,
        regions: Iterable[Region] = (),
        pause: timedelta = timedelta(0),
    ) -> None:
        """Regions are loaded in their order. With a pause, what is fresher than that is left alone."""
        self.puller = puller
        #: Why iNaturalist refused a region; it is skipped for the rest of this cycle.
        self.refused: dict[Region, list[Message]] = {}
        self._store: Store = puller.store
        self._regions = list(regions)
        everywhere = {region.taxon_id for region in self._regions if region.place_id is None}
        self._loading = everywhere.difference(self._store.pulled())
        self._watched = sorted({*watched, *everywhere})
        self._pause = pause
        self._tree = counts.CladeTree.of(puller.lake)

    def plan(self, budget: int, *, only: Container[str] | None = None) -> Plan:
        """What each step needs, and what it is given of so many requests; of the steps named, or of all."""
        left, steps = budget, []
        for name, (count_needed, _) in self._steps().items():
            needed = count_needed() if only is None or name in only else 0
            given = min(needed, left)
            steps.append(Step(name, needed, given))
            left -= given
        return Plan(budget, steps)

    def run(self, plan: Plan) -> None:
        """Take the steps that need requests, each with those that it was given."""
        actions = {name: act for name, (_, act) in self._steps().items()}
        for step in plan.steps:
            if not step.needed:
                continue
            try:
                with self.puller.client.allowance(step.given):
                    actions[step.name]()
            except AllowanceSpentError:
                self._store.note(message("step_spent", step=step.name, requests=step.given))

    def _steps(self) -> dict[str, tuple[Callable[[], int], Callable[[], None]]]:
        # First, for somebody waits for it.
        loads = {LOADS: (self._loads_needed, self._load)}
        return (loads if self._regions else {}) | {
            "changes": (self._changes_needed, self._pull_changes),
            "counts": (self._counts_needed, self._count),
            "model": (self._model_needed, self._ask_model),
            "re-counts": (self._recounts_needed, self._recount),
            # Last, for it may take days: what is known already stays fresh meanwhile.
            "new": (self._new_needed, self._pull_new),
        }

    def _unloaded(self) -> list[Region]:
        return [region for region in self._regions if region.since(self._store) is None]

    def _loads_needed(self) -> int:
        return sum(region.requests_left(self._store) for region in self._regions)

    def _load(self) -> None:
        for region in self._unloaded():
            self._pull_region(region)

    def _pull_region(self, region: Region) -> None:
        try:
            self.puller.pull_region(region)
        except RefusedError as error:
            self.refused[region] = error.messages

    def _old_regions(self) -> list[Region]:
        """Places whose changes are due. What was pulled from everywhere is a watched taxon like others."""
        before = datetime.now(UTC) - self._pause
        dated = [(region, region.since(self._store)) for region in self._regions if region.place_id]
        return [region for region, since in dated if since is not None and since < before]

    def _old(self) -> list[int]:
        pulled = self._store.pulled()
        before = datetime.now(UTC) - self._pause
        return [taxon_id for taxon_id in self._watched if taxon_id in pulled and pulled[taxon_id] < before]

    def _new(self) -> list[int]:
        pulled = self._store.pulled()
        known = self._loading.union(pulled)
        return [taxon_id for taxon_id in self._watched if taxon_id not in known]

    def _changes_needed(self) -> int:
        of_places = [region.observations * CHANGED_A_DAY / PER_PAGE for region in self._old_regions()]
        return self._pages(self._old(), CHANGED_A_DAY) + sum(max(ceil(pages), 1) for pages in of_places)

    def _pull_changes(self) -> None:
        self.puller.pull(self._old())
        for region in self._old_regions():
            self._pull_region(region)

    def _new_needed(self) -> int:
        return self._pages(self._new(), 1.0)

    def _pull_new(self) -> None:
        self.puller.pull(self._new())

    def _pages(self, taxon_ids: list[int], share: float) -> int:
        """Pages that this share of the taxa's observations fills, in walks of many taxa."""
        known = self._store.counts("observations")
        pages = 0
        for start in range(0, len(taxon_ids), TAXA_A_WALK):
            group = taxon_ids[start : start + TAXA_A_WALK]
            rows = sum(known.get(taxon_id, _UNCOUNTED) for taxon_id in group) * share
            pages += max(ceil(rows / PER_PAGE), 1)
        return pages

    def _counts_needed(self) -> int:
        jobs = self._store.count_jobs()
        if jobs:
            return sum(max(self._tree.requests(job.clades) - job.page + 1, 1) for job in jobs)
        if float(self._store.fact(_COUNTED_AT) or 0) > time() - _DAY_S:
            return 0
        return len(counts.MEASURES) * sum(self._tree.requests(group) for group in self._tree.groups())

    def _count(self) -> None:
        if self._counts_needed():
            counts.count_taxa(self.puller.client, self._store, self._tree)
            self._store.put_fact(_COUNTED_AT, str(time()))

    def _unasked(self) -> list[int]:
        recorded = self._store.model(time() - _MODEL_DAYS * _DAY_S)
        return [taxon_id for taxon_id in self._watched if taxon_id not in recorded]

    def _model_needed(self) -> int:
        return ceil(len(self._unasked()) / upkeep.TAXA_A_REQUEST)

    def _ask_model(self) -> None:
        upkeep.ask_model(self.puller.client, self._store, self._unasked())

    def _due(self) -> list[int]:
        """Taxa to re-count now, those that wait longest first."""
        since = time() - _RECOUNT_DAYS * _DAY_S
        waiting = [taxon_id for taxon_id, at in self._store.least_recounted() if at < since]
        return waiting[: ceil(len(self._store.pulled()) / _RECOUNT_DAYS)]

    def _recounts_needed(self) -> int:
        # One for the number, and as many again for what one re-count in five will have to look at.
        return ceil(len(self._due()) * 2)

    def _recount(self) -> None:
        for taxon_id in self._due():
            upkeep.recount(self.puller, taxon_id)


def watch_list(lines: Iterable[str], name: str) -> list[int]:
    """Taxon ids from a file of one a line; what follows a '#' is passed over. DataError for anything else."""
    result = []
    for number, line in enumerate(lines, start=1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        try:
            taxon_id = identifier(text)
        except ValueError:
            taxon_id = 0
        if taxon_id == 0:
            raise DataError(f"{name}, line {number}: {text[:_SHOWN]!r} is no taxon id; write one id a line")
        result.append(taxon_id)
    return result
