"""CONTRIBUTING names every module of the house, once, and none that is not there."""

import re
from collections import Counter
from pathlib import Path

import pytest

from tests import house

ROOT = Path(__file__).parents[1]
#: Part of every package, and named in no table.
EVERYWHERE = {
    "__init__.py",
    "__main__.py",
    "__pycache__/",
    "requirements.txt",
    "continents.txt",
    "boundaries.csv",
    "boundaries.xz",
    "regions.txt",
}


def named(package):
    """What the package's table names, in the cells before the last of each row."""
    document = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    start = document.index(f"`{package}/` has four storeys" if package == "portal" else f"In `{package}/`:")
    rows = re.search(r"(?:^\|.*\n)+", document[start:], re.MULTILINE)[0].splitlines()[2:]
    cells = [cell for row in rows for cell in row.strip("|").split("|")[:-1]]
    return Counter(name for cell in cells for name in re.findall(r"`([^`]+)`", cell))


@pytest.mark.parametrize("package", ["demo", "exporter", "portal", "terminal", "trainer"])
def test_the_tables_are_the_tree(package):
    there = {path.name + "/" * path.is_dir() for path in (ROOT / package).iterdir()} - EVERYWHERE
    assert named(package) == Counter(there)


def test_every_storey_of_the_contract_is_in_the_table():
    """The rooms of each storey, from the top down, are those of import-linter's layers."""
    rooms = [name.removesuffix("/").removesuffix(".py") for name in named("portal")]
    assert sorted(rooms) == sorted(house.storeys(ROOT))


def test_what_the_document_points_to_is_there():
    document = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    folders = "benchmarks|demo|docs|exporter|locale|portal|static|templates|terminal|tests|tools|trainer"
    paths = set(re.findall(rf"`((?:{folders})/[a-z_/.]+)`", document))
    assert len(paths) > 20
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []
