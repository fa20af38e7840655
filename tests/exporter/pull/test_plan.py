"""The plan of a day's requests is computed, shown, and kept to."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

import pytest

from exporter.__main__ import main
from exporter.errors import DataError
from exporter.pull import plan as plan_module
from exporter.pull import walk
from exporter.pull.counts import CladeTree
from exporter.pull.plan import Cycle, Step, watch_list
from exporter.pull.puller import Puller
from exporter.pull.store import CountJob, Store
from tests.exporter.pull.kill import PER_PAGE
from tests.exporter.pull.test_puller import LIFE, Make
from tests.standin.server import StandIn

CLADES = [3, 47126, 47158]


@pytest.fixture
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "PER_PAGE", PER_PAGE)


def needed(cycle: Cycle, budget: int = 9_500) -> dict[str, int]:
    return {step.name: step.needed for step in cycle.plan(budget).steps}


def test_everything_is_needed_once_and_then_nothing_but_changes(make_puller: Make, standin: StandIn) -> None:
    puller = make_puller()
    cycle = Cycle(puller, CLADES)
    # Three taxa of 200 observations each, as long as nobody counted them; two measures; one group of three.
    assert needed(cycle) == {"changes": 0, "new": 3, "counts": 2, "model": 1, "re-counts": 0}
    cycle.run(cycle.plan(9_500))
    assert set(puller.store.pulled()) == set(CLADES)
    assert needed(Cycle(puller, CLADES)) == {
        "changes": 1,
        "new": 0,
        "counts": 0,
        "model": 0,
        "re-counts": 0,
    }


@pytest.mark.usefixtures("_small_pages")
def test_the_budget_is_given_in_order_and_never_exceeded(make_puller: Make, standin: StandIn) -> None:
    puller = make_puller()
    plan = Cycle(puller, CLADES).plan(4)
    assert plan.steps == [
        Step("changes", 0, 0),
        Step("counts", 2, 2),
        Step("model", 1, 1),
        Step("re-counts", 0, 0),
        Step("new", 3, 1),
    ]
    assert not plan.fits
    Cycle(puller, CLADES).run(plan)
    assert len(standin.log) == 4
    recorded = [event.messages for event in puller.store.events()]
    assert [{"code": "step_spent", "step": "new", "requests": 1}] in recorded


@pytest.mark.usefixtures("_small_pages")
def test_what_did_not_fit_goes_on_another_day(make_puller: Make, standin: StandIn) -> None:
    puller = make_puller()
    days = 0
    while needed(Cycle(puller, [LIFE]))["new"]:
        cycle = Cycle(puller, [LIFE])
        # Two measures and the model on the first day; two pages a day.
        cycle.run(cycle.plan(5 if days == 0 else 2))
        days += 1
    ids = standin.world.ids(frozenset([LIFE]))
    requested = [each.parameters["id_above"] for each in standin.log if each.path == "/v1/observations"]
    assert requested == ["0", *(str(number) for number in ids[PER_PAGE - 1 : -1 : PER_PAGE])]
    assert days > 1


def test_all_of_inaturalist_and_a_long_watch_list_fit_into_a_day(
    make_puller: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """500,000 species in 2,500 families; 5,000 watched taxa of 200 observations, all pulled long ago."""
    tree = CladeTree()
    tree.children[LIFE] = list(range(1, 2_501))
    tree.leaves.update(dict.fromkeys(tree.children[LIFE], 200) | {LIFE: 500_000})
    monkeypatch.setattr(CladeTree, "of", lambda lake: tree)
    puller = make_puller()
    watched = range(10_000, 15_000)
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    store = Store(tmp_path / "store", clock=long_ago.timestamp)
    store.finish(store.start_walk(watched, None), long_ago)
    puller.store = store
    plan = Cycle(puller, watched).plan(9_500)
    assert {step.name: step.needed for step in plan.steps} == {
        # 50 walks of 100 taxa; of 20,000 observations 200 change: a page.
        "changes": 50,
        # 63 groups of 40 families; 16 pages each but the last, which has 20: 8; by two measures.
        "counts": 2 * (62 * 16 + 8),
        "model": 167,
        # A seventh of the taxa, two requests each.
        "re-counts": 715 * 2,
        "new": 0,
    }
    assert plan.fits
    assert plan.needed == 3_647


def test_a_watch_list_is_one_id_a_line() -> None:
    assert watch_list(["3  # birds", "", "# plants", "47126"], "list") == [3, 47126]
    with pytest.raises(DataError, match="list, line 2: 'Aves' is no taxon id; write one id a line"):
        watch_list(["3", "Aves"], "list")


@pytest.mark.usefixtures("_unhurried")
def test_the_plan_is_shown(
    standin: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LEAFLINE_DATA", str(tmp_path))
    watched = tmp_path / "watched"
    watched.write_text("3\n")
    assert main(["pull", "--watch", str(watched), "--plan", "--api-url", standin.url]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "step,needed,given,purpose",
        "changes,0,0,what changed in watched taxa",
        "counts,2,2,counts of all taxa",
        "model,1,1,which watched taxa the model knows",
        "re-counts,0,0,deleted or moved observations",
        "new,1,1,watched taxa not pulled yet",
        "total,4,4,of 9500 left",
    ]
    assert standin.log == []
    assert main(["pull", "--watch", str(watched), "--api-url", standin.url]) == 0
    assert capsys.readouterr().out.startswith("4 requests\n")
    assert main(["pull", "--taxon", "3", "--plan"]) == 1


#: The time of the plans below.
TODAY = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY_S = 86_400.0


class Standing(datetime):
    """A clock that stands still."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return TODAY


class Clock:
    """The clock of what is stored: so many seconds before `TODAY`."""

    ago_s = 0.0

    def __call__(self) -> float:
        return TODAY.timestamp() - self.ago_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def remembered(make_puller: Make, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Puller:
    """A puller of an empty lake, whose store is written by ``clock``; for plans it is `TODAY`."""
    monkeypatch.setattr(plan_module, "datetime", Standing)
    monkeypatch.setattr(plan_module, "time", TODAY.timestamp)
    puller = make_puller()
    puller.store = Store(tmp_path / "store", clock)
    return puller


def pulled(puller: Puller, taxon_ids: Iterable[int], until: datetime) -> None:
    """Let taxa have been pulled whole up to a time."""
    puller.store.finish(puller.store.start_walk(taxon_ids, None), until)


@pytest.mark.parametrize(
    ("ago", "pause", "pages"),
    [
        # Without a pause, whatever lies before this moment; with one, what lies before the pause.
        (timedelta(0), timedelta(0), 0),
        (timedelta(seconds=1), timedelta(0), 1),
        (timedelta(hours=1), timedelta(hours=1), 0),
        (timedelta(hours=1, seconds=1), timedelta(hours=1), 1),
    ],
)
def test_what_was_brought_up_to_date_within_the_pause_is_left_alone(
    remembered: Puller, ago: timedelta, pause: timedelta, pages: int
) -> None:
    pulled(remembered, [3], TODAY - ago)
    assert needed(Cycle(remembered, [3], pause=pause))["changes"] == pages


@pytest.mark.parametrize(
    ("counts", "new", "changes"),
    [
        # 200 each, or 2 changed, as long as nobody counted them: a page.
        ({}, 2, 1),
        # None at all is a request too, for only the answer tells.
        ({3: 0, 4: 0}, 1, 1),
        # Pages of 200: 201 + 200 observations fill three.
        ({3: 201}, 3, 1),
        # One in a hundred changes: of 20,000 a page, of 20,001 two.
        ({3: 20_000, 4: 0}, 100, 1),
        ({3: 20_000, 4: 1}, 101, 2),
    ],
)
def test_pages_are_those_that_the_counted_observations_fill(
    remembered: Puller, counts: dict[int, int], new: int, changes: int
) -> None:
    remembered.store.put_counts(CountJob((LIFE,), "observations"), counts, is_done=True)
    assert needed(Cycle(remembered, [3, 4, 4, 3]))["new"] == new
    pulled(remembered, [3, 4], TODAY - timedelta(days=1))
    assert needed(Cycle(remembered, [3, 4]))["changes"] == changes


def test_a_hundred_taxa_share_a_walk(remembered: Puller) -> None:
    remembered.store.put_counts(
        CountJob((LIFE,), "observations"), dict.fromkeys(range(1, 102), 0), is_done=True
    )
    assert needed(Cycle(remembered, range(1, 101)))["new"] == 1
    assert needed(Cycle(remembered, range(1, 102)))["new"] == 2


@pytest.mark.parametrize(("days", "requests"), [(7.0, 0), (7.00002, 1)])
def test_the_model_is_asked_again_after_a_week(
    remembered: Puller, clock: Clock, days: float, requests: int
) -> None:
    clock.ago_s = days * DAY_S
    remembered.store.put_model({3: True, 4: False})
    assert needed(Cycle(remembered, [3, 4]))["model"] == requests


def test_thirty_taxa_share_a_request_about_the_model(remembered: Puller) -> None:
    remembered.store.put_model({1: True})
    assert needed(Cycle(remembered, range(1, 32)))["model"] == 1
    assert needed(Cycle(remembered, range(1, 33)))["model"] == 2


def test_those_not_recounted_for_a_week_are_a_seventh_a_day(remembered: Puller, clock: Clock) -> None:
    """Eight taxa: two a day, two requests each, if they are due."""
    clock.ago_s = 7 * DAY_S + 1
    pulled(remembered, range(1, 9), TODAY)
    cycle = Cycle(remembered, [])
    assert needed(cycle)["re-counts"] == 4
    clock.ago_s = 7 * DAY_S
    for taxon_id in range(1, 8):
        remembered.store.recounted(taxon_id)
    assert needed(cycle)["re-counts"] == 2
    remembered.store.recounted(8)
    assert needed(cycle)["re-counts"] == 0


@pytest.mark.parametrize(("ago_s", "requests"), [(DAY_S - 1, 0), (DAY_S, 2)])
def test_all_taxa_are_counted_once_a_day(remembered: Puller, ago_s: float, requests: int) -> None:
    remembered.store.put_fact("counts finished", str(TODAY.timestamp() - ago_s))
    assert needed(Cycle(remembered, []))["counts"] == requests


def test_counts_under_way_need_the_pages_that_are_left(
    remembered: Puller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 1,200 taxa three pages of 500 are listed: the third is left, and all three by the other measure."""
    tree = CladeTree()
    tree.leaves.update({LIFE: 1_200})
    monkeypatch.setattr(CladeTree, "of", lambda lake: tree)
    store = remembered.store
    store.put_fact("counts finished", str(TODAY.timestamp()))
    store.add_count_jobs([CountJob((LIFE,), "observations"), CountJob((LIFE,), "research")])
    for page in (1, 2):
        store.put_counts(CountJob((LIFE,), "observations", page), {}, is_done=False)
    assert needed(Cycle(remembered, []))["counts"] == 4
    for page in (3, 4):
        store.put_counts(CountJob((LIFE,), "observations", page), {}, is_done=False)
    # More came than was planned for: a request at least.
    assert needed(Cycle(remembered, []))["counts"] == 4


@pytest.mark.parametrize(("budget", "fits"), [(0, False), (1, False), (3, False), (4, True), (5, True)])
def test_a_plan_fits_if_everything_does(remembered: Puller, budget: int, fits: bool) -> None:
    plan = Cycle(remembered, [3]).plan(budget)
    assert (plan.needed, plan.fits) == (4, fits)
    assert sum(step.given for step in plan.steps) == min(budget, 4)
