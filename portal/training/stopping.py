"""Whether this worker is to end. A task that lasts for days must hear of it, else nobody could restart it."""

from multiprocessing import RawValue

from celery.signals import worker_init, worker_shutting_down

#: A byte that the worker's processes share with it: they come of it after `worker_init`.
_stopping = None


@worker_init.connect
def _begin(**_: object) -> None:
    global _stopping
    _stopping = RawValue("b", 0)


@worker_shutting_down.connect
def _stop(**_: object) -> None:
    if _stopping is not None:
        _stopping.value = 1


def is_stopping() -> bool:
    """Whether the worker that this runs in was asked to end; False where there is none."""
    return _stopping is not None and bool(_stopping.value)
