"""Every page by axe-core: no fault of any weight, as staff see it, who see most.

One look at each here; `make test-axe` looks in both languages, themes and widths, and as strangers too.
"""

import os
from itertools import product

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.test_cutoffs import open_as_staff
from tests.portal.conftest import public
from tests.portal.doors import PAGES, ROLES

__all__ = ["open_as_staff", "public"]

IS_WHOLE = os.environ.get("LEAFLINE_AXE") == "whole"
LANGUAGES = ("en-GB", "es-ES") if IS_WHOLE else ("en-GB",)
READERS = ("staff", "stranger") if IS_WHOLE else ("staff",)
SCHEMES = ("light", "dark") if IS_WHOLE else ("light",)
WIDTHS = (1280, 390) if IS_WHOLE else (1280,)
#: What others wrote: the reference of the API within its page.
NOT_OURS = {"exclude": [["#reference"]]}


def faults_in_every_look(page, address: str) -> list[tuple[str, str, str]]:
    """What axe-core finds in each theme and width: the rule, the look, and the first element concerned."""
    answer = page.goto(address, wait_until="load")
    assert (address, answer.status) == (address, 200)
    faults = []
    for scheme, width in product(SCHEMES, WIDTHS):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        for fault in Axe().run(page, NOT_OURS).response["violations"]:
            faults.append((fault["id"], f"{address} {scheme} {width}", fault["nodes"][0]["html"][:160]))
    return faults


@pytest.mark.parametrize(("language", "reader"), list(product(LANGUAGES, READERS)))
def test_axe_finds_nothing_on_any_page(open_page, open_as_staff, public, language, reader):
    page = (open_as_staff if reader == "staff" else open_page)("/", locale=language)
    faults = [
        fault
        for door in PAGES
        if door.statuses[ROLES.index(reader)] == 200
        for fault in faults_in_every_look(page, door.path.format(**public))
    ]
    assert not faults, "\n".join(map(str, sorted(faults)))
