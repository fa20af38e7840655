"""The plan of a day's requests is computed, shown, and kept to."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from exporter.__main__ import main
from exporter.errors import DataError
from exporter.pull import walk
from exporter.pull.counts import CladeTree
from exporter.pull.plan import Cycle, Step, watch_list
from exporter.pull.store import Store
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
        Step("changes", "what changed in watched taxa", 0, 0),
        Step("counts", "counts of all taxa", 2, 2),
        Step("model", "which watched taxa the model knows", 1, 1),
        Step("re-counts", "deleted or moved observations", 0, 0),
        Step("new", "watched taxa not pulled yet", 3, 1),
    ]
    assert not plan.fits
    Cycle(puller, CLADES).run(plan)
    assert len(standin.log) == 4
    told = [event.words for event in puller.store.events()]
    assert "new: the 1 requests given to it are spent; it goes on next time." in told


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
    asked = [each.parameters["id_above"] for each in standin.log if each.path == "/v1/observations"]
    assert asked == ["0", *(str(number) for number in ids[PER_PAGE - 1 : -1 : PER_PAGE])]
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
