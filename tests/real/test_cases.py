"""The small failing inputs in ../shared/cases, each with the value that its README names as right."""

import json
import re
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.core.management import call_command
from django.utils import timezone

from exporter.lake import Lake
from portal.cutoffs.models import Event
from portal.notices import messages
from portal.notices.cutoff_news import CutoffNews
from portal.notices.models import Webhook
from portal.taxa.models import Readiness
from tests.real import commands, inputs
from tests.real.known import csv_rows

pytestmark = pytest.mark.shared_data
SEED = "0123456789abcdef0123"
BOMBUS = 52775


@pytest.fixture
def case():
    """`case("csv-r-na", "input.csv")`: a file of a case."""
    if not inputs.CASES.is_dir():
        pytest.skip("the small failing inputs in ../shared/cases are not on this machine")
    return lambda name, file: inputs.CASES / name / file


@pytest.fixture
def lake(tmp_path):
    """`lake("hotspots")` runs a command on one lake, which has to end well."""

    def run(*arguments, code=0):
        outcome = commands.run("--lake", tmp_path / "lake", *arguments)
        assert (outcome.code, outcome.trace) == (code, ""), outcome.last_error
        return outcome

    return run


@pytest.fixture
def query(tmp_path):
    """`query("SELECT ...")`: rows of that lake's newest version."""

    def query(sql):
        with Lake(tmp_path / "lake").connect() as con:
            return con.execute(sql).fetchall()

    return query


@pytest.fixture
def refresh(settings, tmp_path, db):
    """Takes that lake over into the database."""
    settings.DATA_DIR, settings.LAKE_DIR = tmp_path, tmp_path / "lake"
    return lambda: call_command("refresh", verbosity=0)


def counts(outcome):
    """Records read and refused."""
    return [
        (int(read), int(refused)) for read, refused in re.findall(r"(\d+) read, (\d+) refused", outcome.out)
    ]


def test_an_id_too_large_costs_its_row_alone(case, lake, query):
    outcome = lake("ingest", case("big-id-stops-load", "input.csv"))
    assert counts(outcome) == [(2, 1)]
    assert re.search(r"input\.csv.*line 3.*too large", outcome.err)
    assert query("SELECT count(*) FROM observations") == [(1,)]


def test_a_pandas_table_of_api_answers_is_read(case, lake, query):
    assert counts(lake("ingest", case("csv-flattened-api", "input.csv"))) == [(2, 0)]
    columns = "observed_on::VARCHAR, taxon_id, latitude, longitude"
    expected = ("2022-05-17", 48662, 36.1, -94.1)
    assert query(f"SELECT {columns} FROM observations ORDER BY observation_id") == [expected, expected]
    assert query("SELECT observation_id, photo_id FROM photos") == [(1, 501)]


def test_na_of_r_is_an_empty_cell(case, lake, query):
    assert counts(lake("ingest", case("csv-r-na", "input.csv"))) == [(2, 0)]
    assert query("SELECT count(*) FROM observations") == [(2,)]


def test_a_day_in_the_future_opens_no_cutoff(case, lake, tmp_path):
    folder = case("future-date-opens-cutoff", "")
    lake("ingest", *(folder / f"{table}.csv" for table in ("observations", "photos", "taxa")))
    cutoff = ("--cutoff", "2050-01-01T00:00:00Z")
    for command in (("snapshot", *cutoff, "--seed", SEED, "--out", tmp_path / "out"), ("guard", *cutoff)):
        outcome = lake(*command, code=1)
        assert "in the future of the data" in outcome.err
        assert len(outcome.err.splitlines()) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["hotspots-no-class", "hotspots-nobody-disagrees"])
def test_hotspots_of_a_lake_with_nothing_to_find(case, lake, refresh, name):
    lake("ingest", case(name, "input.json"))
    for command in ("hotspots", "worklist"):
        lake(command)
    refresh()
    if name == "hotspots-no-class":
        assert len(lake("hotspots", "--format", "csv").out.splitlines()) == 1


@pytest.mark.parametrize(("file", "observations"), [("input.ndjson", 3), ("concat.json", 2)])
def test_pages_in_one_file_are_loaded_whole(case, lake, query, file, observations):
    lake("ingest", case("pages-one-a-line", file))
    assert query("SELECT count(*) FROM observations") == [(observations,)]


def test_what_a_record_does_not_have_is_not_erased(case, lake, query):
    lake("ingest", case("partial-api-record-erases", "full.json"))
    lake("ingest", case("partial-api-record-erases", "partial.json"))
    assert query("SELECT community_taxon_id FROM observations") == [(BOMBUS,)]
    assert query("SELECT count(*) FROM photos") == [(1,)]
    assert query("SELECT count(*) FROM identifications") == [(2,)]


def test_a_photo_on_another_host_is_not_usable(case, lake):
    lake("ingest", case("photo-elsewhere", "input.json"))
    rows = csv_rows(lake("readiness", "--format", "csv").out)
    assert [row["photos"] for row in rows if row["taxon_id"] == str(BOMBUS)] in ([], ["0"])


def test_a_taxon_of_unknown_rank_is_counted_and_excluded(case, lake, refresh, client):
    lake("ingest", case("refresh-null-rank", "input.csv"))
    refresh()
    assert {row.status for row in Readiness.objects.filter(taxon_id=301)} == {"excluded"}
    assert "status-excluded" in client.get("/taxa/301/").content.decode()


def test_a_circle_in_the_ancestries_stops_nothing(case, lake):
    lake("ingest", case("tree-circle-stops-all", "1.json"), case("tree-circle-stops-all", "2.json"))
    for command in ("readiness", "hotspots"):
        lake(command)


@pytest.fixture
def announced(db, client, django_user_model):
    """A cutoff that staff announced by its pages, with a note as a word processor makes it."""
    client.force_login(django_user_model.objects.create_superuser("staff"))
    at = timezone.now() + timedelta(days=200)
    given = {
        "name": "V3",
        "cutoff_at": f"{at:%Y-%m-%dT%H:%M}",
        "settle_days": "14",
        "criteria": "inat-2022",
        "audience": "public",
        "minimum_identifications": "0",
        "hold": "alarm",
        "note": "first line\x0bsecond line",
    }
    response = client.post("/cutoffs/new/", given)
    assert response.status_code == 302, response.content.decode()
    address = response["Location"]
    assert client.post(f"{address}do/announce/", {"reason": "", "note": ""}).status_code == 302
    for days in (1, 2):
        moved = given | {"cutoff_at": f"{at + timedelta(days=days):%Y-%m-%dT%H:%M}", "reason": "Later"}
        assert client.post(f"{address}edit/", moved).status_code == 302
    client.logout()
    return Event.objects.filter(cutoff__name="V3").order_by("id")


def test_a_control_character_in_a_note_breaks_no_feed(announced, client):
    for address in ("/feeds/cutoffs.atom", "/feeds/cutoffs.ics", "/cutoffs/", "/api/v1/cutoffs/"):
        response = client.get(address)
        assert (address, response.status_code) == (address, 200)
        assert b"\x0b" not in response.content
    ElementTree.fromstring(client.get("/feeds/cutoffs.atom").content)


def test_each_topic_for_discourse_has_its_own_title(announced):
    webhook = Webhook(
        name="d", url="https://forum.example.org/posts.json", format="discourse", api_key="k", api_user="u"
    )
    titles = [_title(webhook, event) for event in announced if event.after != "draft"]
    assert len(titles) == 3
    assert len(set(titles)) == 3
    assert min(map(len, titles)) >= 15


def _title(webhook, event):
    return json.loads(messages.call(webhook, CutoffNews(event), "x", event.at)[0])["title"]


@pytest.mark.parametrize("feed", ["/feeds/cutoffs.ics", "/feeds/cutoffs.atom"])
def test_links_in_feeds_begin_with_the_portals_own_address(announced, client, settings, feed):
    settings.SITE_URL, settings.ALLOWED_HOSTS = "https://leafline.example.org", ["*"]
    text = client.get(feed, headers={"host": "a.example.org"}).content.decode()
    assert "https://leafline.example.org/cutoffs/" in text
    assert "a.example.org" not in text


def test_a_grey_png_of_16_bits_keeps_its_grey(case):
    images = pytest.importorskip("trainer.images")
    image = images.open_image(case("png16-white", "input.png").read_bytes())
    assert image.getpixel((0, 0)) == (117, 117, 117)


@pytest.mark.parametrize("orientation", [5, 7])
def test_a_mirrored_photo_is_turned(case, orientation):
    images = pytest.importorskip("trainer.images")
    content = case("exif-mirrored", f"orientation{orientation}.jpg").read_bytes()
    assert images.open_image(content).size == (40, 60)
