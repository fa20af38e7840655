"""The pages of cutoffs: what they say to whom."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from exporter.messages import plain
from portal.cutoffs import queries, services
from portal.cutoffs.models import Cutoff, PastExport, Snapshot
from portal.cutoffs.report import condense
from portal.cutoffs.states import State
from tests.portal.cutoffs.conftest import CUTOFF_AT, guard_report
from tests.portal.cutoffs.test_report import MANIFEST

TODAY = datetime(2026, 12, 28, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def today(monkeypatch):
    """It is noon on 28 December 2026, 27 days after the announcement and 9 before the settling window."""
    monkeypatch.setattr(timezone, "now", lambda: TODAY)


@pytest.fixture
def made(at_state):
    """`made(State.EXPORTED, "influx")`: a cutoff with a snapshot, and with what its guards fired."""

    def made(state, *fired, **values):
        cutoff = at_state(state, **values)
        Snapshot.objects.create(
            cutoff=cutoff,
            number=1,
            step="done",
            asked_at=CUTOFF_AT,
            started_at=CUTOFF_AT,
            finished_at=CUTOFF_AT,
            stepped_at=CUTOFF_AT,
            lake_version=7,
            folder=f"snapshots/{cutoff.pk}-1",
            report=condense(MANIFEST),
            guards=guard_report(*fired),
        )
        return cutoff

    return made


def words(response):
    body = response.content.decode().partition('<main id="main"')[2].partition("<footer")[0]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body)))


def page(client, cutoff):
    response = client.get(f"/cutoffs/{cutoff.pk}/")
    assert response.status_code == 200
    return words(response)


# Home


def test_home_says_when_and_where_we_are(announced, client, world):
    announced()
    response = client.get("/")
    text = words(response)
    assert "When 20 January 2027 in 23 days" in text
    assert text.count("20 January 2027") == 1
    assert "Winter 2027 : the data are taken at 00:00 UTC" in text
    assert (
        "Clean-up we are here until 6 January Settling 6 January to 20 January Snapshot 20 January"
        " Training Model out" in text
    )
    assert (
        "Corrections count until the last minute. Labels made or refined after 6 January 2027, 00:00 UTC"
        " wait for the next export." in text
    )
    assert 'class="forecast' not in response.content.decode()


def test_without_an_announcement_an_old_record_is_no_ground_to_guess_from(client, world):
    response = client.get("/")
    text, body = words(response), response.content.decode()
    assert "No cutoff is announced." in text
    assert (
        "Leafline does not guess a date: the last export that it knows of, that of 28 December 2025, is 365"
        " days old, where 43 are usual between two. Others may have happened since." in text
    )
    assert "Expected between" not in text
    assert "forecast-band" not in body


def test_without_an_announcement_home_draws_a_forecast_that_looks_like_none(client, world):
    PastExport.objects.create(
        model_name="lately",
        exported_from=datetime(2026, 12, 8, tzinfo=UTC),
        exported_to=datetime(2026, 12, 8, tzinfo=UTC),
        order=1000,
        source="somebody said so",
    )
    response = client.get("/")
    text, body = words(response), response.content.decode()
    assert "No cutoff is announced. Expected between " in text
    assert "A forecast, not an announcement: nobody has set a date. It rests on 21 past intervals" in text
    assert "the last export known of being that of 8 December 2026" in text
    assert "Leafline does not guess" not in text
    assert 'fill="url(#hatch)"' in body


def test_after_an_export_home_says_what_became_of_it(at_state, client, world):
    at_state(State.TRAINING)
    text = words(client.get("/"))
    assert "No cutoff is announced." in text
    assert "The last export, Winter 2027: Clean-up done until 6 January" in text
    assert "Training we are here" in text
    assert "The counts on these pages are what would be taken today." in text


def test_the_nearest_of_several_is_next(announced, client, world):
    announced(name="Later", cutoff_at=CUTOFF_AT + timedelta(days=90))
    announced(name="Sooner")
    assert "Sooner : the data are taken" in words(client.get("/"))


# The timeline


def test_the_timeline_has_cutoffs_and_what_came_before_with_sources(announced, at_state, client):
    announced()
    at_state(State.EXPORTED, name="Autumn 2026", cutoff_at=CUTOFF_AT)
    response = client.get("/cutoffs/")
    text = words(response)
    assert "20 January 2027 in 23 days Winter 2027 Announced" in text
    assert "Autumn 2026 Exported" in text
    assert (
        "v2.12 Exported 2 February 2024 Released 5 April 2024 86,861 unknown iNaturalist blog 91824" in text
    )
    assert (
        "2022-04 Exported November 2021 Released April 2022 55,000 27,000,000"
        " iNaturalist blog 63931, forum 31030" in text
    )
    assert "2020-03 Exported unknown Released March 2020" in text
    assert 'href="https://www.inaturalist.org/blog/91824"' in response.content.decode()


def test_an_empty_timeline_says_what_will_stand_there(db, client):
    text = words(client.get("/cutoffs/"))
    assert "No cutoff has been announced here yet." in text
    assert "The next one: not announced Leafline does not guess a date" in text


@pytest.mark.parametrize("asked", ["0", "-1", "x", "99", "9" * 40, "%00"])
def test_a_page_that_is_not_there_is_the_nearest_one(announced, client, asked):
    announced()
    assert client.get(f"/cutoffs/?page={asked}").status_code == 200


@pytest.mark.parametrize("cutoff_id", [0, 12345, 10**18, 10**30])
@pytest.mark.parametrize("tail", ["", "progress/", "files/manifest.json"])
def test_an_unknown_cutoff_is_not_found(db, client, cutoff_id, tail):
    assert client.get(f"/cutoffs/{cutoff_id}/{tail}").status_code == 404


# A cutoff


@pytest.mark.parametrize("state", State)
def test_a_cutoffs_page_opens_in_every_state(made, anna, client, world, state):
    cutoff = made(state, "influx")
    assert client.get(f"/cutoffs/{cutoff.pk}/").status_code == (404 if state == State.DRAFT else 200)
    client.force_login(anna)
    assert client.get(f"/cutoffs/{cutoff.pk}/").status_code == 200


def test_an_announced_cutoff_has_its_rules_and_its_seal(announced, client):
    cutoff = announced(note="Wasps first.")
    text = page(client, cutoff)
    assert "Winter 2027 Announced 20 January 2027, 00:00 UTC , in 23 days." in text
    assert "Wasps first." in text
    assert "became finer in the last 14 days before the cutoff waits for the next export." in text
    assert "by the 2022 rule, 50 confirmed observations and, beyond those, 50 photos." in text
    assert f"{cutoff.commitment} The seed is published once the snapshot is released." in text
    assert cutoff.seal.seed not in text
    assert "What happened Announced 1 December 2026, 09:00 UTC" in text


def test_an_exported_cutoff_has_its_report_guards_files_and_seed(made, client, world):
    cutoff = made(State.EXPORTED, "influx")
    text = page(client, cutoff)
    assert f"Seed (published after the snapshot): {cutoff.seal.seed}" in text
    assert "Made 20 January 2027, 00:00 UTC from version 7 of the lake" in text
    assert "observations held back to the next export 5 corrections that counted at once 2" in text
    assert "A rush of new labels fired Words of influx. Buff-tailed Bumble Bee" in text
    assert "1,040 identifications, 3.1 expected, by 3 accounts" in text
    assert "taxonomy.csv 3 12 bytes ab" in text
    assert "Classes lost: 1" in text


def test_a_held_snapshot_is_for_reviewers_alone(made, anna, person, client, world):
    cutoff = made(State.HELD, "influx")
    scheduler = person("sam", "view_cutoff", "schedule_cutoff")
    for user in (None, scheduler):
        client.logout()
        if user:
            client.force_login(user)
        text = page(client, cutoff)
        assert "somebody looks at it before it counts" in text
        assert "Words of influx" not in text
        assert "taxonomy.csv" not in text
    client.force_login(anna)
    text = page(client, cutoff)
    assert text.index("Release") < text.index("A rush of new labels fired") < text.index("What it holds")
    assert cutoff.seal.seed not in text
    assert client.get(f"/cutoffs/{cutoff.pk}/files/taxonomy.csv").status_code == 404


def test_a_dry_run_is_for_those_who_schedule(made, anna, person, client, world):
    cutoff = made(State.ANNOUNCED, "influx")
    Snapshot.objects.update(is_dry_run=True)
    for user in (None, person("rev", "view_cutoff", "review_snapshot")):
        client.logout()
        if user:
            client.force_login(user)
        assert "Dry run: what it would hold" not in page(client, cutoff)
    client.force_login(anna)
    text = page(client, cutoff)
    assert "The dry run of 20 January 2027, 00:00 UTC is shown below, to staff only." in text
    assert "Dry run: what it would hold" in text
    assert "A rush of new labels fired" in text


def test_a_file_is_given_once_the_snapshot_stands(made, client, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    cutoff = made(State.EXPORTED)
    folder = tmp_path / "snapshots" / f"{cutoff.pk}-1"
    folder.mkdir(parents=True)
    (folder / "taxonomy.csv").write_text("taxon_id\n1\n")
    (folder / "secret").write_text("no")
    response = client.get(f"/cutoffs/{cutoff.pk}/files/taxonomy.csv")
    assert b"".join(response.streaming_content) == b"taxon_id\n1\n"
    assert response["Content-Disposition"] == 'attachment; filename="taxonomy.csv"'
    for name in ("secret", "manifest.json", "..%2Fsecret", "%2Fetc%2Fpasswd"):
        assert client.get(f"/cutoffs/{cutoff.pk}/files/{name}").status_code == 404


def test_a_cancelled_cutoff_says_why(announced, anna, client):
    cutoff = services.cancel(announced(), "The disk is full.", by=anna)
    text = page(client, cutoff)
    assert "This cutoff was called off. The disk is full." in text
    assert "The cutoff was called off, so its seed is not published." in text
    assert "anna" not in text
    assert "Where are we" not in text


def test_why_it_failed_is_for_staff(at_state, anna, client):
    cutoff = services.fail(at_state(State.SNAPSHOTTING), plain("no taxon passes inat-2022"))
    assert "no taxon passes" not in page(client, cutoff)
    client.force_login(anna)
    text = page(client, cutoff)
    assert text.count("no taxon passes inat-2022") == 2
    assert "Try again" in text


def test_the_page_follows_the_snapshot(announced, client):
    cutoff = announced()
    services.advance_due(now=CUTOFF_AT)
    response = client.get(f"/cutoffs/{cutoff.pk}/")
    assert f'hx-get="/cutoffs/{cutoff.pk}/progress/" hx-trigger="every 5s"' in response.content.decode()
    assert "Waiting for data that reach the cutoff." in words(response)
    Snapshot.objects.update(step="draw", stepped_at=CUTOFF_AT, lake_version=7)
    body = client.get(f"/cutoffs/{cutoff.pk}/progress/").content.decode()
    assert "Now: drawing observations." in body
    assert re.findall(r'step-(\w+)"[^>]*>([^<]+)<', body) == [
        ("done", "waiting for data that reach the cutoff"),
        ("done", "looking for a push"),
        ("done", "deciding which labels count"),
        ("done", "finding the classes"),
        ("now", "drawing observations"),
        ("ahead", "writing photos"),
        ("ahead", "writing places"),
        ("ahead", "writing the report"),
    ]
    Cutoff.objects.update(state=State.EXPORTED)
    assert client.get(f"/cutoffs/{cutoff.pk}/progress/")["HX-Refresh"] == "true"


def test_pages_ask_the_database_as_often_for_many_as_for_few(
    made, announced, client, world, django_assert_max_num_queries
):
    cutoff = made(State.EXPORTED, "influx", "bunching")
    for number in range(25):
        announced(name=f"Number {number}")
    with django_assert_max_num_queries(9):
        client.get("/cutoffs/")
    with django_assert_max_num_queries(9):
        client.get(f"/cutoffs/{cutoff.pk}/")
    with django_assert_max_num_queries(16):
        client.get("/")


@pytest.mark.parametrize("address", ["/cutoffs/", "/cutoffs/{}/", "/cutoffs/{}/progress/"])
def test_no_page_has_inline_style_or_script(made, client, address):
    cutoff = made(State.SNAPSHOTTING)
    body = client.get(address.format(cutoff.pk)).content.decode()
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|<script(?![^>]*\ssrc=)", body)


def test_the_first_of_the_log_is_where_news_point_to(announced, client):
    cutoff = announced()
    event = queries.news(AnonymousUser())[0]
    assert f'id="event-{event.public_name}"' in client.get(f"/cutoffs/{cutoff.pk}/").content.decode()


def test_home_tells_of_the_next_cutoff_and_without_one_of_the_latest(at_state):
    """Of two to come the nearer one, of two made the later one; a draft is nobody's."""
    days = {State.PUBLISHED: (-90, -30), State.HELD: (30,), State.ANNOUNCED: (20, 50), State.DRAFT: (5,)}
    for state, distances in days.items():
        for distance in distances:
            cutoff = at_state(state, name=f"{state} {distance}")
            Cutoff.objects.filter(pk=cutoff.pk).update(cutoff_at=CUTOFF_AT + timedelta(days=distance))
    result = []
    for gone in ([], ["announced 20"], ["held 30"], ["announced 50"], ["published -30"], ["published -90"]):
        Cutoff.objects.filter(name__in=gone).delete()
        shown = queries.next_or_latest(AnonymousUser())
        result.append(shown and shown.name)
    assert result == ["announced 20", "held 30", "announced 50", "published -30", "published -90", None]
