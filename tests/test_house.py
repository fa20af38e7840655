"""The house is kept, and whoever breaks a rule of it hears of it."""

import shutil
import subprocess
import sys

import pytest

from tests import house


def test_the_house_is_kept():
    assert house.faults() == []


@pytest.fixture
def plant(tmp_path):
    """`plant(path, text)` adds a file to an empty house, and gives the faults found in it."""

    def plant(path, text):
        shutil.copy(house.ROOT / "pyproject.toml", tmp_path)
        for folder in ("portal/hotspots/templatetags", "portal/taxa", "portal/tags", "templates/taxa"):
            (tmp_path / folder).mkdir(parents=True)
        (tmp_path / "portal/hotspots/templatetags/hotspots.py").touch()
        (tmp_path / "portal/tags/numbers.py").touch()
        (tmp_path / path).write_text(text, encoding="utf-8")
        return [str(fault) for fault in house.faults(tmp_path)]

    return plant


READ, WRITE = "read the database in `queries`", "write to the database in `services`"


@pytest.mark.parametrize(
    ("module", "line", "fault"),
    [
        ("views.py", "Taxon.objects", f"`.objects`: {READ}"),
        ("views.py", "visible_to(viewer).filter(pk=1).first()", f"`.filter()`: {READ}"),
        ("history.py", "connection.cursor()", f"`.cursor()`: {READ}"),
        ("views.py", "taxon.save()", f"`.save()`: {WRITE}"),
        ("queries.py", "rows.delete()", f"`.delete()`: {WRITE}"),
        ("queries.py", "Taxon.objects.update(name='')", f"`.update()`: {WRITE}"),
        ("history.py", "bulk.execute('DELETE FROM taxa_taxon')", f"`bulk.execute`: {WRITE}"),
    ],
)
def test_a_module_that_reads_or_writes_out_of_place_is_found(plant, module, line, fault):
    assert plant(f"portal/taxa/{module}", f"\n{line}\n") == [f"portal/taxa/{module}:2: {fault}"]


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("queries.py", "Taxon.objects.filter(id=1)"),
        ("services.py", "Taxon.objects.filter(id=1).update(name='')"),
        ("views.py", "values.update(other)"),
        ("admin.py", "super().save()"),
        ("tags.py", "register.filter('number', number)"),
    ],
)
def test_what_is_in_its_place_is_no_fault(plant, module, line):
    assert plant(f"portal/taxa/{module}", line) == []


@pytest.mark.parametrize(
    ("template", "fault"),
    [
        ("{% load i18n hotspots %}", "loads `hotspots`, the tags of a higher room"),
        ('{% include "hotspots/_trend.html" %}', "uses `hotspots/_trend.html`, a template of a higher room"),
        ('{% extends "home/home.html" %}', "uses `home/home.html`, a template of a higher room"),
    ],
)
def test_a_template_that_reaches_up_is_found(plant, template, fault):
    assert plant("templates/taxa/taxon.html", template) == [f"templates/taxa/taxon.html:1: {fault}"]


def test_a_template_may_reach_down(plant):
    assert plant("templates/taxa/taxon.html", '{% extends "base.html" %}{% load numbers %}') == []


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("portal/taxa/planted.py", "from portal.cutoffs import models", "The portal's four storeys"),
        ("portal/notices/planted.py", "from portal.blitzes import models", "The portal's four storeys"),
        ("portal/planted.py", "", "The portal's four storeys"),
        ("portal/taxa/queries/planted.py", "from portal.taxa import views", "Within an app"),
        ("exporter/planted.py", "import django", "know no Django"),
        ("exporter/planted.py", "import trainer", "know nothing of each other"),
        ("portal/home/planted.py", "import trainer.fit", "starts the trainer as a process"),
        ("portal/home/planted.py", "import demo", "The demonstration over the portal"),
        ("terminal/planted.py", "import exporter", "The demonstration over the portal"),
    ],
)
def test_an_import_that_a_contract_forbids_is_found(tmp_path, module, line, contract):
    for package in ("demo", "exporter", "portal", "terminal", "trainer"):
        shutil.copytree(house.ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("*.pyc"))
    shutil.copy(house.ROOT / "pyproject.toml", tmp_path)
    (tmp_path / module).write_text(f"{line}\n", encoding="utf-8")
    check = "from importlinter.cli import lint_imports_command as check; check()"
    result = subprocess.run(
        [sys.executable, "-c", check, "--no-logo", "--no-cache"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={"COLUMNS": "200", "PYTHONPATH": str(tmp_path)},
    )
    broken = [row for row in result.stdout.splitlines() if row.endswith("BROKEN")]
    assert result.returncode == 1, result.stdout + result.stderr
    assert any(contract in row for row in broken), result.stdout


def test_words_that_plain_english_avoids_are_counted_over_all_sources(tmp_path, monkeypatch):
    monkeypatch.setattr(house, "WORDS", ((("tell", "told"), 3, "write shows"),))
    for path, text in {"portal/a.py": "# Told, tell", "templates/b.html": "told is_told teller"}.items():
        (tmp_path / path).parent.mkdir()
        (tmp_path / path).write_text(text, encoding="utf-8")
    assert list(house._of_words(tmp_path)) == []
    (tmp_path / "portal/a.py").write_text("# Told, tell, TOLD", encoding="utf-8")
    said = "4 times tell, told in all sources, 3 at most; most often here: write shows"
    assert list(house._of_words(tmp_path)) == [house.Fault("portal/a.py", 1, said)]
