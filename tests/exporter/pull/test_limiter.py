"""The budget: hand-worked windows by a clock of the test's own, and several processes at once."""

import multiprocessing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.pull.client import Client
from exporter.pull.limiter import DAY, LIMITS, BudgetSpentError, Limiter, Window
from tests.standin.server import StandIn
from tests.standin.world import World


class Clock:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def limiter(path: Path, clock: Clock, *windows: Window, longest_wait_s: float = 300) -> Limiter:
    limits = {"requests": windows} if windows else LIMITS
    return Limiter(
        path / "budget", limits=limits, longest_wait_s=longest_wait_s, clock=clock, sleep=clock.sleep
    )


def spend(budget: Limiter, clock: Clock, times: int) -> list[float]:
    """When each of so many requests was let through, from now."""
    start, at = clock.now, []
    for _ in range(times):
        budget.spend("requests")
        at.append(round(clock.now - start, 3))
    return at


def test_the_next_request_waits_until_the_first_has_left_the_window(tmp_path: Path, clock: Clock) -> None:
    budget = limiter(tmp_path, clock, Window(3, 60))
    assert spend(budget, clock, 4) == [0, 0, 0, 60]
    clock.now += 20
    assert spend(budget, clock, 3) == [0, 0, 40]


def test_the_margin_is_waited_besides(tmp_path: Path, clock: Clock) -> None:
    assert spend(limiter(tmp_path, clock, Window(1, 60, margin=0.5)), clock, 3) == [0, 60.5, 121]


def test_every_window_must_have_room(tmp_path: Path, clock: Clock) -> None:
    budget = limiter(tmp_path, clock, Window(2, 10), Window(3, 100))
    assert spend(budget, clock, 5) == [0, 0, 10, 100, 100]


def test_amounts_are_added_up(tmp_path: Path, clock: Clock) -> None:
    budget = limiter(tmp_path, clock, Window(100, 60))
    for amount, at in ((70, 0), (30, 0), (50, 60), (50, 60), (1, 120)):
        budget.spend("requests", amount)
        assert clock.now - 1_000_000 == pytest.approx(at, abs=0.001)
    with pytest.raises(ValueError, match="more than any wait allows"):
        budget.spend("requests", 101)


def test_a_restart_forgets_nothing(tmp_path: Path, clock: Clock) -> None:
    spend(limiter(tmp_path, clock, Window(2, 60)), clock, 2)
    assert spend(limiter(tmp_path, clock, Window(2, 60)), clock, 1) == [60]


def test_too_long_a_wait_is_told_in_one_line(tmp_path: Path, clock: Clock) -> None:
    budget = limiter(tmp_path, clock, Window(1, DAY))
    budget.spend("requests")
    with pytest.raises(BudgetSpentError, match="spent until 1970-01-13 13:46 UTC; run the same again then"):
        budget.spend("requests")


def test_being_asked_to_wait_holds_for_everybody(tmp_path: Path, clock: Clock) -> None:
    one, other = (limiter(tmp_path, clock, Window(9, 60)) for _ in range(2))
    one.hold("requests", 7)
    one.hold("requests", 2)
    assert other.held_until("requests") == clock.now + 7
    assert spend(other, clock, 2) == [7, 7]
    assert other.held_until("requests") is None


def test_a_clock_put_back_neither_blocks_nor_frees(tmp_path: Path, clock: Clock) -> None:
    budget = limiter(tmp_path, clock, Window(2, 60))
    spend(budget, clock, 2)
    clock.now -= 5_000
    assert spend(budget, clock, 1) == [60]


def test_what_was_spent_and_what_is_left(tmp_path: Path, clock: Clock) -> None:
    budget = limiter(tmp_path, clock)
    spend(budget, clock, 60)
    # One a second until the 55th; the 56th when the first left, 61 seconds after it, and so on.
    assert clock.now - 1_000_000 == pytest.approx(65, abs=0.01)
    assert budget.spent("requests") == {1.0: 1, 60.0: 54, DAY: 60}
    assert (budget.left("requests"), budget.left("media")) == (9_440, 24 * 10**9)


@settings(max_examples=30)
@given(
    pauses=st.lists(st.floats(0, 40), min_size=1, max_size=40),
    amount=st.integers(1, 6),
    margin=st.sampled_from([0.0, 0.5]),
)
def test_no_window_ever_holds_more(
    tmp_path_factory: pytest.TempPathFactory, pauses: list[float], amount: int, margin: float
) -> None:
    clock = Clock()
    budget = limiter(
        tmp_path_factory.mktemp("budget"), clock, Window(amount, 30, margin), Window(2 * amount, 100)
    )
    at = []
    for pause in pauses:
        clock.now += pause
        budget.spend("requests")
        at.append(clock.now)
    for seconds, most in ((30 + margin, amount), (100, 2 * amount)):
        assert all(sum(start <= each < start + seconds for each in at) <= most for start in at)


#: A minute in six seconds, with as much room for what is late as a busy machine needs.
WINDOW = Window(30, 6.0, margin=1.0)
REQUESTS = 12


def _ask_often(path: Path, url: str) -> None:
    client = Client(Limiter(path, limits={"requests": (WINDOW,)}), url=url)
    for _ in range(REQUESTS):
        client.get("observations", per_page=0)


def test_four_processes_never_exceed_the_budget_of_one(tmp_path: Path, records: list[dict]) -> None:
    spawn = multiprocessing.get_context("spawn")
    with StandIn(World(records), requests=WINDOW.amount, window_s=WINDOW.seconds) as standin:
        processes = [
            spawn.Process(target=_ask_often, args=(tmp_path / "budget", standin.url)) for _ in range(4)
        ]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    at = sorted(each.at for each in standin.log)
    most = max(sum(start <= each < start + WINDOW.seconds for each in at) for start in at)
    # Every request was let through at once by a server that has the same limit.
    assert (len(at), {each.status for each in standin.log}, most) == (4 * REQUESTS, {200}, WINDOW.amount)
