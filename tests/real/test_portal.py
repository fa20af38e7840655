"""The portal on real lakes: every page, feed and API address, for everybody and for staff."""

import io
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client, override_settings

from exporter.criteria import PRESETS
from exporter.lake import Lake
from tests.real import api, crawl, inputs, statuses
from tests.real.commands import last_lines
from tests.real.furnish import Furnished, forget, furnish
from tests.real.known import Known

Visit = Callable[[str, str], Iterator[str]]

#: The one whose pages a browser opens in every run; in the full matrix it opens those of every lake.
BROWSED = "together"
#: The lake of a run on PostgreSQL, and of one on SQLite: walking through the large one takes minutes.
TAKEN = BROWSED if settings.DATABASES["default"]["ENGINE"].endswith("postgresql") else "csv"
SITE_URL = "https://leafline.example.org"


@dataclass(frozen=True)
class Portal:
    """A portal on a lake, refreshed and furnished."""

    loaded: object
    known: Known
    furnished: Furnished


@pytest.fixture
def portal(load, transactional_db, tmp_path) -> Iterator[Callable[[str], Portal | None]]:
    """`portal("csv")`: the portal on that lake; None where the lake is empty, which it says in one line."""
    with _settings(tmp_path) as begin:

        def portal(name: str) -> Portal | None:
            loaded = load(name)
            begin(loaded.lake)
            call_command("migrate", verbosity=0)
            if Lake(loaded.lake).latest() is None:
                with pytest.raises(CommandError, match=r"^\S+: the lake is empty; load data with `[^`]+`$"):
                    call_command("refresh", stdout=io.StringIO())
                assert Client().get("/").status_code == 200
                return None
            _refresh()
            return Portal(loaded, Known.of(loaded.lake), furnish())

        yield portal
    forget()


def _refresh() -> None:
    """Take the lake over; where that ends in a traceback, say where in one line."""
    try:
        call_command("refresh", stdout=io.StringIO())
    except Exception:
        pytest.fail(f"refresh: {last_lines(traceback.format_exc())}", pytrace=False)


@contextmanager
def _settings(folder):
    """Settings of a portal whose data lie in a folder of its own, and whose lake is given later."""
    given = {
        "DATA_DIR": folder,
        "SITE_URL": SITE_URL,
        "API_PER_MINUTE_ADDRESS": 10**6,
        "INAT_CLIENT_ID": "leafline",
        "INAT_CLIENT_SECRET": "secret",
    }
    with override_settings(**given):
        yield lambda lake: setattr(settings, "LAKE_DIR", lake)


def walks_through(portal: Portal, each: int, *, combines: bool) -> dict[str, crawl.Crawl]:
    """Walk through a portal as a visitor, as staff and as a trainer."""
    furnished, known = portal.furnished, portal.known
    staff = Client()
    staff.force_login(furnished.staff)
    trainer = Client(headers={"authorization": f"Token {furnished.key}"})
    public = (*crawl.SEEDS, *furnished.tokens, *api.addresses(for_trainers=False))
    own = api.addresses(for_trainers=True)
    walks = {
        "visitor": crawl.Crawl(Client(), known, each, public, combines=combines),
        # The forms are those that everybody has, and so are their choices together.
        "staff": crawl.Crawl(
            staff, known, each, (*crawl.SEEDS, *crawl.STAFF_SEEDS), chooses=False, combines=False
        ),
        "trainer": crawl.Crawl(trainer, known, each, own, within="/api/v1/training"),
    }
    return {who: walk.run() for who, walk in walks.items()}


def crawl_faults(portal: Portal, walks: dict[str, crawl.Crawl]) -> Iterator[str]:
    """Yield what went wrong on the walks, and what none of them reached."""
    for who, walk in walks.items():
        yield from (f"{who}: {fault}" for fault in walk.faults)
    names = set().union(*(walk.names for walk in walks.values()))
    yield from crawl.unreached(names, portal.furnished.lacking)


def status_faults(portal: Portal, most: int) -> Iterator[str]:
    """Compare what shows the taxa's statuses under both rules."""
    for criteria in PRESETS:
        yield from statuses.faults(portal.loaded.lake, Client(), criteria, most)


def browser_faults(walks: dict[str, crawl.Crawl], visit: Visit) -> Iterator[str]:
    """Open a page of each kind that the walks came to; those for staff alone as staff."""
    public, staff = walks["visitor"].pages, walks["staff"]
    for addresses in public.values():
        yield from visit(addresses[0], "")
    session = staff.client.cookies[settings.SESSION_COOKIE_NAME].value
    for name, addresses in staff.pages.items():
        if name not in public and not name.startswith("admin:"):
            yield from visit(addresses[0], session)


@pytest.mark.shared_data
@pytest.mark.parametrize("name", inputs.names([TAKEN]))
def test_every_address_answers_and_statuses_agree_on_a_small_lake(portal, report, visit, name):
    made = portal(name)
    walks = walks_through(made, each=1, combines=False)
    report([*crawl_faults(made, walks), *status_faults(made, most=60)])
    if name == BROWSED:
        report(list(browser_faults(walks, visit)))


@pytest.mark.real
@pytest.mark.parametrize("name", inputs.names(inputs.matrix()))
def test_every_address_answers_and_statuses_agree_on_each_file(portal, report, visit, name):
    made = portal(name)
    if made is None:
        return
    walks = walks_through(made, each=2, combines=True)
    report([*crawl_faults(made, walks), *status_faults(made, most=inputs.PAGES_COMPARED)])
    report(list(browser_faults(walks, visit)))
