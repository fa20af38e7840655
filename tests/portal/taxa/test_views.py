"""The pages as a browser gets them: what they say, and what they make of a bad address."""

import re
from html import unescape

import pytest
from django.urls import reverse

from portal.lake.models import Refresh
from portal.taxa.models import Readiness, ReadinessHistory, Taxon
from portal.taxa.services import count_margins
from tests.portal.world import READINESS

HOME = "/"
LIST = "/readiness/"


def words(response):
    """The page's text, blanks folded."""
    body = response.content.decode()
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body.partition("<body>")[2] or body)))


def links(response):
    return [unescape(result) for result in re.findall(r'<a\b[^>]*?href="([^"]*)"', response.content.decode())]


def every_page():
    tabs = [f"{LIST}?tab={tab}&criteria=inat-2021" for tab in ("near", "included", "losing", "dropped")]
    taxa = [f"/taxa/{row[0]}/" for row in READINESS]
    return [HOME, *tabs, *taxa, "/taxa/900003/", "/search/", "/search/?q=bee", "/search/suggest/?q=bee"]


# Every page


@pytest.mark.parametrize("address", every_page())
def test_pages_open(world, client, address):
    assert client.get(address).status_code == 200


@pytest.mark.parametrize("address", [HOME, LIST, "/taxa/57516/", "/search/?q=bee"])
def test_pages_say_where_their_numbers_come_from(world, client, address):
    text = words(client.get(address))
    assert "Data: iNaturalist open data, iNaturalist API, as of 1 November 2026." in text
    assert "Lake version 7; counted 1 November 2026, 06:30 UTC." in text
    assert "Simulated data." in text
    assert "≥ marks a lower bound" in text


def test_real_data_are_not_called_simulated(world, client):
    Refresh.objects.update(is_simulated=False, has_lower_bounds=False)
    text = words(client.get(HOME))
    assert "imulated" not in text
    assert "lower bound" not in text


@pytest.mark.parametrize("address", [HOME, LIST])
def test_without_data_a_page_says_how_to_load_some(db, client, address):
    response = client.get(address)
    assert response.status_code == 200
    assert "python manage.py refresh" in words(response)


@pytest.mark.parametrize(
    "address", [HOME, LIST, "/tree/", "/taxa/57516/", "/search/?q=bee", "/taxa/5/", "/nowhere/"]
)
def test_no_page_has_inline_style_or_script(world, client, address):
    body = client.get(address).content.decode()
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|<script(?![^>]*\ssrc=)", body)


BAD_LISTS = (
    "tab=nothing", "status=nothing", "criteria=nothing", "sort=nothing",
    "within=-1", "within=x", "within=1e9", "within=" + "9" * 40, "within=%00",
    "clade=%00", "clade=no-such-taxon", "clade=" + "9" * 40, "clade=" + "x" * 5000,
    "page=0", "page=-1", "page=x", "page=99", "page=" + "9" * 40, "page=%00",
)  # fmt: skip
BAD_ADDRESSES = [
    "/?criteria=%00",
    "/?criteria=" + "x" * 5000,
    *(f"/readiness/?{query}" for query in BAD_LISTS),
    "/taxa/57516/?criteria=nothing",
    "/search/?q=%00",
    "/search/?q=" + "x" * 5000,
]


@pytest.mark.parametrize("address", BAD_ADDRESSES, ids=lambda address: address[:40])
def test_a_bad_parameter_is_left_out_and_said_so(world, client, address):
    response = client.get(address)
    assert response.status_code == 200
    assert '<ul class="notices"' in response.content.decode()


@pytest.mark.parametrize("query", ["q=%00", "clade=%00", "q=" + "9" * 40, "q=" + "x" * 5000, "", "q=%25"])
def test_no_suggestion_is_no_error(world, client, query):
    assert client.get(f"/search/suggest/?{query}").status_code == 200
    assert client.get(f"/readiness/suggest/?{query}").status_code == 200


@pytest.mark.parametrize("taxon_id", [0, 5, 10**18, 10**30])
def test_an_unknown_taxon_gets_a_page_that_helps(world, client, taxon_id):
    response = client.get(f"/taxa/{taxon_id}/")
    assert response.status_code == 404
    assert f"Taxon {taxon_id} is not here" in words(response)
    assert f"https://www.inaturalist.org/taxa/{taxon_id}" in links(response)


def test_an_unknown_address_gets_a_page_that_helps(world, client, settings):
    settings.DEBUG = False
    response = client.get("/nowhere/")
    assert response.status_code == 404
    assert "There is no such page" in words(response)
    assert LIST in links(response)


def test_a_fault_gets_a_page_that_asks_nothing_of_the_database(client, monkeypatch):
    monkeypatch.setattr("portal.taxa.queries.searching.search", lambda *_: 1 / 0)
    client.raise_request_exception = False
    response = client.get("/search/suggest/?q=bee")
    assert response.status_code == 500
    assert "Something broke on our side" in words(response)


# Home


def test_home_answers_when_where_and_what(world, client):
    text = words(client.get(HOME))
    assert "When No cutoff is announced." in text
    assert "classes 3 near the line 4 at risk 2 unused 2" in text
    assert "Brown-belted Bumble Bee Bombus griseocollis" in text
    assert "12 more confirmed observations. 48 observations already there are not confirmed." in text
    assert "Buff-tailed Bumble Bee Bombus terrestris Became a class 1 November 2026" in text


# Readiness


def test_near_the_line_says_what_is_missing_and_why(world, client):
    text = words(client.get(LIST))
    assert "Near the line 4 Included 3 About to lose their class 2 Unused 2" in text
    assert (
        "Brown-belted Bumble Bee Bombus griseocollis 12 more confirmed observations."
        " Its genus has no class of its own, for Bombus impatiens and 1 more below it are classes:"
        " 110 photos unused." in text
    )
    assert "At most 2 more confirmed observations and 50 photos more." in text


def test_lower_bounds_are_marked_for_eyes_and_ears(world, client):
    assert "observations ≥ at least 55 of 60" in words(client.get(f"{LIST}?clade=48486"))


def test_identify_links_show_what_is_there_to_be_checked(world, client):
    assert (
        "https://www.inaturalist.org/observations/identify"
        "?reviewed=any&quality_grade=needs_id,research,casual&verifiable=any&captive=any&taxon_id=120215"
        in links(client.get(LIST))
    )


def test_a_list_keeps_its_filters_from_tab_to_tab(world, client):
    result = links(client.get(f"{LIST}?clade=Bombus&criteria=inat-2021&within=15"))
    assert "?clade=Bombus&criteria=inat-2021&tab=dropped" in result
    assert "/taxa/120215/?criteria=inat-2021" in result


def test_a_list_is_cut_into_pages(make_taxa, world, client):
    rows = [(number, 52775, f"Bombus sp{number}", "species", 10.0, "") for number in range(1000, 1026)]
    Taxon.objects.bulk_create(Taxon(id=row[0], parent_id=52775, ancestry="", name=row[2]) for row in rows)
    like = Readiness.objects.get(taxon_id=57516, criteria="inat-2022")
    for number, *_ in rows:
        like.pk, like.taxon_id = None, number
        like.save()
    count_margins("inat-2022")
    first = client.get(f"{LIST}?tab=included")
    assert "Page 1 of 2" in words(first)
    assert "?tab=included&page=2" in links(first)
    assert "Page 2 of 2" in words(client.get(f"{LIST}?tab=included&page=2"))


def test_an_empty_list_says_what_to_widen(world, client):
    response = client.get(f"{LIST}?clade=52775&status=short&within=0")
    assert "No taxon fits" in words(response)
    assert {
        "?clade=52775&status=short&within=50",
        "?clade=52775&within=0",
        "?status=short&within=0",
        LIST,
    } <= set(links(response))


# A taxon


@pytest.mark.parametrize(
    ("taxon_id", "verdict"),
    [
        (57516, "Included Stays a class even if it loses 2 observations."),
        (120215, "Unused Its genus has no class of its own, for Bombus impatiens and 1 more"),
        (48484, "Not enough data Needs at most 2 more confirmed observations and 50 photos more."),
        (900001, "Its photos teach the genus Sarcophaga ."),
        (
            52775,
            "Has classes below it Has no class of its own, for Bombus impatiens and 1 more below it are"
            " classes.",
        ),
        (900002, "Not eligible Hybrids are never classes."),
        (900003, "No usable observation of it, or of anything within it, is in the data yet."),
    ],
)
def test_a_taxon_s_page_says_how_it_stands(world, client, taxon_id, verdict):
    assert verdict in words(client.get(f"/taxa/{taxon_id}/"))


def test_a_taxon_s_page_draws_the_distance_to_the_line(world, client):
    text = words(client.get("/taxa/120215/"))
    assert (
        "Observations: 86 the line is at 60 Confirmed: 38 of 50 needed Photos: 110 the line is at 100" in text
    )
    assert "Observations: 86 of 100 needed" in words(client.get("/taxa/120215/?criteria=inat-2021"))


def test_a_taxon_s_page_shows_its_place_in_the_tree(world, client):
    text = words(client.get("/taxa/57516/"))
    assert "Life Animals Insects Ants, Bees, Wasps, and Sawflies Bumble Bees Buff-tailed Bumble Bee" in text
    assert "Brown-belted Bumble Bee Bombus griseocollis 86 obs. Unused" in text


def test_a_taxon_s_page_gives_its_history_as_a_table(world, client):
    text = words(client.get("/taxa/57516/"))
    assert "1 September 2026 Unused 58 45 90 1 November 2026 Included 62 52 110" in text


def test_a_history_of_one_count_is_told_in_words(world, client):
    ReadinessHistory.objects.exclude(refresh=world).delete()
    text = words(client.get("/taxa/57516/"))
    assert "It was counted for the first time. Its course shows from the next count on." in text
    assert "The same as a table" not in text


def test_a_taxon_s_page_leads_to_inaturalist(world, client):
    assert {
        "https://www.inaturalist.org/taxa/57516",
        "https://www.inaturalist.org/observations?taxon_id=57516&place_id=any",
        "https://www.inaturalist.org/observations/identify"
        "?reviewed=any&quality_grade=needs_id,research,casual&verifiable=any&captive=any&taxon_id=57516",
    } <= set(links(client.get("/taxa/57516/")))


# Search


def test_search_lists_what_it_finds(world, client):
    response = client.get("/search/?q=buff")
    assert (
        "1 taxon Buff-tailed Bumble Bee Bombus terrestris As things stand, it is in the next model."
        " No wrong labels stand out. Included 62 observations" in words(response)
    )
    assert "/taxa/57516/" in links(response)


def test_search_forgives_typing_errors_where_nothing_else_is_found(world, client):
    for typed in ("Sarcofaga", "sarkophaga", "Sarcophga"):
        response = client.get("/search/", {"q": typed})
        assert f"No taxon called “{typed}” These are written much like it: Sarcophaga" in words(response), (
            typed
        )
        assert links(client.get("/search/suggest/", {"q": typed}))[0] == "/taxa/120489/"
    assert links(client.get("/search/suggest/?q=comon eastern bumblebee")) == ["/taxa/118970/"]
    assert "much like it" not in words(client.get("/search/?q=sarcophaga"))
    for nothing in ("sar", "xylophone", "Sarawak weaver ant"):
        assert "much like it" not in words(client.get("/search/", {"q": nothing})), nothing


def test_search_without_a_find_says_what_to_write(world, client):
    text = words(client.get("/search/?q=<b>nothing</b>"))
    assert "No taxon called “<b>nothing</b>”" in text


def test_suggestions_lead_to_taxa(world, client):
    assert links(client.get("/search/suggest/?q=buff")) == ["/taxa/57516/"]


def test_suggestions_for_a_clade_keep_the_list_s_filters(world, client):
    result = links(client.get("/readiness/suggest/?tab=dropped&clade=buff&sort=name"))
    assert result == ["/readiness/?tab=dropped&clade=57516&sort=name"]


# Queries: as many for three rows as for one


def keep_only(taxon_ids):
    Readiness.objects.exclude(taxon_id__in=taxon_ids).delete()
    ReadinessHistory.objects.exclude(taxon_id__in=taxon_ids).delete()


@pytest.mark.parametrize("taxon_ids", [[120215, 52775], [120215, 48484, 48487, 48486, 52775, 47158, 118970]])
@pytest.mark.parametrize(
    ("address", "most"),
    [(HOME, 13), (LIST, 7), (f"{LIST}?tab=dropped&clade=52775", 15), ("/taxa/120215/", 12)],
)
def test_the_number_of_queries_does_not_grow_with_the_rows(
    world, client, django_assert_max_num_queries, taxon_ids, address, most
):
    keep_only(taxon_ids)
    with django_assert_max_num_queries(most):
        client.get(address)


def test_the_addresses_of_the_pages():
    names = ("home", "taxa:readiness", "taxa:search", "taxa:suggest")
    assert [reverse(name) for name in names] == ["/", "/readiness/", "/search/", "/search/suggest/"]
    assert reverse("taxa:taxon", args=[5]) == "/taxa/5/"


# Known in part


@pytest.fixture
def bees_of_canada(world):
    """Of bumble bees (52775), and so of what lies in them and holds them, only one place was loaded."""
    path = Taxon.objects.get(pk=57516).ancestry.split("/")
    Readiness.objects.filter(taxon_id__in=[57516, *path]).update(is_partly_loaded=True)
    parts = [["Bombus", "Canada", 52775]]
    sources = [{"source": "api", "observations": 790, "parts": parts}]
    Refresh.objects.filter(pk=world.pk).update(sources=sources)


CANADA = "Of Bombus only the observations from Canada were loaded: counts are lower bounds."


def test_a_taxon_s_page_gives_lower_bounds_and_the_place_that_makes_them(bees_of_canada, client):
    page = words(client.get("/taxa/57516/"))
    assert "Observations: ≥ at least 62" in page
    body, _, foot = page.partition("Data: ")
    assert CANADA in body
    assert CANADA in foot


def test_what_holds_it_says_that_something_within_it_is_known_in_part(bees_of_canada, client):
    body = words(client.get("/taxa/47158/")).partition("Data: ")[0]
    assert "Of some taxa within it only the observations from some places were loaded" in body
    assert CANADA not in body


def test_what_lies_elsewhere_has_its_plain_numbers(bees_of_canada, client):
    body = words(client.get("/taxa/120489/")).partition("Data: ")[0]
    assert "at least" not in body
    assert "only the observations" not in body


def test_a_list_marks_the_bounds_and_says_why_once(bees_of_canada, client):
    page = words(client.get("/readiness/?tab=included"))
    assert "≥ at least 62 " in page
    assert "≥ at least 75 " not in page
    body = page.partition("Data: ")[0]
    assert body.count("Numbers with “≥” are lower bounds: iNaturalist may have more.") == 1
    assert body.count(CANADA) == 1
    assert (
        body.count("Some observations are known only in part, from open data, CSV exports or archives.") == 1
    )


def test_what_is_missing_is_then_at_most_so_much(world, client):
    Readiness.objects.filter(taxon_id=120215).update(is_partly_loaded=True)
    assert "at most 12 more confirmed observations" in words(client.get("/taxa/120215/"))
    answer = client.get("/api/v1/inclusion/?taxon_id=120215,57516").json()["results"]
    assert [row["line"]["is_lower_bound"] for row in answer] == [True, False]
    assert [row["is_partly_loaded"] for row in answer] == [True, False]
    rows = client.get("/api/v1/readiness/?clade=120215").json()["results"]
    assert [(row["is_lower_bound"], row["is_partly_loaded"]) for row in rows] == [(True, True)]
    assert "short by at most 12" in client.get("/taxa/120215/badge.svg").content.decode()
