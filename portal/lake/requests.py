"""Requests to iNaturalist: one budget for whoever sends any, and what is remembered between pulls."""

import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings

from exporter.lake import Lake
from exporter.messages import Message, english
from exporter.pull.client import Client
from exporter.pull.limiter import Limiter
from exporter.pull.puller import store_of
from exporter.pull.store import Store

logger = logging.getLogger(__name__)


def budget(**options: Any) -> Limiter:
    """This machine's budget; options as `Limiter` takes them."""
    return Limiter(settings.DATA_DIR / "budget.sqlite3", **options)


def memory() -> Store:
    """What is remembered between pulls into the portal's lake."""
    return store_of(Lake(settings.LAKE_DIR))


def client(limiter: Limiter, store: Store, **options: Any) -> Client:
    """Return a client of iNaturalist's API that logs what goes wrong; options as `Client` takes them."""
    return Client(limiter, url=settings.API_URL, contact=settings.CONTACT, say=_teller(store), **options)


def _teller(store: Store) -> Callable[[list[Message]], None]:
    def say(messages: list[Message]) -> None:
        logger.warning("%s", english(messages))
        store.note(*messages)

    return say
