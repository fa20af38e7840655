"""Measurements for Prometheus, read when they are asked for: no process has to keep them."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from portal.lake.models import Refresh
from portal.lake.requests import memory
from portal.sync import queries, queues, status
from portal.sync.models import Pull


class _Sync(Collector):
    def collect(self) -> Iterator[Metric]:
        budget = status.budget_state()
        spent = GaugeMetricFamily(
            "leafline_requests_spent", "Requests to iNaturalist in a window up to now", labels=["window"]
        )
        allowed = GaugeMetricFamily(
            "leafline_requests_allowed", "Requests to iNaturalist that a window allows", labels=["window"]
        )
        for window, done, most in (
            ("minute", budget.last_minute, budget.a_minute),
            ("day", budget.last_day, budget.a_day),
        ):
            spent.add_metric([window], done)
            allowed.add_metric([window], most)
        yield spent
        yield allowed
        yield from _queues()
        yield GaugeMetricFamily(
            "leafline_walks", "Walks through observations under way", value=len(memory().walks())
        )
        for name, model in (("pull", Pull), ("refresh", Refresh)):
            ended = queries.last_end(model)
            yield GaugeMetricFamily(
                f"leafline_{name}_last_success_timestamp_seconds",
                f"When the last {name} that went well ended; 0: none yet",
                value=ended.timestamp() if ended else 0,
            )


def _queues() -> Iterator[Metric]:
    waiting = GaugeMetricFamily("leafline_queue_waiting", "Tasks waiting in a queue", labels=["queue"])
    stuck = GaugeMetricFamily(
        "leafline_queue_stuck", "1 if tasks wait and nobody takes them up", labels=["queue"]
    )
    for state in status.queue_list():
        if state.waiting is not None:
            waiting.add_metric([state.name], state.waiting)
        stuck.add_metric([state.name], int(state.is_stuck))
    yield waiting
    yield stuck
    yield GaugeMetricFamily(
        "leafline_broker_up", "1 if the broker answers", value=queues.waiting() is not None
    )


_registry = CollectorRegistry()
_registry.register(_Sync())


def text() -> bytes:
    """The measurements in Prometheus's text format."""
    return generate_latest(_registry)
