"""Staff run a cutoff from its pages, each within their permissions."""

import re
from datetime import datetime, timedelta
from html import unescape

import pytest
from django.contrib.messages import get_messages
from django.utils import timezone

from portal.cutoffs import queries, services, wording
from portal.cutoffs.buttons import BUTTONS
from portal.cutoffs.models import Cutoff, Snapshot
from portal.cutoffs.services import recording
from portal.cutoffs.states import TRANSITIONS, State
from portal.lake import asking
from portal.lake.models import Refresh
from tests.portal.cutoffs.conftest import ANNOUNCED_AT, CUTOFF_AT

NEW = "/cutoffs/new/"
FILLED = {
    "name": "Winter 2027",
    "cutoff_at": "2027-01-20T00:00",
    "settle_days": "14",
    "criteria": "inat-2022",
    "audience": "public",
    "minimum_identifications": "1000",
    "hold": "alarm",
    "note": "",
}
#: What each of these people may do.
ROLES = {
    "viewer": ("view_cutoff",),
    "scheduler": ("view_cutoff", "schedule_cutoff"),
    "reviewer": ("view_cutoff", "review_snapshot"),
}
WHOSE = {
    "announce": "scheduler",
    "cancel": "scheduler",
    "pull": "scheduler",
    "dry-run": "scheduler",
    "release": "reviewer",
    "cut-again": "reviewer",
    "retry": "reviewer",
    "train": "reviewer",
    "publish": "reviewer",
}


@pytest.fixture(autouse=True)
def today(monkeypatch):
    """It is the day on which the cutoff is announced."""
    monkeypatch.setattr(timezone, "now", lambda: ANNOUNCED_AT)


@pytest.fixture
def sign_in(person, client):
    return lambda role: client.force_login(person(role, *ROLES[role]))


@pytest.mark.parametrize(
    ("ahead", "settle_days", "says"),
    [
        (timedelta(days=28), 14, "The settling window opens on"),
        (timedelta(days=15), 14, "The settling window opens on"),
        (timedelta(days=14, hours=23), 14, ""),
        (timedelta(days=28), 28, ""),
        (timedelta(days=3), 0, "This cutoff has no settling window"),
    ],
)
def test_an_announcement_before_the_window_opens_is_warned_of(ahead, settle_days, says, db, client, sign_in):
    """On the draft's page and on the page that asks; the form says it of any cutoff."""
    sign_in("scheduler")
    draft = services.draft(
        {"name": "Winter", "cutoff_at": ANNOUNCED_AT + ahead, "settle_days": settle_days}, by=None
    )
    for address in (f"/cutoffs/{draft.pk}/", f"/cutoffs/{draft.pk}/announce/"):
        page = client.get(address)
        warned = "put more wrong labels into the export than saying nothing would have" in words(page)
        assert (says in words(page), warned) == (True, bool(says))
        assert ('href="/policy/"' in page.content.decode()) == bool(says)
    assert "Announce the cutoff in the last day before these days begin." in words(client.get(NEW))


def words(response):
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", response.content.decode())))


def press(client, cutoff, action, text="Because."):
    return client.post(f"/cutoffs/{cutoff.pk}/do/{action}/", {"text": text})


def said(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


# Permissions


@pytest.mark.parametrize("address", ["/cutoffs/desk/", NEW, "/cutoffs/{}/edit/"])
def test_strangers_are_asked_to_sign_in_and_others_refused(announced, client, person, address):
    address = address.format(announced().pk)
    response = client.get(address)
    assert (response.status_code, response["Location"]) == (302, f"/accounts/sign-in/?next={address}")
    client.force_login(person("member"))
    response = client.get(address)
    assert response.status_code == 403
    assert "Your account lacks the permission." in words(response)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("action", BUTTONS)
def test_each_button_is_for_those_with_its_permission(at_state, client, sign_in, role, action):
    """In a state in which the button is there, it is shown to its role alone, and works for no other."""
    state = sorted(BUTTONS[action].states)[0]
    cutoff = at_state(state)
    sign_in(role)
    body = client.get(f"/cutoffs/{cutoff.pk}/").content.decode()
    page = f"/cutoffs/{cutoff.pk}/announce/" if action == "announce" else f"/do/{action}/"
    assert (page in body) == (WHOSE[action] == role)
    response = press(client, cutoff, action)
    assert response.status_code == (302 if WHOSE[action] == role else 403)
    if WHOSE[action] != role:
        assert Cutoff.objects.get().state == state


def test_each_button_is_there_in_its_states_and_leads_where_the_table_allows():
    states = {name: set(action.states) for name, action in BUTTONS.items()}
    assert states == {
        "announce": {State.DRAFT},
        "dry-run": {State.DRAFT, State.ANNOUNCED, State.SETTLING},
        "release": {State.HELD},
        "cut-again": {State.HELD},
        "retry": {State.FAILED},
        "train": {State.EXPORTED},
        "publish": {State.TRAINING},
        "pull": {State.SNAPSHOTTING},
        "cancel": {
            State.DRAFT,
            State.ANNOUNCED,
            State.SETTLING,
            State.SNAPSHOTTING,
            State.HELD,
            State.FAILED,
        },
    }
    assert states["cancel"] == {state for state, after in TRANSITIONS.items() if State.CANCELLED in after}


def test_buttons_are_pressed_not_followed(announced, client, sign_in):
    sign_in("scheduler")
    assert client.get(f"/cutoffs/{announced().pk}/do/cancel/").status_code == 405
    assert press(client, announced(), "no-such-thing").status_code == 404


# What happens while a snapshot waits for data


def test_who_waits_for_data_hears_which_and_can_pull_or_call_it_off(
    at_state, client, sign_in, settings, monkeypatch
):
    cutoff = at_state(State.SETTLING)
    services.advance_due(CUTOFF_AT)
    sign_in("scheduler")
    address = f"/cutoffs/{cutoff.pk}/"
    assert (
        "The snapshot needs a lake whose records reach 20 January 2027, 00:00 UTC. The lake has not been"
        " looked at yet. If this stays for minutes, it is empty, or no worker runs. Pull,"
        " or load newer files with this command; it goes on within a minute. python -m exporter ingest FILES"
    ) in words(client.get(address))
    Snapshot.objects.update(data_until=ANNOUNCED_AT)
    assert "The newest one is of 1 December 2026, 09:00 UTC." in words(client.get(address))

    sent, answers = [], [False, True]
    monkeypatch.setattr(asking, "send", lambda task: sent.append(task) or answers[len(sent) - 1])
    assert said(press(client, cutoff, "pull")) == [
        "This portal does not pull (LEAFLINE_PULL): load files into the lake instead."
    ]
    settings.PULL = True
    assert said(press(client, cutoff, "pull"))[1:] == [
        "The broker of tasks does not answer: try again in some minutes."
    ]
    press(client, cutoff, "pull")
    assert sent == ["sync.pull", "sync.pull"]

    press(client, cutoff, "cancel", "The disk is full.")
    cutoff.refresh_from_db()
    assert cutoff.state == State.CANCELLED
    (snapshot,) = queries.snapshots(cutoff)
    assert (snapshot.step, snapshot.finished_at) == ("failed", ANNOUNCED_AT)
    # A worker that had read it before neither begins it nor takes the end of it away.
    late = Snapshot(pk=snapshot.pk, cutoff=cutoff, number=1)
    recording.record_look(late, 3)
    assert not recording.pin_snapshot(late, 3)
    assert services.fail_snapshot(snapshot, "too late").state == State.CANCELLED
    snapshot.refresh_from_db()
    assert (snapshot.lake_version, snapshot.looked_at_version) == (None, None)


def test_a_snapshot_that_has_its_data_is_not_called_off(at_state, client, sign_in):
    cutoff = at_state(State.SETTLING)
    services.advance_due(CUTOFF_AT)
    assert recording.pin_snapshot(Snapshot.objects.get(), 1)
    sign_in("scheduler")
    assert said(press(client, cutoff, "cancel")) == [
        "The snapshot is being made already: wait until it is done."
    ]
    cutoff.refresh_from_db()
    assert cutoff.state == State.SNAPSHOTTING


# A life, from the pages


def test_a_cutoff_is_drafted_announced_and_cancelled(client, sign_in):
    sign_in("scheduler")
    response = client.post(NEW, FILLED)
    cutoff = Cutoff.objects.get()
    assert response["Location"] == f"/cutoffs/{cutoff.pk}/"
    assert (cutoff.state, cutoff.cutoff_at, cutoff.settle_days) == ("draft", CUTOFF_AT, 14)
    press(client, cutoff, "announce")
    press(client, cutoff, "cancel", "The disk is full.")
    assert [(event.after, event.by.username, wording.note(event)) for event in queries.events(cutoff)] == [
        ("draft", "scheduler", ""),
        ("announced", "scheduler", ""),
        ("cancelled", "scheduler", "The disk is full."),
    ]
    log = words(client.get("/cutoffs/desk/"))
    assert "Winter 2027 : cancelled The disk is full. 1 December 2026, 09:00 UTC, scheduler" in log


def test_what_cannot_be_done_is_said(draft, client, sign_in):
    sign_in("scheduler")
    late = draft(cutoff_at=ANNOUNCED_AT)
    response = press(client, late, "announce")
    assert said(response) == [
        "The settling window would begin on 2026-11-17 09:00 UTC, which is past: choose a later cutoff,"
        " or fewer days to settle."
    ]
    assert "which is past" in words(client.get(response["Location"]))
    assert said(press(client, late, "cancel", text=" ")) == ["Add a reason: Why, for everybody to read."]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 101),
        ("cutoff_at", "soon"),
        ("cutoff_at", ""),
        ("settle_days", "-1"),
        ("settle_days", "91"),
        ("settle_days", "x"),
        ("criteria", "inat-1999"),
        ("audience", "friends"),
        ("note", "x" * 2001),
    ],
)
def test_a_bad_value_is_said_beside_its_field(client, sign_in, field, value):
    sign_in("scheduler")
    response = client.post(NEW, FILLED | {field: value})
    assert response.status_code == 200
    assert f'id="id_{field}_error"' in response.content.decode()
    assert not Cutoff.objects.exists()


def test_an_announced_cutoff_is_moved_and_its_rule_is_not(announced, client, sign_in):
    sign_in("scheduler")
    cutoff = announced()
    address = f"/cutoffs/{cutoff.pk}/edit/"
    assert re.search(r'name="criteria"[^>]*disabled', client.get(address).content.decode())
    client.post(address, FILLED | {"cutoff_at": "2027-02-01T06:30", "criteria": "inat-2021"})
    cutoff.refresh_from_db()
    assert (cutoff.cutoff_at, cutoff.criteria, cutoff.sequence) == (
        datetime.fromisoformat("2027-02-01T06:30Z"), "inat-2022", 1,
    )  # fmt: skip


def test_a_move_into_the_past_is_said_on_the_form(announced, client, sign_in):
    sign_in("scheduler")
    cutoff = announced()
    response = client.post(f"/cutoffs/{cutoff.pk}/edit/", FILLED | {"cutoff_at": "2026-12-10T00:00"})
    assert "which is past" in words(response)
    cutoff.refresh_from_db()
    assert cutoff.cutoff_at == CUTOFF_AT


def test_the_desk_has_what_waits(at_state, client, sign_in):
    sign_in("viewer")
    assert "Nothing is held or failed." in words(client.get("/cutoffs/desk/"))
    at_state(State.HELD, name="In doubt")
    at_state(State.FAILED, name="Broken")
    assert re.findall(r"(In doubt|Broken) (Held for review|Failed)", words(client.get("/cutoffs/desk/"))) == [
        ("In doubt", "Held for review"),
        ("Broken", "Failed"),
    ]


def test_the_desk_asks_the_database_as_often_for_many_as_for_few(
    at_state, client, sign_in, django_assert_max_num_queries
):
    sign_in("viewer")
    for number in range(12):
        at_state(State.HELD, name=f"Number {number}")
    with django_assert_max_num_queries(8):
        client.get("/cutoffs/desk/")


def test_a_refused_edit_heads_the_page_with_the_stored_name(announced, client, sign_in):
    cutoff = announced()
    sign_in("scheduler")
    form = {
        "name": "Not saved", "cutoff_at": "2020-01-01T00:00", "settle_days": "14", "audience": "public",
        "minimum_identifications": "1000", "hold": "alarm",
    }  # fmt: skip
    page = client.post(f"/cutoffs/{cutoff.pk}/edit/", form)
    assert "Change “Winter 2027”" in words(page)
    assert 'value="Not saved"' in page.content.decode()
    cutoff.refresh_from_db()
    assert cutoff.name == "Winter 2027"


@pytest.mark.parametrize("is_simulated", [False, True])
def test_a_cutoff_of_a_simulated_world_says_so_everywhere(world, client, sign_in, is_simulated):
    Refresh.objects.update(is_simulated=is_simulated)
    sign_in("scheduler")
    form = {
        "name": "Winter 2040", "cutoff_at": "2040-01-01T00:00", "settle_days": "14", "audience": "public",
        "criteria": "inat-2022", "minimum_identifications": "1000", "hold": "alarm",
    }  # fmt: skip
    client.post("/cutoffs/new/", form)
    cutoff = services.announce(Cutoff.objects.get(), by=None)
    client.logout()
    (answer,) = client.get("/api/v1/cutoffs/").json()["results"]
    assert answer["is_simulated"] == is_simulated
    page = words(client.get(f"/cutoffs/{cutoff.pk}/"))
    assert ("Simulated: an example, no date of iNaturalist’s." in page) == is_simulated
