"""What stands below what: on every page there is room between a box and the words after it."""

import pytest

from tests.browser.test_cutoffs import open_as_staff
from tests.portal.conftest import public
from tests.portal.doors import PAGES, ROLES

__all__ = ["open_as_staff", "public"]

#: Words that touch the table, box, folded part or row of buttons above them: fewer pixels than this apart.
LEAST = 6
TOUCHING = """least => [...document.querySelectorAll("main :is(p, h3, details, .mine)")].filter((words) => {
  const box = words.previousElementSibling?.matches(".card, .ledger, .form, .links, .board-rows, details");
  if (!box || getComputedStyle(words.parentElement).display !== "block") return false;
  const above = words.previousElementSibling.getBoundingClientRect();
  return words.getBoundingClientRect().top - above.bottom < least;
}).map((words) => words.outerHTML.slice(0, 90))"""
#: Folded parts that do not look like one: no triangle before what opens them.
UNMARKED = """() => [...document.querySelectorAll("main summary")].filter(
  (summary) => summary.checkVisibility() && getComputedStyle(summary).display !== "list-item"
).map((summary) => summary.textContent.trim())"""


def faults(page, address: str) -> list[tuple[str, str]]:
    """What touches what, what does not look as if it opened, and names written wrongly."""
    page.goto(address, wait_until="load")
    found = [*page.evaluate(TOUCHING, LEAST), *page.evaluate(UNMARKED)]
    if "INaturalist" in page.inner_text("main"):
        found.append("INaturalist")
    return [(address, fault) for fault in found]


@pytest.mark.parametrize("width", [1280, 390])
def test_words_keep_their_distance_from_boxes_and_folded_parts_are_marked(open_as_staff, public, width):
    page = open_as_staff("/", width=width)
    addresses = [door.path.format(**public) for door in PAGES if door.statuses[ROLES.index("staff")] == 200]
    assert [fault for address in addresses for fault in faults(page, address)] == []
