"""Pulling from iNaturalist, a part of a day's requests at a time: tasks end before their broker asks."""

import logging
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings

from exporter.lake import Lake
from exporter.pull.client import Client
from exporter.pull.limiter import Limiter
from exporter.pull.plan import Cycle, Plan
from exporter.pull.puller import Puller, store_of
from exporter.pull.store import Store
from portal.failures import died_in_words, in_words
from portal.lake.locks import pull_lock
from portal.sync import queries, services
from portal.sync.models import Pull

logger = logging.getLogger(__name__)

#: Requests of one run: at 55 a minute it takes a quarter of an hour.
REQUESTS_A_RUN = 800
#: RabbitMQ takes a task back that is not confirmed within half an hour.
SOFT_TIME_LIMIT_S = 1_500
#: How often a pull is begun whose worker dies each time.
MOST_ATTEMPTS = 3
#: What was brought up to date less than this ago is left alone.
PAUSE = timedelta(hours=6)


def budget() -> Limiter:
    """This machine's budget."""
    return Limiter(settings.DATA_DIR / "budget.sqlite3")


def memory() -> Store:
    """What is remembered between pulls into the portal's lake."""
    return store_of(Lake(settings.LAKE_DIR))


def plan() -> Plan:
    """What there is to do, in requests, and what today's budget leaves for it."""
    limiter = budget()
    return _cycle(limiter, memory()).plan(limiter.left("requests"))


def pull() -> Pull | None:
    """Go on with the upkeep of the lake; None where pulling is off or under way already.

    What stops it is recorded in words, and the next run goes on from there.
    """
    if not settings.PULL:
        return None
    with pull_lock() as is_ours:
        if not is_ours:
            return None
        services.end_abandoned_pulls()
        return _run(budget())


def resume() -> Pull | None:
    """Go on where a worker that died left a pull; None if there is nothing, or somebody is at it.

    Whoever holds the lock lives, so nobody waits for a broker to notice. After `MOST_ATTEMPTS` it fails, and
    the schedule begins another.
    """
    with pull_lock() as is_ours:
        left = queries.interrupted_pull() if is_ours else None
        if left is None:
            return None
        if left.attempts >= MOST_ATTEMPTS:
            services.end_abandoned_pulls(died_in_words(left.attempts))
            return None
        services.end_abandoned_pulls()
        return _run(budget(), left.attempts + 1) if settings.PULL else None


def _run(limiter: Limiter, attempts: int = 1) -> Pull:
    current = services.begin_pull(attempts)
    store = memory()
    cycle = _cycle(limiter, store)
    try:
        steps = cycle.plan(min(limiter.left("requests"), REQUESTS_A_RUN))
        services.record_plan(current, [vars(step) for step in steps.steps])
        cycle.run(steps)
    except BaseException as error:
        _finish(current, cycle, Pull.State.FAILED, in_words(error))
        store.tell("A pull stopped before it was done.")
        raise
    _finish(current, cycle, Pull.State.DONE, "")
    return current


def _cycle(limiter: Limiter, store: Store) -> Cycle:
    client = Client(limiter, url=settings.API_URL, contact=settings.CONTACT, tell=_teller(store))
    return Cycle(Puller(Lake(settings.LAKE_DIR), client, store), queries.watch_list(), pause=PAUSE)


def _teller(store: Store) -> Callable[[str], None]:
    def tell(words: str) -> None:
        logger.warning(words)
        store.tell(words)

    return tell


def _finish(current: Pull, cycle: Cycle, state: str, error: str) -> None:
    changes = cycle.puller.report.tables["observations"]
    observations = changes.new + changes.changed
    services.finish_pull(current, state, error, cycle.puller.client.requests, observations)
