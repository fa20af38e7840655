"""Choosing what is loaded from iNaturalist: who may, what it costs, what hostile input does, how it ends."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.utils import timezone, translation
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.lake import Lake
from exporter.messages import plain
from exporter.pull.client import Client
from exporter.pull.limiter import LIMITS, Limiter
from exporter.pull.lookups import Match
from exporter.pull.regions import Region
from portal.lake import wording as lake_wording
from portal.lake.models import Refresh
from portal.lake.requests import budget, memory
from portal.lifecycle import NotAllowedError
from portal.loads import lookups, mailing, queries, services, wording
from portal.loads.forms import ChoiceForm
from portal.loads.models import Load, State
from portal.sync import pulling
from portal.text import line
from tests.portal.taxa.test_views import words
from tests.standin.__main__ import simulated
from tests.standin.server import StandIn
from tests.standin.world import World

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
PLANTS, AMERICA = Match(47126, "Plantae", "Plants", "kingdom"), Match(97394, "North America")


@pytest.fixture(scope="module")
def records():
    return [{**record, "simulated": False} for record in simulated(40)]


@pytest.fixture
def inaturalist(settings, tmp_path, records, monkeypatch):
    settings.DATA_DIR, settings.LAKE_DIR = tmp_path, tmp_path / "lake"
    monkeypatch.setitem(Client.__init__.__kwdefaults__, "backoff_s", 0.001)
    monkeypatch.setattr(lookups, "ATTEMPTS", 1)
    monkeypatch.setitem(LIMITS, "requests", LIMITS["requests"][1:])
    with StandIn(World(records), requests=1_000, wait_s=0) as serving:
        settings.API_URL = serving.url
        yield serving


@pytest.fixture
def sent(monkeypatch):
    """The tasks that were sent to the broker, by name."""
    names = []
    monkeypatch.setattr("portal.lake.asking.send", lambda task: not names.append(task))
    return names


@pytest.fixture
def staff(django_user_model):
    return django_user_model.objects.create_superuser("anna", "anna@example.org", "a long password")


@pytest.fixture
def member(django_user_model):
    return django_user_model.objects.create_user("ben", "ben@example.org", "a long password")


def propose(by, region=None, place=AMERICA, now=None):
    region = region or Region(PLANTS.id, place.id if place else None, 248_000, 0 if place else 100)
    return services.propose(PLANTS, place, region, by=by, now=now)


# Choosing ----------------------------------------------------------------------------------------


def choose(client, **values):
    return client.post("/loads/new/", values)


def test_an_empty_portal_leads_to_the_choice(client, db):
    assert 'href="/loads/"' in client.get("/").content.decode()
    page = client.get("/loads/").content.decode()
    assert "No group was chosen yet." in page
    assert 'href="/loads/new/"' in page
    assert client.get("/loads/new/").url == "/accounts/sign-in/?next=/loads/new/"


@pytest.mark.parametrize(("who", "status"), [("STAFF", 403), ("MEMBERS", 200), ("OFF", 403)])
def test_the_setting_says_whether_anybody_signed_in_may_choose(
    client, inaturalist, member, settings, who, status
):
    settings.LOADS = who
    client.force_login(member)
    assert client.get("/loads/new/").status_code == status
    assert ("Choose a group to load" in client.get("/loads/").content.decode()) == (status == 200)


def test_where_it_is_off_staff_may_not_either(client, inaturalist, staff, settings):
    settings.LOADS = "OFF"
    client.force_login(staff)
    assert client.get("/loads/new/").status_code == 403


def test_names_that_are_clear_lead_to_what_it_costs(client, inaturalist, staff):
    client.force_login(staff)
    load = Load.objects.get(pk=choose(client, clade="PLANTAE", place="north").url.split("/")[2])
    assert (load.taxon_id, load.taxon_name, load.place_id, load.place_name, load.state) == (
        47126, "Plantae", 97394, "North America", "proposed",
    )  # fmt: skip
    assert load.observations > 0
    assert [requested.path for requested in inaturalist.log] == [
        "/v1/taxa/autocomplete",
        "/v1/places/autocomplete",
        "/v1/observations",
    ]
    assert budget().spent("requests")[86_400.0] == 3


def test_several_of_a_name_are_offered_and_another_text_chooses_anew(client, inaturalist, staff):
    client.force_login(staff)
    page = choose(client, clade="a").content.decode()
    assert "Which taxon do you mean?" in page
    assert page.count('name="taxon_id"') == 10
    chosen = {"clade": "a", "offered_clade": "a", "taxon_id": "47126"}
    assert choose(client, **chosen).url.startswith("/loads/")
    assert Load.objects.get().taxon_id == 47126
    page = choose(client, **chosen | {"clade": "nothing is called so"}).content.decode()
    assert "iNaturalist knows no taxon by that name or id." in page


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"clade": ""}, "This field is required."),
        ({"clade": "9" * 30}, "iNaturalist knows no taxon by that name or id."),
        ({"clade": "x" * 201}, "Ensure this value has at most 200 characters (it has 201)."),
        ({"clade": "plantae", "place": "Atlantis"}, "iNaturalist knows no place whose name begins so"),
        ({"clade": "plantae", "taxon_id": "-1"}, ""),
        ({"clade": "plantae", "place": "Oceania", "place_id": "' OR 1=1", "offered_place": "x"}, ""),
        ({"clade": "<script>alert(1)</script>"}, "iNaturalist knows no taxon by that name or id."),
    ],
)
def test_what_makes_no_sense_is_said_in_words(client, inaturalist, staff, values, said):
    client.force_login(staff)
    response = choose(client, **values)
    assert response.status_code in (200, 302)
    if said:
        assert said in words(response)
    assert b"<script>alert" not in response.content


@settings(max_examples=60)
@given(
    values=st.fixed_dictionaries(
        {},
        optional={
            name: st.text(max_size=220) | st.from_regex(r"-?[0-9]{1,40}", fullmatch=True)
            for name in ("clade", "place", "taxon_id", "place_id", "offered_clade", "offered_place")
        },
    )
)
def test_a_form_of_any_text_is_read_without_a_fault(values):
    form = ChoiceForm(values)
    if form.is_valid():
        for selected in (form.wanted_taxon(), form.wanted_place()):
            assert selected == line(selected)
            assert len(selected) <= 200
        assert form.one_of([PLANTS], "clade") == PLANTS


@pytest.mark.parametrize("fault", ["html", "500", "truncated"])
def test_an_inaturalist_that_does_not_answer_is_said_in_words(client, inaturalist, staff, fault):
    client.force_login(staff)
    inaturalist.faults.every(1, [fault])
    page = words(choose(client, clade="plantae"))
    assert "iNaturalist does not answer now. Try again in a few minutes." in page
    assert Load.objects.count() == 0


def test_a_budget_that_is_spent_is_said_with_its_end(client, inaturalist, staff):
    client.force_login(staff)
    Limiter(budget()._path).hold("requests", 3_600)
    assert "The requests to iNaturalist are spent or paused: try again after" in words(
        choose(client, clade="plantae")
    )
    assert inaturalist.log == []


def test_too_many_look_ups_wait_an_hour(client, inaturalist, staff, monkeypatch):
    client.force_login(staff)
    monkeypatch.setattr("portal.loads.views.LOOKUPS_PER_HOUR", 0)
    assert choose(client, clade="plantae").status_code == 429


def test_nothing_real_is_mixed_into_a_simulated_world(client, inaturalist, staff, settings):
    with Lake(settings.LAKE_DIR).staging() as staging:
        staging.is_simulated = True
        Lake(settings.LAKE_DIR).upsert(staging)
    client.force_login(staff)
    assert "Real observations are not mixed into it" in words(client.get("/loads/new/"))
    assert "Real observations are not mixed into it" in words(choose(client, clade="plantae"))
    with pytest.raises(NotAllowedError):
        propose(staff)


# Costs -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("observations", "left", "said"),
    [
        (247_600, 9_500, "1,240 requests, about 25 minutes of today’s budget."),
        (1, 9_500, "3 requests, about 1 minute of today’s budget."),
        (90_000, 452, "452 requests, about 9 minutes of today’s budget."),
        (
            247_600,
            240,
            "1,240 requests; today’s budget leaves 240. It takes about 2 days, as the budget allows.",
        ),
    ],
)
def test_the_cost_is_in_requests_and_time(observations, left, said):
    assert wording.cost(Load(taxon_id=3, place_id=5, observations=observations, taxa=0), left) == said


def test_what_is_too_large_or_empty_is_refused_by_what_each_may(inaturalist, staff, member):
    assert propose(staff).region.requests == 1_242
    with pytest.raises(
        NotAllowedError, match=r"^It takes 1,242 requests, and you may load what takes 500 at"
    ):
        propose(member)
    with pytest.raises(NotAllowedError, match="no observations there"):
        propose(staff, Region(PLANTS.id, 5, 0))
    with pytest.raises(NotAllowedError, match="9,500 at most"):
        propose(staff, Region(PLANTS.id, 5, 2_000_000))


def test_choosing_twice_is_one_proposal_and_what_is_started_is_shown(inaturalist, staff, member, sent):
    one = propose(staff, now=NOW - timedelta(hours=3))
    again = propose(staff)
    assert (again.pk, Load.objects.count()) == (one.pk, 1)
    services.start(again, by=staff)
    assert propose(member, Region(PLANTS.id, AMERICA.id, 5)) == again


# Starting and stopping ---------------------------------------------------------------------------


def test_a_proposal_is_its_owner_s_alone(client, inaturalist, staff, member, django_user_model):
    load = propose(member, Region(PLANTS.id, AMERICA.id, 5))
    assert client.get(f"/loads/{load.pk}/").status_code == 404
    client.force_login(django_user_model.objects.create_user("carl"))
    for address in ("", "progress/"):
        assert client.get(f"/loads/{load.pk}/{address}").status_code == 404
    for address in ("start/", "stop/"):
        assert client.post(f"/loads/{load.pk}/{address}").status_code == 404
    assert "Plantae" not in client.get("/loads/").content.decode()


def test_what_is_started_may_be_seen_by_all_and_stopped_by_few(client, inaturalist, staff, member, sent):
    load = propose(staff)
    services.start(load, by=staff)
    assert sent == ["sync.pull"]
    page = client.get(f"/loads/{load.pk}/").content.decode()
    assert "It waits for its turn" in page
    assert "anna" not in page
    client.force_login(member)
    assert client.post(f"/loads/{load.pk}/stop/").status_code == 403
    client.force_login(staff)
    client.post(f"/loads/{load.pk}/stop/")
    load.refresh_from_db()
    assert load.state == State.STOPPED
    assert queries.regions() == []
    assert not queries.are_waiting()


def test_starting_twice_starts_once(client, inaturalist, staff, sent):
    load = propose(staff)
    client.force_login(staff)
    for _ in range(2):
        response = client.post(f"/loads/{load.pk}/start/", {"is_mailed": "on"}, follow=True)
    assert "It is loaded already." in words(response)
    assert sent == ["sync.pull"]
    assert Load.objects.get().is_mailed


def test_a_member_loads_one_group_at_a_time(inaturalist, member, sent, settings):
    settings.LOADS = "MEMBERS"
    for place in (14, 97391):
        load = services.propose(PLANTS, Match(place, "x"), Region(PLANTS.id, place, 5), by=member)
        if place == 14:
            services.start(load, by=member)
    with pytest.raises(NotAllowedError, match="You are loading 1 group already"):
        services.start(load, by=member)


def test_an_old_proposal_is_not_started_and_forgotten_later(inaturalist, staff, sent):
    load = propose(staff, now=NOW)
    with pytest.raises(NotAllowedError, match="counted more than a day ago"):
        services.start(load, by=staff, now=NOW + timedelta(hours=25))
    services.advance(NOW + timedelta(days=6))
    assert Load.objects.count() == 1
    services.advance(NOW + timedelta(days=8))
    assert Load.objects.count() == 0


# Loading -----------------------------------------------------------------------------------------


def loaded(inaturalist, staff, settings, **values):
    """A load whose observations are in the lake, pulled while upkeep is off."""
    settings.PULL = False
    ids = inaturalist.world.ids(frozenset([PLANTS.id]))
    load = propose(staff, Region(PLANTS.id, None, len(ids), 10), place=None)
    services.start(load, by=staff, **values)
    done = pulling.pull()
    assert [(step["name"], step["given"] > 0) for step in done.plan][:2] == [
        ("loads", True),
        ("changes", False),
    ]
    with Lake(settings.LAKE_DIR).connect() as lake:
        assert lake.sql("SELECT count(*) FROM observations").fetchall() == [(len(ids),)]
    load.refresh_from_db()
    return load


def test_it_is_pulled_counted_and_mailed_once(inaturalist, staff, settings, sent):
    load = loaded(inaturalist, staff, settings, is_mailed=True, language="es")
    assert load.state == State.COUNTING
    assert pulling.pull() is None
    services.advance()
    services.advance()
    assert sent == ["sync.pull", "sync.refresh"]
    assert mail.outbox == []
    now = timezone.now()
    Refresh.objects.create(started_at=now, finished_at=now, state="done", data_as_of=now, lake_version=1)
    services.advance()
    load.refresh_from_db()
    assert load.state == State.READY
    for _ in range(2):
        mailing.send_due()
    (sent_mail,) = mail.outbox
    assert sent_mail.to == ["anna@example.org"]
    assert f"/hotspots/?clade={PLANTS.id}" in sent_mail.body
    assert f"/loads/{load.pk}/" in sent_mail.body


def test_a_refresh_from_before_does_not_make_it_ready(inaturalist, staff, settings, sent):
    before = timezone.now()
    Refresh.objects.create(
        started_at=before, finished_at=before, state="done", data_as_of=before, lake_version=1
    )
    load = loaded(inaturalist, staff, settings)
    services.advance()
    load.refresh_from_db()
    assert load.state == State.COUNTING


def test_a_mail_that_fails_is_tried_again_and_names_nobody_in_the_log(
    inaturalist, staff, sent, monkeypatch, caplog
):
    now = timezone.now()
    load = propose(staff)
    values = {"started_at": now, "loaded_at": now, "ready_at": now, "state": State.READY, "is_mailed": True}
    Load.objects.filter(pk=load.pk).update(**values)
    monkeypatch.setattr("django.core.mail.EmailMessage.send", lambda self: _refuse())
    mailing.send_due()
    assert caplog.messages == [f"Mail about load {load.pk} not sent: ConnectionRefusedError"]
    monkeypatch.undo()
    mailing.send_due()
    assert len(mail.outbox) == 1


def _refuse():
    raise ConnectionRefusedError("anna@example.org")


def test_a_place_that_inaturalist_refuses_fails_alone(inaturalist, staff, settings, sent):
    settings.PULL = False
    gone, there = Region(PLANTS.id, 5, 5), Region(PLANTS.id, AMERICA.id, 5)
    loads = [services.propose(PLANTS, Match(each.place_id, "x"), each, by=staff) for each in (gone, there)]
    for load in loads:
        services.start(load, by=staff)
    services.record_progress(memory(), {gone: plain("refused with 422")})
    assert [(each.state, each.failure) for each in Load.objects.order_by("id")] == [
        ("failed", plain("refused with 422")),
        ("loading", []),
    ]


def test_progress_is_told_in_observations(inaturalist, staff, sent):
    load = propose(staff)
    services.start(load, by=staff)
    load.refresh_from_db()
    walk = memory().start_walk([PLANTS.id], None, AMERICA.id)
    memory().advance(walk, 77, 124_000)
    memory().note_fetched(walk, 124_000)
    result = wording.progress(load, memory())
    assert (result.percent, result.words) == (
        50,
        "124,000 of 248,000 observations have come; about 15 minutes to go.",
    )
    assert [step["status"] for step in result.steps] == ["now", "ahead", "ahead"]


def test_pages_say_which_clades_are_known_from_some_places_only(inaturalist, staff, sent):
    load = propose(staff)
    assert queries.parts_of_clades() == []
    services.start(load, by=staff)
    parts = queries.parts_of_clades()
    assert parts == [("Plantae", "North America", PLANTS.id)]
    with translation.override("en"):
        assert lake_wording.ages([{"source": "api", "observations": 5, "parts": parts}]) == [
            "Of Plantae only the observations from North America were loaded: counts are lower bounds."
        ]
        counted = [{"source": "api", "observations": 5, "parts": parts}]
        assert len(lake_wording.parts(counted, {PLANTS.id, 5})) == 1
        assert lake_wording.parts(counted, {5}) == []
        assert len(lake_wording.parts([{"source": "api", "parts": [["Plantae", "North America"]]}])) == 1
    services.stop(load)
    assert queries.parts_of_clades() == parts, "what is loaded stays"
    whole = propose(staff, place=None)
    now = timezone.now()
    Load.objects.filter(pk=whole.pk).update(state=State.READY, started_at=now, loaded_at=now)
    assert queries.parts_of_clades() == []
