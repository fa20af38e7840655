"""One world under one scenario: cut with every settling window, with a sealed and with an open draw."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from exporter.criteria import Criteria
from exporter.guards.drift import Previous
from exporter.policy.arrivals import Arrivals, arrive
from exporter.policy.cutting import LAB_CRITERIA, Export, Watch, cut, truth_of
from exporter.policy.outcomes import EXPORT_INTERVAL_DAYS, measure
from exporter.policy.scenarios import Scenario
from exporter.policy.standing import Standing, stand
from exporter.policy.tables import open_tables
from exporter.policy.world import Case, World

WINDOWS = (0, 3, 7, 14, 28)
DRAWS = ("sealed", "open")
#: A fifth of `simulate`'s default world.
OBSERVATIONS = 4_800
#: The day of the simulated cutoffs: any would do, so it is always the same.
END = date(2026, 11, 1)


@dataclass(frozen=True)
class Size:
    """How large the worlds are, and by what rule they are exported."""

    observations: int = OBSERVATIONS
    criteria: Criteria = LAB_CRITERIA


class Lab:
    """All scenarios of one seed: what they share is worked out once."""

    def __init__(self, seed: int, size: Size | None = None) -> None:
        self.seed = seed
        self.size = size or Size()
        self.world = World(seed, self.size.observations, END)
        self._standings: dict[float, Standing] = {}
        self._references: dict[int, Export] = {}
        self._previous: dict[int, Previous] = {}

    @property
    def draw_seed(self) -> str:
        """The draw's seed, the same in all scenarios."""
        return f"leafline policy lab {self.seed:06d}"

    def rows(
        self,
        scenario: Scenario,
        windows: Sequence[int] = WINDOWS,
        draws: Sequence[str] = DRAWS,
        *,
        with_guards: bool = True,
    ) -> Iterator[dict[str, Any]]:
        """Cut the world of a scenario; gives a row for each draw and window: what it is, and `OUTCOMES`.

        Guards look at the world with the sealed draw, and compare with the export before. There is no row for
        an open draw at which nobody aims: it would be that of the sealed one.
        """
        self._cut_references(windows)
        for draw in draws:
            if draw == "open" and not scenario.aimed:
                continue  # nobody aims at the draw, so knowing it changes nothing
            arrivals, cases = self.live(scenario, is_open=draw == "open")
            truth = truth_of(cases)
            with open_tables(cases) as con:
                is_watched = with_guards and draw == "sealed"
                watch = Watch(self._exports_before(con, scenario, windows)) if is_watched else None
                for days in windows:
                    export = self._cut(con, days, watch)
                    outcomes = measure(export, self.reference(days), arrivals, truth)
                    key = {"scenario": scenario.name, "seed": self.seed, "draw": draw, "settle_days": days}
                    yield key | outcomes

    def live(self, scenario: Scenario, *, is_open: bool) -> tuple[Arrivals, list[Case]]:
        """Return who came by in a scenario, and what became of the world's observations."""
        if scenario.redraw:
            return Arrivals(), self.world.live({}, self.world.sightings, redraw=1)
        standing = self._stand(scenario.lead_days)
        open_seed = self.draw_seed if is_open else None
        arrivals = arrive(self.world, scenario, standing, self.size.criteria, open_seed)
        return arrivals, self.world.with_events(arrivals.events, arrivals.added)

    def reference(self, settle_days: int) -> Export:
        """The export of the world without an announcement."""
        self._cut_references([settle_days])
        return self._references[settle_days]

    def _cut_references(self, windows: Sequence[int]) -> None:
        missing = [days for days in windows if days not in self._references]
        if missing:
            with open_tables(self.world.cases) as con:
                for days in missing:
                    self._references[days] = self._cut(con, days)

    def _cut(self, con: duckdb.DuckDBPyConnection, days: int, watch: Watch | None = None) -> Export:
        return cut(con, self.world.cutoff, days, self.draw_seed, self.size.criteria, watch)

    def _exports_before(
        self, con: duckdb.DuckDBPyConnection, scenario: Scenario, windows: Sequence[int]
    ) -> dict[int, Previous]:
        """The exports before this one, by window: the world's own, unless the scenario had begun by then."""
        if scenario.redraw or scenario.lead_days > EXPORT_INTERVAL_DAYS:
            return {days: self._export_before(con, days) for days in windows}
        missing = [days for days in windows if days not in self._previous]
        if missing:
            with open_tables(self.world.cases) as quiet:
                self._previous |= {days: self._export_before(quiet, days) for days in missing}
        return self._previous

    def _export_before(self, con: duckdb.DuckDBPyConnection, days: int) -> Previous:
        at = self.world.announced_at(EXPORT_INTERVAL_DAYS)
        export = cut(con, at, days, self.draw_seed, self.size.criteria)
        return Previous(at, self.size.criteria, export.photos)

    def _stand(self, lead_days: float) -> Standing:
        if lead_days not in self._standings:
            self._standings[lead_days] = stand(self.world, self.size.criteria, lead_days)
        return self._standings[lead_days]
