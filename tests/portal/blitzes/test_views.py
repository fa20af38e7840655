"""Pages of blitzes: proposing, answering, claiming, and what they tell."""

import re

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from portal.batches.models import Batch
from portal.blitzes import queries, services
from portal.blitzes.models import Blitz, Measurement
from portal.blitzes.states import State
from portal.blitzes.wording import changed, expected
from tests.portal.blitzes.conftest import BOMBUS, DAY, EXPECTED, INSECTA, WORDS
from tests.portal.blitzes.test_batches import take
from tests.portal.hotspots.findings import IMPATIENS, entry, make_found
from tests.portal.hotspots.test_open_data import OTHER, SITE, SURROGATE, UUID
from tests.portal.taking_over import take_over_hotspots

#: For a stranger, and for somebody who is signed in.
MOST_QUERIES, MOST_SIGNED_IN = 16, 19


@pytest.fixture
def now():
    return timezone.now().replace(microsecond=0)


@pytest.fixture
def open_blitz(propose, now):
    """A blitz that is under way today."""

    def open_blitz(**values):
        dates = {"starts_at": now - DAY, "ends_at": now + 7 * DAY, "now": now - 2 * DAY}
        return services.approve(propose(**dates | values), by=None, now=now - DAY)

    return open_blitz


@pytest.fixture
def measured(open_blitz, now):
    """The same, measured once since it began."""
    blitz = open_blitz()
    values = {"looked_at": 12, "moved": 5, "moved_photos": 8, "off_list": 9, "data_as_of": now}
    services.record(blitz, now, {**EXPECTED, **values, "expected_wrong": 50.2, "labels": 530})
    return blitz


def proposal(now, **values):
    given = {
        **WORDS,
        "clade": "Bombus",
        "cutoff": "",
        "starts_at": f"{now:%Y-%m-%dT%H:%M}",
        "ends_at": f"{now + DAY:%Y-%m-%dT%H:%M}",
    }
    return given | values


def text_of(response):
    """What a page says, blanks put together."""
    return " ".join(re.sub(r"<[^>]*>", " ", response.content.decode()).split())


# Proposing and answering


def test_somebody_proposes_and_staff_approve(client, hotspots, ida, anna, now):
    client.force_login(ida)
    response = client.post("/blitzes/new/", proposal(now), follow=True)
    blitz = Blitz.objects.get()
    assert response.redirect_chain == [(f"/blitzes/{blitz.pk}/", 302)]
    assert "It waits for an answer. Nobody else sees it." in text_of(response)
    assert (blitz.clade_id, blitz.proposer, blitz.cutoff, blitz.criteria) == (BOMBUS, ida, None, "inat-2022")
    assert {name: getattr(blitz, name) for name in WORDS} == WORDS
    client.force_login(anna)
    assert "Waiting for your answer" in text_of(client.get("/blitzes/"))
    client.post(f"/blitzes/{blitz.pk}/do/approve/")
    blitz.refresh_from_db()
    assert blitz.state == State.RUNNING


def test_a_declined_proposal_tells_its_proposer_why(client, propose, ida, anna):
    blitz = propose()
    client.force_login(anna)
    address = f"/blitzes/{blitz.pk}/"
    assert "Add a reason" in text_of(client.post(f"{address}do/decline/", follow=True))
    client.post(f"{address}do/decline/", {"text": "Too wide."})
    client.force_login(ida)
    assert "Declined: Too wide." in text_of(client.get(address))


def test_who_may_press_which_button(client, propose, ida, anna, person):
    blitz = propose()
    address = f"/blitzes/{blitz.pk}/do/"
    client.force_login(ida)
    assert client.post(f"{address}approve/").status_code == 403
    assert client.post(f"{address}explode/").status_code == 404
    assert client.get(f"{address}withdraw/").status_code == 405
    client.force_login(anna)
    assert client.post(f"{address}withdraw/").status_code == 403
    client.force_login(ida)
    client.post(f"{address}withdraw/")
    assert "cannot become" in text_of(client.post(f"{address}withdraw/", follow=True))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"clade": "no such thing"}, "No taxon has that name or ID."),
        ({"clade": "900003"}, "No observation of Two-spotted Lady Beetles and Allies stands out"),
        ({"title": "x" * 101}, "at most 100 characters"),
        ({"title": "\0"}, "This field is required."),
        ({"purpose": "x" * 1001}, "at most 1000 characters"),
        ({"ends_at": "2020-01-01T00:00"}, "It ends before it begins"),
        ({"starts_at": "soon"}, "Enter a valid date/time."),
        ({"cutoff": "999"}, "That choice is not one of the available choices."),
    ],
)
def test_bad_proposals_are_told_in_a_line_and_nothing_is_kept(client, hotspots, ida, now, values, words):
    client.force_login(ida)
    response = client.post("/blitzes/new/", proposal(now, **values))
    assert response.status_code == 200
    assert words in text_of(response)
    assert not Blitz.objects.exists()


def test_the_address_may_name_the_clade(client, hotspots, ida):
    client.force_login(ida)
    assert 'value="Bombus"' in client.get(f"/blitzes/new/?clade={BOMBUS}").content.decode()
    assert client.get("/blitzes/new/?clade=%00").status_code == 200


def test_markup_in_words_stays_words(client, open_blitz):
    blitz = open_blitz(
        title="<script>x</script>", purpose="<b>all</b>\n\nof it", for_whom="<i>", shown_as="<u>"
    )
    page = client.get(f"/blitzes/{blitz.pk}/").content.decode()
    for markup in ("<script>x", "<b>all", "<i>", "<u>"):
        assert markup not in page
    assert "&lt;script&gt;x" in page


# Batches


def test_a_batch_is_taken_and_its_page_opened(client, open_blitz, ida):
    blitz = open_blitz()
    address = f"/blitzes/{blitz.pk}/"
    client.force_login(ida)
    assert "2 batches are free: 35 observations. 0 are held now." in text_of(client.get(address))
    response = client.post(f"{address}claim/")
    batch = Batch.objects.get()
    assert response.url == f"/batches/{batch.pk}/"
    page = text_of(client.get(address))
    assert "1 batch is free: 5 observations. 1 is held now." in page
    assert "Open your batch of 30" in page
    assert f'From: <a href="{address}">{blitz.title}</a>' in client.get(response.url).content.decode()


def test_who_is_not_signed_in_takes_one_too(client, open_blitz):
    address = f"/blitzes/{open_blitz().pk}/"
    page = client.get(address)
    assert "Take the next batch of 30" in text_of(page)
    assert not client.cookies
    assert client.post(f"{address}claim/").status_code == 302
    assert Batch.objects.get().holder.user is None


@pytest.mark.parametrize("asked", [{"label": "x"}, {"label": "-1"}, {"label": "9" * 30}, {"place": "moon"}])
def test_a_batch_of_what_there_is_not_is_refused_in_a_line(client, open_blitz, ida, asked):
    client.force_login(ida)
    page = client.post(f"/blitzes/{open_blitz().pk}/claim/", asked, follow=True)
    assert "There is no such label or place" in text_of(page)
    assert not Batch.objects.exists()


def test_nobody_is_made_to_take_one_by_another_site(client, open_blitz):
    address = f"/blitzes/{open_blitz().pk}/claim/"
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}):
        assert client.post(address, headers=headers).status_code == 403
    assert not Batch.objects.exists()


# What is told


def test_what_it_changed_is_said_with_its_interval(client, measured):
    said = text_of(client.get(f"/blitzes/{measured.pk}/"))
    assert "About 61 of 540 observations under hotspot labels are expected to be wrong (48 to 78)" in said
    assert "About 50 of 530 observations under hotspot labels are expected to be wrong (48 to 78)" in said
    assert "34\xa0% of its list looked at" in client.get(f"/blitzes/{measured.pk}/").content.decode()


def test_no_person_is_named_but_by_the_name_that_was_chosen(client, measured, ida, anna):
    take(measured, ida, now=timezone.now())
    said = text_of(client.get(f"/blitzes/{measured.pk}/"))
    assert "Proposed by Ida." in said
    assert not {"ida", "anna"} & set(re.findall(r"\w+", said))
    Blitz.objects.update(shown_as="")
    assert "Proposed by" not in text_of(client.get(f"/blitzes/{measured.pk}/"))


def test_words_of_one_and_of_many():
    one = Measurement(looked_at=1, moved=1, moved_photos=3, **EXPECTED)
    assert changed(one) == "1 label was looked at since it began; 1 was moved away, with 3 photos."
    assert (
        expected(one)
        == "About 61 of 540 observations under hotspot labels are expected to be wrong (48 to 78)"
    )
    many = Measurement(looked_at=1200, moved=0, moved_photos=0)
    assert changed(many) == "1,200 labels were looked at since it began; 0 were moved away, with 0 photos."


def test_home_shows_three_under_way(client, open_blitz, person):
    for number in range(4):
        open_blitz(by=person(f"person {number}"), title=f"Number {number}")
    said = text_of(client.get("/"))
    assert [f"Number {number}" in said for number in range(4)] == [True, True, True, False]


@pytest.mark.parametrize("address", ["/blitzes/", "/", "/hotspots/118970/", "/taxa/118970/"])
def test_without_blitzes_pages_stand(client, hotspots, address):
    assert client.get(address).status_code == 200


def test_the_number_of_queries_is_small_and_does_not_grow(
    client, open_blitz, person, anna, now, django_assert_max_num_queries
):
    address = "/blitzes/"
    for number in range(3):
        blitz = open_blitz(by=person(f"person {number}"))
        services.record(blitz, now, {**EXPECTED, "data_as_of": now})
    one = f"{address}{blitz.pk}/"
    for page in (address, one, "/", "/hotspots/118970/"):
        with django_assert_max_num_queries(MOST_QUERIES):
            client.get(page)
    client.force_login(anna)
    for page in (address, one, "/", "/hotspots/118970/"):
        with django_assert_max_num_queries(MOST_SIGNED_IN):
            client.get(page)


def test_lists_ask_the_same_however_many_there_are(open_blitz, person, now, django_assert_num_queries):
    for number in range(3):
        blitz = open_blitz(by=person(f"person {number}"), clade=(BOMBUS, INSECTA, BOMBUS)[number])
        services.record(blitz, now, {**EXPECTED, "data_as_of": now})
        with django_assert_num_queries(1):
            assert len(queries.under_way(AnonymousUser())) == number + 1


def test_a_batch_of_open_data_links_by_uuid_and_offers_no_identify(hotspots, open_blitz, client, ida):
    entries = [
        entry(SURROGATE, IMPATIENS, 0.9, observation_uuid=UUID),
        entry(-42, IMPATIENS, 0.8, observation_uuid=OTHER),
    ]
    take_over_hotspots(hotspots, {"inat-2022": make_found(entries=entries)})
    batch = take(open_blitz(), ida, now=timezone.now())
    client.force_login(ida)
    page = client.get(f"/batches/{batch.pk}/").content.decode()
    assert f'href="{SITE}{UUID}"' in page
    assert f'href="{SITE}{OTHER}"' in page
    assert str(-SURROGATE) not in page
    assert "in Identify" not in page
