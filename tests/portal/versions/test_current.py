"""Which taxa iNaturalist's current model has, and why our outlook may differ."""

from datetime import UTC, date, datetime

import pytest

from exporter.__main__ import main
from exporter.current_model import CurrentModel, Standing, current_model, read_classes
from exporter.errors import DataError
from exporter.lake import Lake
from exporter.pull.puller import store_of
from exporter.pull.store import Store
from portal.lake.models import Refresh
from portal.taxa.models import Readiness, Status
from portal.versions import wording
from portal.versions.queries.current import current_standing
from portal.versions.services import take_over_current_model
from tests.portal.taxa.test_views import words

HEADER = "parent_taxon_id,taxon_id,rank_level,leaf_class_id,name\n"
FILE = HEADER + ',1,70.0,,Animalia\n1,2,10,0,Aus bus\n1,3,10,1,"Aus, cus"\n'
EXPORTED = date(2026, 10, 1)


@pytest.fixture
def taxonomy(tmp_path):
    path = tmp_path / "taxonomy.csv"
    path.write_text(FILE)
    return path


def test_the_classes_of_an_export_are_those_with_a_class_id(taxonomy):
    assert read_classes(taxonomy) == [2, 3]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("id,name\n1,Aus\n", "no row has a taxon_id and a leaf_class_id"),
        (HEADER + ",1,70,,Animalia\n", "no row has a taxon_id and a leaf_class_id"),
        (HEADER + ",x,70,y,Animalia\n", "no row has a taxon_id and a leaf_class_id"),
        ("", "no row has a taxon_id and a leaf_class_id"),
    ],
)
def test_another_file_is_refused_in_a_line(taxonomy, content, said, capsys, tmp_path):
    taxonomy.write_text(content)
    command = ["--lake", str(tmp_path / "lake"), "model", str(taxonomy), "--exported", "2026-10-01"]
    assert main(command) == 1
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1


def test_a_snapshot_of_our_own_is_not_taken_for_inaturalist_s(taxonomy):
    (taxonomy.parent / "manifest.json").write_text("{}")
    with pytest.raises(
        DataError, match=r"it is a snapshot of Leafline's; give the taxonomy\.csv of an export"
    ):
        read_classes(taxonomy)


def test_the_command_keeps_them_beside_the_lake(taxonomy, tmp_path, capsys):
    command = ["--lake", str(tmp_path / "lake"), "model", str(taxonomy), "--exported", "2026-10-01"]
    assert main(command) == 0
    assert capsys.readouterr().out == f"{taxonomy}: 2 classes, exported 2026-10-01\n"
    assert store_of(Lake(tmp_path / "lake")).export() == (EXPORTED, [2, 3])


@pytest.mark.parametrize(
    ("answered", "standings"),
    [
        (
            datetime(2026, 9, 1, tzinfo=UTC),
            [Standing(2, True, EXPORTED, True), Standing(3, True, EXPORTED, True)],
        ),
        (
            datetime(2026, 11, 1, tzinfo=UTC),
            [
                Standing(2, False, date(2026, 11, 1), False),
                Standing(3, True, EXPORTED, True),
                Standing(4, True, date(2026, 11, 1), False),
            ],
        ),
    ],
)
def test_of_an_answer_and_an_export_the_later_one_counts(tmp_path, answered, standings):
    store = Store(tmp_path / "pull.sqlite3", clock=answered.timestamp)
    store.put_model({2: False, 4: True})
    store.put_export([2, 3], EXPORTED)
    assert current_model(store) == CurrentModel(standings, EXPORTED)


def test_without_either_nothing_is_known(tmp_path, db):
    assert current_model(Store(tmp_path / "pull.sqlite3")) == CurrentModel([], None)
    assert current_standing(5, None) is None


INCLUDED, PENDING = (Standing(5, each, EXPORTED, False) for each in (True, False))


@pytest.mark.parametrize(
    ("told", "status", "begins"),
    [
        (INCLUDED, Status.LEAF, ""),
        (INCLUDED, Status.COVERED, "By our count it has a class below it by now"),
        (INCLUDED, Status.SHORT, "By our count it is below the line."),
        (INCLUDED, Status.ROLLED_UP, "By our count it is below the line."),
        (INCLUDED, Status.EXCLUDED, "Our rule leaves it out"),
        (INCLUDED, None, "The data here have no usable observation of it."),
        (PENDING, Status.LEAF, "By our count it has what the published rule asks for."),
        (PENDING, Status.COVERED, "iNaturalist calls a taxon pending too when its classes lie below it."),
        (PENDING, Status.SHORT, ""),
        (PENDING, Status.EXCLUDED, ""),
        (PENDING, None, ""),
    ],
)
def test_a_difference_is_explained_and_agreement_needs_no_words(told, status, begins):
    said = wording.difference(told, status)
    assert said.startswith(begins)
    assert bool(said) == bool(begins)
    assert wording.is_unexplained(told, status) == (told is PENDING and status == Status.LEAF)


def test_a_taxon_s_page_says_what_inaturalist_says_and_why_it_may_differ(world, client):
    leaf = Readiness.objects.filter(criteria="inat-2022", status=Status.LEAF).first()
    refresh = Refresh.objects.get(pk=world.pk)
    address = f"/taxa/{leaf.taxon_id}/"
    assert "On iNaturalist now" not in words(client.get(address))
    known = CurrentModel([Standing(leaf.taxon_id, True, date(2026, 11, 12), False)], EXPORTED)
    take_over_current_model(known, refresh)
    page = words(client.get(address))
    assert "Included: by iNaturalist’s word of 12 November 2026 it is a class of its current model." in page
    assert "By our count" not in page
    take_over_current_model(CurrentModel([], EXPORTED), refresh)
    response = client.get(address)
    page = words(response)
    assert "Pending: it is no class of iNaturalist’s export of 1 October 2026." in page
    assert "By our count it has what the published rule asks for." in page
    assert "People have asked about lichens and mosses" in page
    assert "https://forum.inaturalist.org/t/75421" in response.content.decode()
