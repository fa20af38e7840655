"""Fixtures that several parts share."""

import os
from collections.abc import Callable, Iterator

import hypothesis
import pytest
from hypothesis import HealthCheck
from playwright.sync_api import Browser, sync_playwright

import trainer  # noqa: F401  before anything imports TensorFlow, for which it sets what is read once
from tests import chromium
from tests.portal import world as small
from tests.portal.hotspots import findings

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

# How long an example takes, or takes to be made up, says what else the machine does; speed is measured in
# benchmarks/. What a test shares among its examples it makes anew itself where that matters. Every run tries
# thirty examples of what does not say how many; `make test-properties` as many as Hypothesis does by itself.
ANY_SPEED = hypothesis.settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
hypothesis.settings.register_profile("whole", ANY_SPEED)
hypothesis.settings.register_profile("short", ANY_SPEED, max_examples=30)
hypothesis.settings.load_profile("short")

#: Folders of tests that take a minute each: begun last, they would keep one process while the others wait.
LONGEST = ("tests/real/", "tests/e2e/", "tests/demo/")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest, in their order otherwise.

    pytest-django, whose turn comes after this, puts those last that empty the database's tables: what
    migrations wrote there is gone for whatever comes next.
    """
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


@pytest.fixture
def make_taxa(db: None) -> Callable:
    """Puts taxa and their names into the database: `make_taxa(rows)`, each row as in `world.TAXA`."""
    return small.make_taxa


@pytest.fixture
def world(db: None) -> object:
    """The small world of tests/portal/world.py in the database; gives its last refresh."""
    return small.make_world()


@pytest.fixture
def hotspots(world: object) -> object:
    """The small world with the hotspots of tests/portal/hotspots/findings.py; gives its last refresh."""
    findings.make_hotspots(world)
    return world


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium a process; without any its tests are skipped, or fail where services are required."""
    path = chromium.find()
    if path is None:
        say = pytest.fail if os.environ.get("LEAFLINE_REQUIRE_SERVICES") == "1" else pytest.skip
        say("No Chromium: install one, or set LEAFLINE_CHROMIUM to its path.")
    with sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread, beside which Django would refuse its database.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
