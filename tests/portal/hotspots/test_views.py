"""The pages of hotspots as a browser gets them."""

import csv
import re

import pytest
from django.urls import reverse

from exporter.hotspots.evidence import Reviews
from portal.hotspots.models import Hotspot, WorklistEntry
from portal.lake.models import Refresh
from tests.portal.hotspots.findings import (
    AXYRIDIS,
    BOMBUS,
    CARNARIA,
    GRISEOCOLLIS,
    IMPATIENS,
    IMPATIENS_HOTSPOT,
    TERRESTRIS,
    entry,
    make_found,
)
from tests.portal.taking_over import take_over_hotspots
from tests.portal.taxa.test_views import links, words

LIST = "/hotspots/"
PAGE = f"/hotspots/{IMPATIENS}/"
IDENTIFY = (
    "https://www.inaturalist.org/observations/identify?reviewed=any&quality_grade=needs_id,research,casual"
    "&verifiable=any&captive=any&id="
)
PAGES = [
    LIST,
    f"{LIST}?criteria=inat-2021&clade=Bombus&kind=lookalike&least=2&exported=1&sort=share",
    *(f"/hotspots/{taxon_id}/" for taxon_id in (IMPATIENS, CARNARIA, AXYRIDIS, GRISEOCOLLIS, 48460)),
    f"/hotspots/{BOMBUS}/matrix/",
    "/hotspots/47158/matrix/",
    "/hotspots/900003/matrix/",
    "/hotspots/suggest/?clade=bee",
    "/hotspots/worklist/",
    "/hotspots/worklist/?clade=48486&place=asia",
    "/hotspots/worklist/suggest/?clade=bee",
]


@pytest.mark.parametrize("address", PAGES)
def test_pages_open_without_inline_style_or_script(hotspots, client, address):
    response = client.get(address)
    assert response.status_code == 200
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|<script(?![^>]*\ssrc=)", response.content.decode())


@pytest.mark.parametrize("address", [LIST, PAGE, f"/hotspots/{BOMBUS}/matrix/"])
def test_numbers_have_their_date_and_source_and_are_called_simulated(hotspots, client, address):
    text = words(client.get(address))
    assert "1 November 2026, iNaturalist open data, iNaturalist API" in text
    assert "Simulated data." in text
    assert text.count("simulated") == 1
    Refresh.objects.update(is_simulated=False)
    assert "imulated" not in words(client.get(address))


@pytest.mark.parametrize("address", [LIST, PAGE, f"/hotspots/{BOMBUS}/matrix/"])
def test_without_data_a_page_says_how_to_load_some(make_taxa, client, address):
    make_taxa()
    assert "python manage.py refresh" in words(client.get(address))


def test_before_the_first_search_the_list_says_what_to_do(world, client):
    assert "Nobody has looked for hotspots yet" in words(client.get(LIST))


@pytest.mark.parametrize(
    "query",
    [
        "kind=x",
        "least=-1",
        "least=x",
        "least=1e99",
        "sort=x",
        "clade=nothing",
        "page=9",
        "page=x",
        "criteria=%00",
    ],
)
def test_a_bad_parameter_is_left_out_and_said_so(hotspots, client, query):
    response = client.get(f"{LIST}?{query}")
    assert response.status_code == 200
    assert '<ul class="notices"' in response.content.decode()


@pytest.mark.parametrize("page", ["", "review/", "worklist.csv", "places.json", "matrix/"])
@pytest.mark.parametrize("taxon_id", [5, 10**30])
def test_an_unknown_taxon_gets_a_page_that_helps(hotspots, client, taxon_id, page):
    response = client.get(f"/hotspots/{taxon_id}/{page}")
    assert response.status_code == 404
    assert f"Taxon {taxon_id} is not here" in words(response)


# The list


def test_a_row_says_what_is_wrong_and_how_sure_that_is(hotspots, client):
    text = words(client.get(LIST))
    assert (
        "Common Eastern Bumble Bee Bombus impatiens Really Brown-belted Bumble Bee Bombus griseocollis"
        " Mixed up with a lookalike; from identifications 61 (48 to 78) of 540 57 % 88 of 860 Review 30"
        in text
    )
    assert "Harmonia axyridis" not in text
    every = words(client.get(f"{LIST}?least=0"))
    assert (
        "Out of range; from grade, place and date less than 1 (0 to 5) of 50 not known no earlier count"
        in every
    )
    assert "Nothing stands out" in every
    assert "90 on 1 September 2026, 61 on 1 November 2026" in client.get(LIST).content.decode()


def test_a_row_leads_to_the_hotspot_and_to_its_worklist(hotspots, client):
    result = links(client.get(f"{LIST}?criteria=inat-2021"))
    assert f"{PAGE}?criteria=inat-2021" in result
    assert f"{PAGE}review/?criteria=inat-2021" in result


@pytest.mark.parametrize(("evidence", "is_weak"), [("votes", True), ("records", True), (None, False)])
def test_a_list_that_rests_on_votes_alone_says_that_its_evidence_is_weak(hotspots, client, evidence, is_weak):
    if evidence:
        Hotspot.objects.update(evidence=evidence)
    assert ("Weak evidence: no identification" in words(client.get(LIST))) == is_weak


def test_votes_beside_identifications_are_not_called_weak(hotspots, client):
    Hotspot.objects.exclude(taxon_id=CARNARIA).update(evidence="votes")
    assert "Weak evidence" not in words(client.get(f"{LIST}?clade=Bombus"))


def test_an_empty_list_says_what_to_widen(hotspots, client):
    response = client.get(f"{LIST}?clade=Bombus&kind=model&least=3&exported=1")
    assert "No hotspot fits" in words(response)
    assert {
        "?clade=Bombus&kind=model&least=0&exported=1",
        "?clade=Bombus&least=3&exported=1",
        "?clade=Bombus&kind=model&least=3",
        "?kind=model&least=3&exported=1",
        LIST,
    } <= set(links(response))


def test_the_list_is_cut_into_pages_that_keep_the_filters(hotspots, client, make_taxa):
    rows = [(number, BOMBUS, f"Bombus sp{number}", "species", 10.0, "") for number in range(1000, 1030)]
    make_taxa(((52775000, None, "Root", "", 0, ""), *((row[0], 52775000, *row[2:]) for row in rows)))
    many = [IMPATIENS_HOTSPOT | {"taxon_id": row[0], "rank": rank} for rank, row in enumerate(rows, start=1)]
    take_over_hotspots(hotspots, {"inat-2022": make_found(many, [], ())})
    assert "Page 1 of 2" in words(client.get(f"{LIST}?kind=lookalike"))
    assert "?kind=lookalike&page=2" in links(client.get(f"{LIST}?kind=lookalike"))


def test_suggested_clades_keep_the_filters(hotspots, client):
    assert links(client.get("/hotspots/suggest/?kind=lookalike&clade=buff")) == [
        f"/hotspots/?kind=lookalike&clade={TERRESTRIS}"
    ]


# A hotspot


def test_a_hotspot_begins_with_a_sentence(hotspots, client):
    text = words(client.get(PAGE))
    assert (
        "About 61 of 540 observations labelled Bombus impatiens are probably something else, mostly"
        " Bombus griseocollis (48 to 78)." in text
    )


def test_a_hotspot_shows_both_directions_and_what_is_not_known(hotspots, client):
    text = words(client.get(PAGE))
    assert (
        "Labelled Bombus impatiens , really: Brown-belted Bumble Bee Bombus griseocollis 44 (33 to 57)"
        in text
    )
    assert "It is not known yet what 8 more are." in text
    assert (
        "Really Bombus impatiens , labelled: Brown-belted Bumble Bee Bombus griseocollis 3 (0 to 8)" in text
    )


def test_a_hotspot_s_worklist_is_opened_in_batches(hotspots, client):
    first = client.get(PAGE)
    assert f"{IDENTIFY}{','.join(map(str, range(1000, 1030)))}" in links(first)
    assert "https://www.inaturalist.org/observations/1000" in links(first)
    assert "?page=2" in links(first)
    second = client.get(f"{PAGE}?page=2")
    assert f"{IDENTIFY}1030,1031,1032,1033,1034" in links(second)
    assert "Open these 5 in Identify" in words(second)


def test_an_entry_says_why_and_from_what(hotspots, client):
    assert (
        "All are labelled Bombus impatiens . Each is perhaps Bombus griseocollis . 1 of 3 identifications"
        " disagrees. Mixed up with a lookalike, from identifications." in words(client.get(PAGE))
    )
    assert "90 % probably wrong: observation 1000 4 Jul 2026" in words(client.get(PAGE))
    alone = words(client.get(f"/hotspots/{CARNARIA}/"))
    assert "2000 no date probably something else 1 of 3 identifications disagrees." in alone


def test_an_entry_of_a_refresh_before_there_were_messages_is_shown_as_it_is(hotspots, client):
    WorklistEntry.objects.update(reasons=[], reason="Of 3 identifications 1 disagree.")
    assert "Of 3 identifications 1 disagree. Mixed up" in words(client.get(PAGE))
    row = client.get(f"/api/v1/hotspots/{IMPATIENS}/worklist/").json()["results"][0]
    assert row["reason"] == "Of 3 identifications 1 disagree."


def test_a_hotspot_without_a_worklist_says_so(hotspots, client):
    text = words(client.get(f"/hotspots/{AXYRIDIS}/"))
    assert "No observation stands out" in text
    assert "Where and when" not in text
    assert "leaflet" not in client.get(f"/hotspots/{AXYRIDIS}/").content.decode()


def test_a_taxon_that_is_no_hotspot_shows_where_it_hides(hotspots, client):
    text = words(client.get(f"/hotspots/{GRISEOCOLLIS}/"))
    assert "No hotspot Nothing is expected to be wrong" in text
    assert (
        "are probably called something else: Common Eastern Bumble Bee Bombus impatiens 44 (33 to 57)" in text
    )


def test_review_goes_to_the_first_batch_on_inaturalist(hotspots, client):
    response = client.get(f"{PAGE}review/")
    assert (response.status_code, response["Location"]) == (
        302,
        f"{IDENTIFY}{','.join(map(str, range(1000, 1030)))}",
    )
    assert client.get(f"/hotspots/{AXYRIDIS}/review/")["Location"] == f"/hotspots/{AXYRIDIS}/#worklist"


def test_the_worklist_is_a_file_that_says_where_it_comes_from(hotspots, client):
    response = client.get(f"{PAGE}worklist.csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == f'attachment; filename="worklist-{IMPATIENS}-simulated.csv"'
    header, first, *rest = csv.reader(response.getvalue().decode().splitlines())
    assert header[:6] == [
        "observation_id",
        "url",
        "label_taxon_id",
        "suspicion",
        "suggested_taxon_id",
        "reason",
    ]
    assert dict(zip(header, first, strict=True)) == {
        "observation_id": "1000",
        "url": "https://www.inaturalist.org/observations/1000",
        "label_taxon_id": str(IMPATIENS),
        "suspicion": "0.9000",
        "suggested_taxon_id": str(GRISEOCOLLIS),
        "reason": "1 of 3 identifications disagrees. It may be Bombus griseocollis.",
        "priority": "0.9000",
        "photos": "1",
        "kind": "lookalike",
        "evidence": "identifications",
        "observed_on": "2026-07-04",
        "simulated": "true",
    }
    assert len(rest) == 34
    Refresh.objects.update(is_simulated=False)
    response = client.get(f"{PAGE}worklist.csv")
    assert response["Content-Disposition"] == f'attachment; filename="worklist-{IMPATIENS}.csv"'


def test_a_worklist_can_be_had_for_one_continent(hotspots, client):
    entries = [entry(1, IMPATIENS, 0.5), entry(2, IMPATIENS, 0.4, latitude=51.5, longitude=-0.13)]
    take_over_hotspots(hotspots, {"inat-2022": make_found(entries=entries)})
    assert f"{PAGE}?place=europe" in links(client.get(f"{LIST}?place=europe"))
    assert f"{PAGE}review/?place=europe" in links(client.get(f"{LIST}?place=europe"))
    response = client.get(f"{PAGE}?place=europe")
    assert "Anywhere 2 Europe 1 North America 1" in words(response)
    assert f"{IDENTIFY}2" in links(response)
    assert f"{PAGE}worklist.csv?place=europe" in links(response)
    assert client.get(f"{PAGE}review/?place=europe")["Location"] == f"{IDENTIFY}2"
    file = client.get(f"{PAGE}worklist.csv?place=europe")
    assert f'filename="worklist-{IMPATIENS}-europe-simulated.csv"' in file["Content-Disposition"]
    assert len(file.getvalue().splitlines()) == 2
    assert "No observation stands out there" in words(client.get(f"{PAGE}?place=asia"))


def test_the_worklist_over_all_labels_names_each_label(hotspots, client):
    response = client.get("/hotspots/worklist/?clade=Bombus")
    assert "1 of 3 identifications disagrees. Mixed up with a lookalike" in words(response)
    assert f"{IDENTIFY}{','.join(map(str, range(1000, 1030)))}" in links(response)
    assert {
        "?clade=Bombus&page=2",
        f"/hotspots/worklist.csv?clade={BOMBUS}&label={IMPATIENS}&rather={GRISEOCOLLIS}",
        PAGE,
    } <= set(links(response))
    file = client.get("/hotspots/worklist.csv?clade=Bombus&place=north_america")
    assert f'filename="worklist-{BOMBUS}-north_america-simulated.csv"' in file["Content-Disposition"]
    assert len(file.getvalue().splitlines()) == 36
    assert "/hotspots/worklist/?clade=Bombus&place=europe" in links(
        client.get(f"{LIST}?clade=Bombus&place=europe&kind=lookalike&page=1")
    )
    assert "No observation stands out" in words(client.get("/hotspots/worklist/?place=asia"))


def test_clades_suggested_for_the_worklist_keep_its_place(hotspots, client):
    assert links(client.get("/hotspots/worklist/suggest/?place=asia&clade=buff")) == [
        f"/hotspots/worklist/?place=asia&clade={TERRESTRIS}"
    ]


def test_places_are_given_for_the_map(hotspots, client):
    take_over_hotspots(hotspots, {"inat-2022": make_found(entries=[entry(7, IMPATIENS, 0.12345)])})
    assert client.get(f"{PAGE}places.json").json() == {"places": [[42.36, -71.06, 0.123, "7"]]}


# The matrix


def test_a_matrix_is_read_by_row_and_column(hotspots, client):
    response = client.get(f"/hotspots/{BOMBUS}/matrix/")
    text = words(response)
    assert "Labelled ↓ really → Bombus griseocollis Bombus impatiens Bombus terrestris something else" in text
    assert "Common Eastern Bumble Bee 44 (33 to 57), 8 % 479 right 10 (4 to 17), 2 % 8" in text
    assert PAGE in links(response)


def test_the_matrix_of_a_species_is_that_of_its_genus(hotspots, client):
    response = client.get(f"{PAGE}matrix/?criteria=inat-2021")
    assert response["Location"] == f"/hotspots/{BOMBUS}/matrix/?criteria=inat-2021"


def test_a_matrix_needs_a_genus_and_a_confusion(hotspots, client):
    assert "A matrix is drawn for a genus" in words(client.get("/hotspots/47158/matrix/"))
    assert "Nothing is confused here" in words(client.get("/hotspots/900003/matrix/"))


# On other pages


def test_home_shows_the_hotspots_that_matter_most(hotspots, client):
    text = words(client.get("/"))
    assert "Common Eastern Bumble Bee Bombus impatiens About 61 of 540" in text
    assert f"{PAGE}#worklist" in links(client.get("/"))
    Hotspot.objects.all().delete()
    assert "No hotspot affects the next export." in words(client.get("/"))


def test_a_taxon_s_page_shows_both_directions(hotspots, client):
    text = words(client.get(f"/taxa/{GRISEOCOLLIS}/"))
    assert "Nothing is expected to be wrong under this label." in text
    assert "This taxon under another label Common Eastern Bumble Bee Bombus impatiens 44 (33 to 57)" in text
    assert "Labelled as this, but probably something else About 61 of 540" in words(
        client.get(f"/taxa/{IMPATIENS}/")
    )
    assert "Wrong labels" not in words(client.get("/taxa/900002/"))


# Queries


@pytest.mark.parametrize("few", [True, False])
@pytest.mark.parametrize(
    ("address", "most"),
    [
        (LIST, 6),
        (f"{LIST}?clade=47158&kind=lookalike&least=1&exported=1", 8),
        (PAGE, 16),
        (f"{PAGE}worklist.csv", 3),
        ("/hotspots/worklist/?clade=47158&place=north_america", 12),
        (f"/hotspots/{BOMBUS}/matrix/", 8),
        ("/", 15),
        (f"/taxa/{IMPATIENS}/", 13),
    ],
)
def test_the_number_of_queries_does_not_grow_with_the_rows(
    hotspots, client, django_assert_max_num_queries, few, address, most
):
    if few:
        Hotspot.objects.exclude(taxon_id=IMPATIENS).delete()
        WorklistEntry.objects.exclude(observation_id=1000).delete()
    with django_assert_max_num_queries(most):
        response = client.get(address)
        assert response.status_code == 200
        b"".join(response)


def test_the_addresses_of_the_pages():
    assert [
        reverse("hotspots:list"),
        *(
            reverse(f"hotspots:{name}", args=[5])
            for name in ("hotspot", "review", "worklist_file", "places", "matrix")
        ),
    ] == [
        "/hotspots/",
        "/hotspots/5/",
        "/hotspots/5/review/",
        "/hotspots/5/worklist.csv",
        "/hotspots/5/places.json",
        "/hotspots/5/matrix/",
    ]


# What the data lack


LACKS = (
    "Not enough evidence for hotspots: a second person has identified 3 observations of this lake,"
    " and at least 30 are needed."
)


@pytest.mark.parametrize("address", ["/", LIST, "/hotspots/worklist/", "/taxa/48486/", "/hotspots/48486/"])
def test_an_empty_page_says_what_the_data_lack_and_which_command_brings_it(hotspots, client, address):
    take_over_hotspots(hotspots, {"inat-2022": make_found([], [], ())})
    hotspots.counts["hotspots_lack"] = {"inat-2022": Reviews(40, 3).missing}
    hotspots.save()
    assert LACKS in words(client.get(address))
    assert "<code>python -m exporter pull --taxon ID</code>" in client.get(address).content.decode()
    translated = words(client.get(address, headers={"Accept-Language": "es"}))
    assert "Not enough evidence" not in translated


def test_a_list_of_small_hotspots_says_that_none_counts(hotspots, client):
    Hotspot.objects.update(expected_wrong=0.5, expected_wrong_low=0.1)
    page = client.get(LIST)
    assert "Under no label is one observation or more expected to be wrong." in words(page)
    assert "?least=0" in links(page)
    assert len(client.get("/api/v1/hotspots/").json()["results"]) == 3


def test_a_hotspot_of_one_label_is_not_less_than_1_of_1(hotspots, client):
    Hotspot.objects.filter(taxon_id=AXYRIDIS).update(labels=1, expected_wrong=0.4, expected_wrong_high=1)
    assert "The only observation labelled Harmonia axyridis is wrong with a probability of 40 %." in words(
        client.get(f"/hotspots/{AXYRIDIS}/")
    )
    assert "Less than 1 of 1" not in words(client.get(f"{LIST}?least=0"))
