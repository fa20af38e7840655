"""Which taxa iNaturalist's current model has, and why our outlook may differ."""

from datetime import UTC, date, datetime

import pyarrow.parquet as pq
import pytest

from exporter.__main__ import main
from exporter.current_model import CurrentModel, Standing, current_model, read_classes
from exporter.errors import DataError
from exporter.lake import Lake
from exporter.pull.puller import store_of
from exporter.pull.store import Store
from portal.api import edition, files
from portal.lake.models import Refresh
from portal.taxa.models import Readiness, Status
from portal.versions import wording
from portal.versions.queries.current import Reported, current_standing
from portal.versions.services import take_over_current_model
from tests.portal.taxa.test_views import links, words
from tests.portal.versions.releases import release_both

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
    recorded = capsys.readouterr().err
    assert said in recorded
    assert recorded.count("\n") == 1


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


INCLUDED, PENDING = (Reported(5, each, EXPORTED, False) for each in (True, False))
ABOVE_CLASSES = Reported(5, False, EXPORTED, False, has_classes_below=True)


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
        (ABOVE_CLASSES, Status.LEAF, "iNaturalist’s model has classes below it, and so none of its own."),
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
    assert "Lichens and mosses that were left out in this way" in page
    assert "https://forum.inaturalist.org/t/75421" in response.content.decode()


#: In the small world 57516, 118970 and 120489 are classes.
TOLD = [
    Standing(57516, False, date(2026, 11, 12), False),
    Standing(118970, True, date(2026, 11, 14), False),
    Standing(120215, True, date(2026, 11, 13), False),
]


def test_the_page_of_models_says_where_outlook_and_current_model_differ_and_why(world, client):
    take_over_current_model(CurrentModel(TOLD, None), Refresh.objects.get(pk=world.pk))
    response = client.get("/models/")
    page = words(response)
    assert "Read from iNaturalist’s API between 12 November 2026 and 14 November 2026." in page
    assert "2 taxa are included, and the API called 1 taxon pending." in page
    assert "Past the line here, pending there: 1 taxon" in page
    assert "Included there, no class here: 1 taxon" in page
    assert "Pending, 12 November 2026" in page
    assert "Included, 13 November 2026" in page
    assert "Pending: By our count it has what the published rule asks for." in page
    assert "Unused: By our count it is below the line." in page
    assert "Lichens and mosses that were left out in this way" in page
    assert {"/taxa/57516/", "/taxa/120215/"} <= set(links(response))
    assert "/taxa/118970/" not in links(response)


def test_a_class_of_ours_that_an_export_lacks_is_pending_there(world, client):
    refresh = Refresh.objects.get(pk=world.pk)
    take_over_current_model(CurrentModel([Standing(118970, True, EXPORTED, True)], EXPORTED), refresh)
    page = words(client.get("/models/"))
    assert "Read from iNaturalist’s export of 1 October 2026. 1 taxon is included." in page
    assert "Past the line here, pending there: 2 taxa" in page
    assert "Included there, no class here" not in page
    assert refresh.counts["current_model"] == {
        "exported": "2026-10-01",
        "included": 1,
        "pending": 0,
        "since": None,
        "until": None,
        "not_yet": 2,
        "no_more": 0,
        "unseen": 0,
    }


def test_where_they_agree_the_page_says_so(world, client):
    take_over_current_model(CurrentModel(TOLD[1:2], None), Refresh.objects.get(pk=world.pk))
    assert "Our outlook for the next export differs nowhere from it." in words(client.get("/models/"))


def test_what_has_no_observation_here_is_counted_and_not_listed(world, client):
    recorded = [Standing(number, True, EXPORTED, False) for number in (118970, 998, 999)]
    take_over_current_model(CurrentModel(recorded, None), Refresh.objects.get(pk=world.pk))
    page = words(client.get("/models/"))
    assert "3 taxa are included. Of 2 included taxa the data here have no usable observation." in page
    assert "no class here" not in page


def test_a_class_of_ours_above_classes_of_inaturalist_s_is_explained(world, client):
    recorded = [Standing(120489, False, EXPORTED, False), Standing(900001, True, EXPORTED, False)]
    take_over_current_model(CurrentModel(recorded, None), Refresh.objects.get(pk=world.pk))
    page = words(client.get("/models/"))
    assert (
        "Pending, with classes below it: iNaturalist’s model has classes below it, and so none of its own."
        in page
    )
    assert "People have asked" not in page
    assert "iNaturalist’s model has classes below it" in words(client.get("/taxa/120489/"))


@pytest.mark.parametrize("is_staff", [False, True])
def test_without_either_the_page_says_what_brings_it(world, client, django_user_model, is_staff):
    client.force_login(django_user_model.objects.create_user("ida", is_staff=is_staff))
    page = words(client.get("/models/"))
    assert "Which taxa it has is not known here yet: a pull asks iNaturalist" in page
    assert ("python -m exporter model FILE --exported DATE" in page) == is_staff


def test_the_api_says_it_of_each_taxon(world, client):
    def told(*taxon_ids):
        edition.forget()
        ids = ",".join(map(str, taxon_ids))
        rows = client.get(f"/api/v1/inclusion/?taxon_id={ids}").json()["results"]
        assert (
            client.get(f"/api/v1/taxa/{taxon_ids[0]}/").json()["taxon"]["inaturalist"]
            == (rows[0]["inaturalist"])
        )
        return [row["inaturalist"] for row in rows]

    nothing = {"standing": None, "told_on": None, "is_from_export": None, "difference": None}
    assert told(57516) == [nothing]
    take_over_current_model(CurrentModel(TOLD, None), Refresh.objects.get(pk=world.pk))
    pending, included, other = told(57516, 118970, 47822)
    assert pending.pop("difference").startswith("By our count it has what the published rule asks for.")
    assert pending == {"standing": "pending", "told_on": "2026-11-12", "is_from_export": False}
    assert included == {
        "standing": "included", "told_on": "2026-11-14", "is_from_export": False, "difference": "",
    }  # fmt: skip
    assert other == nothing
    take_over_current_model(CurrentModel([], EXPORTED), Refresh.objects.get(pk=world.pk))
    [from_export] = told(47822)
    assert from_export["difference"] == "iNaturalist calls a taxon pending too when its classes lie below it."
    assert (from_export["standing"], from_export["told_on"]) == ("pending", "2026-10-01")


def test_the_file_of_every_taxon_says_it_too(world, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    take_over_current_model(CurrentModel(TOLD, None), Refresh.objects.get(pk=world.pk))
    rows = {row["taxon_id"]: row for row in pq.read_table(files.publish().path).to_pylist()}
    assert rows[57516]["inaturalist_standing"] == "pending"
    assert rows[57516]["inaturalist_told_on"] == date(2026, 11, 12)
    assert rows[47822]["inaturalist_standing"] is None


def test_what_is_cached_of_the_api_is_asked_for_anew(world, client):
    before = client.get("/api/v1/inclusion/?taxon_id=57516").headers["ETag"]
    take_over_current_model(CurrentModel(TOLD, None), Refresh.objects.get(pk=world.pk))
    edition.forget()
    assert client.get("/api/v1/inclusion/?taxon_id=57516").headers["ETag"] != before


def test_the_page_asks_the_database_seldom(world, client, django_assert_max_num_queries):
    release_both()
    take_over_current_model(CurrentModel(TOLD, None), Refresh.objects.get(pk=world.pk))
    with django_assert_max_num_queries(17):
        client.get("/models/")
