"""How gunicorn serves the portal: `gunicorn --config python:portal.gunicorn portal.wsgi --workers 4`."""

import gc

from django.urls import get_resolver

#: Threads keep connections open, and a slow visitor holds up nobody.
worker_class = "gthread"
threads = 4
#: An address with 500 taxa is up to 6,000 characters long where commas are encoded.
limit_request_line = 8190


def post_worker_init(worker: object) -> None:
    """Load every page's code before the first visitor comes, and take it out of garbage collection.

    The first request took 1.1 s, and each full collection 170 ms, for it walked through 200,000 objects of
    code that never go: one in eighty requests for 500 taxa waited for that.
    """
    get_resolver().url_patterns  # noqa: B018
    gc.collect()
    gc.freeze()


def worker_exit(server: object, worker: object) -> None:
    """Give it back to the collector: DuckDB counts what is left at the end, and fills the log with it."""
    gc.unfreeze()
