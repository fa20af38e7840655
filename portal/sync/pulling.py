"""Pulling from iNaturalist, a part of a day's requests at a time: tasks end before their broker asks."""

from datetime import timedelta

from django.conf import settings

from exporter.lake import Lake
from exporter.messages import Message
from exporter.pull.limiter import Limiter
from exporter.pull.plan import LOADS, Cycle, Plan
from exporter.pull.puller import Puller
from exporter.pull.store import Store
from portal.failures import died, failure
from portal.lake.locks import pull_lock
from portal.lake.requests import budget, client, memory
from portal.loads.queries import are_waiting, regions
from portal.loads.services import record_progress
from portal.messages import message
from portal.sync import queries, services
from portal.sync.models import Pull

#: Requests of one run: at 55 a minute it takes a quarter of an hour.
REQUESTS_A_RUN = 800
#: RabbitMQ takes a task back that is not confirmed within half an hour.
SOFT_TIME_LIMIT_S = 1_500
#: How often a pull is begun whose worker dies each time.
MOST_ATTEMPTS = 3
#: What was brought up to date less than this ago is left alone.
PAUSE = timedelta(hours=6)


def plan() -> Plan:
    """What there is to do, in requests, and what today's budget leaves for it."""
    limiter = budget()
    return _plan(_cycle(limiter, memory()), limiter.left("requests"))


def pull() -> Pull | None:
    """Go on with the upkeep of the lake; None where there is nothing to pull, or it is under way already.

    Where upkeep is off, only what people chose to load is pulled. What stops a pull is recorded, and the
    next run goes on from there.
    """
    if not is_due():
        return None
    with pull_lock() as is_ours:
        if not is_ours:
            return None
        services.end_abandoned_pulls()
        return _run(budget())


def is_due() -> bool:
    """Whether upkeep is on, or somebody waits for what they chose to load."""
    return settings.PULL or are_waiting()


def goes_on() -> bool:
    """Whether somebody waits for more, and the budget leaves requests for it."""
    return are_waiting() and budget().left("requests") > 0


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
            services.end_abandoned_pulls(died(left.attempts))
            return None
        services.end_abandoned_pulls()
        return _run(budget(), left.attempts + 1) if is_due() else None


def _run(limiter: Limiter, attempts: int = 1) -> Pull:
    current = services.begin_pull(attempts)
    store = memory()
    cycle = _cycle(limiter, store)
    try:
        steps = _plan(cycle, min(limiter.left("requests"), REQUESTS_A_RUN))
        services.record_plan(current, [vars(step) for step in steps.steps])
        cycle.run(steps)
    except BaseException as error:
        _finish(current, cycle, Pull.State.FAILED, failure(error))
        store.note(message("pull_stopped"))
        raise
    _finish(current, cycle, Pull.State.DONE, [])
    return current


def _plan(cycle: Cycle, requests: int) -> Plan:
    return cycle.plan(requests, only=None if settings.PULL else {LOADS})


def _cycle(limiter: Limiter, store: Store) -> Cycle:
    puller = Puller(Lake(settings.LAKE_DIR), client(limiter, store), store)
    watched = queries.watch_list() if settings.PULL else []
    return Cycle(puller, watched, regions=regions(), pause=PAUSE)


def _finish(current: Pull, cycle: Cycle, state: str, why: list[Message]) -> None:
    changes = cycle.puller.report.tables["observations"]
    observations = changes.new + changes.changed
    services.finish_pull(current, state, why, cycle.puller.client.requests, observations)
    record_progress(cycle.puller.store, cycle.refused)
