"""The pages in Spanish: no English is left in them, and they show what the English ones show."""

import re
from functools import cache
from html.parser import HTMLParser

import pytest
from django.core import mail
from django.utils import translation

from portal.cutoffs import services as cutoffs
from portal.cutoffs.evidence import GUARDS
from portal.cutoffs.models import Cutoff, PastExport, Snapshot
from portal.cutoffs.report import condense
from portal.cutoffs.states import State
from portal.home.methods import DOCUMENTS
from portal.hotspots.models import WorklistEntry
from portal.notices import sending, services
from portal.notices.models import Phase, Subscription
from tests.portal.cutoffs.conftest import anna, announced, at_state, draft, guard_report, person
from tests.portal.cutoffs.test_report import MANIFEST
from tests.portal.hotspots.findings import BOMBUS, CARNARIA, GRISEOCOLLIS, IMPATIENS
from tests.portal.notices.conftest import NOW, subscriber
from tools import catalogue

__all__ = ["anna", "announced", "at_state", "draft", "person", "subscriber"]

READ_ATTRIBUTES = {"alt", "aria-label", "placeholder", "title", "content", "data-label", "data-words"}
#: Words that an English sentence hardly does without, and a Spanish one has not.
ENGLISH = re.compile(r"\b(the|of|and|are|is|with|from|not|for|this|at|by|to|it|was|were)\b", re.IGNORECASE)
PAGES = [
    "/",
    "/?criteria=inat-2021",
    "/readiness/",
    "/readiness/?tab=included",
    "/readiness/?tab=losing",
    "/readiness/?tab=dropped",
    "/readiness/?within=0&clade=52775",
    "/taxa/57516/",
    "/taxa/120215/",
    "/taxa/48460/",
    "/taxa/5/",
    "/search/?q=bee",
    "/search/?q=zzz",
    "/search/suggest/?q=bee",
    "/hotspots/",
    "/hotspots/?kind=model&least=5&place=europe&page=9",
    f"/hotspots/{IMPATIENS}/",
    f"/hotspots/{CARNARIA}/",
    f"/hotspots/{GRISEOCOLLIS}/",
    f"/hotspots/{BOMBUS}/matrix/",
    "/hotspots/worklist/",
    "/cutoffs/",
    "/blitzes/",
    "/status/",
    "/my-groups/",
    "/about/",
    "/api/",
    "/api/docs/",
    "/subscribe/",
    "/accounts/sign-in/",
    "/accounts/sign-up/",
    "/no-such-page/",
]
VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}


class Told(HTMLParser):
    """What a page tells in its own language: text and attributes, but for parts in another and for code."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.drawn: list[tuple[str, dict]] = []
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if not self._is_skipped():
            self.words += [given[name] or "" for name in READ_ATTRIBUTES & given.keys()]
        if "svg" in (tag, *(name for name, _skipped in self._open)):
            self.drawn.append((tag, {key: value for key, value in given.items() if key != "aria-label"}))
        if tag not in VOID:
            is_other = given.get("lang", "es") != "es" or tag in ("code", "pre", "script", "style")
            self._open.append((tag, is_other))

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        self.handle_endtag(tag)

    def handle_endtag(self, tag):
        while self._open and tag in (name for name, _skipped in self._open):
            if self._open.pop()[0] == tag:
                break

    def handle_data(self, data):
        if not self._is_skipped():
            self.words.append(data)

    def _is_skipped(self) -> bool:
        return any(skipped for _tag, skipped in self._open)


def told(response):
    parser = Told()
    parser.feed(response.content.decode())
    return parser


def english_in(response):
    """Texts of a page that are English messages of the catalogue, or sound so."""
    texts = {" ".join(text.split()) for text in told(response).words}
    return {text for text in texts if text in untranslated() or ENGLISH.search(text)}


@cache
def untranslated():
    """Messages that are other words in Spanish."""
    messages = catalogue.messages(catalogue.read("es"))
    spanish = {message.string for message in messages if isinstance(message.string, str)}
    result = {message.id.strip() for message in messages if isinstance(message.id, str)}
    return {text for text in result if text not in spanish}


@pytest.fixture
def spanish(client):
    """A browser that prefers Spanish."""
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "es"
    yield client
    translation.deactivate()


@pytest.mark.parametrize("address", PAGES)
def test_no_english_is_left_on_a_page(hotspots, spanish, address):
    WorklistEntry.objects.update(
        reasons=[{"code": "disagree", "against": 1, "of": 3}, {"code": "maybe_other"}]
    )
    assert english_in(spanish.get(address)) == set()


def test_the_methods_are_described_in_spanish(spanish, db):
    text = spanish.get("/methods/").content.decode()
    assert "Cómo se estiman las etiquetas erróneas" in text
    assert "¿hubo presión sobre un corte?" in text


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_translated_document_has_the_parts_of_the_original(name):
    """Headings, points of lists, formulas and tables, in their order."""
    original, spanish = (
        [_part(line) for line in (catalogue.ROOT / "docs" / folder / name).read_text("utf-8").splitlines()]
        for folder in ("", "es")
    )
    assert [part for part in spanish if part] == [part for part in original if part]


def _part(line):
    """What kind of part begins with a line; nothing for a line of prose."""
    result = re.match(r"#+ |- |\d+\. |    (?=\S)|\|", line)
    return result and result[0]


@pytest.mark.parametrize("state", State)
def test_no_english_is_left_on_a_cutoff_s_page_for_staff(at_state, anna, spanish, world, state):
    cutoff = at_state(state)
    if state not in (State.DRAFT, State.ANNOUNCED, State.SETTLING):
        done = {"step": "done", "lake_version": 7, "report": condense(MANIFEST)}
        words = {"words": [{"code": "no_previous"}], "missing": [{"code": "previous_not_given"}]}
        report = guard_report("influx", "bunching") | {"messages": dict.fromkeys(GUARDS, words)}
        Snapshot.objects.create(
            cutoff=cutoff, number=1, asked_at=NOW, stepped_at=NOW, finished_at=NOW, guards=report, **done
        )
    spanish.force_login(anna)
    assert english_in(spanish.get(f"/cutoffs/{cutoff.pk}/")) == set()


@pytest.mark.parametrize("address", ["/cutoffs/desk/", "/cutoffs/new/"])
def test_no_english_is_left_on_the_desk(announced, anna, spanish, world, address):
    cutoff = cutoffs.ask_for_dry_run(announced(), by=anna, now=NOW)
    cutoffs.edit(cutoff, {"name": "Invierno"}, by=anna, now=NOW)
    spanish.force_login(anna)
    response = spanish.get(address)
    assert response.status_code == 200
    assert english_in(response) == set()


@pytest.mark.parametrize("address", ["/", "/taxa/57516/", "/hotspots/", f"/hotspots/{IMPATIENS}/"])
def test_pictures_are_the_same_in_both_languages(hotspots, client, address):
    english = told(client.get(address)).drawn
    spanish = told(client.get(address, headers={"Accept-Language": "es"})).drawn
    translation.deactivate()
    assert spanish == english
    assert english


def test_what_staff_did_in_spanish_is_told_to_everybody_in_their_language(announced, anna, client, spanish):
    with translation.override("es"):
        cutoff = cutoffs.edit(announced(), {"name": "Invierno 2027"}, by=anna, now=NOW)
    address = f"/cutoffs/{cutoff.pk}/"
    assert "nombre: Winter 2027 → Invierno 2027" in spanish.get(address).content.decode()
    english = spanish.get(address, headers={"Accept-Language": "en"}).content.decode()
    assert "name: Winter 2027 → Invierno 2027" in english


def test_past_exports_are_told_in_spanish(spanish, db):
    PastExport.objects.all().delete()
    PastExport.objects.create(
        model_name="v2.7", released="about September 2023", source="iNaturalist blogs 84677, 85796", order=1
    )
    text = spanish.get("/cutoffs/").content.decode()
    assert "hacia septiembre de 2023" in text
    assert "blogs 84677 y 85796 de iNaturalist" in text


def test_feeds_and_calendars_speak_spanish_where_their_address_says_so(announced, client, world):
    announced()
    calendar = client.get("/feeds/cutoffs.ics?lang=es").content.decode()
    assert "SUMMARY:Corte de iNaturalist: Winter 2027" in calendar
    news = client.get("/feeds/cutoffs.atom?lang=es").content.decode()
    assert 'xml:lang="es"' in news
    assert "Winter 2027: Anunciado" in news
    translation.deactivate()


def test_a_badge_speaks_spanish_where_its_address_says_so(client, world):
    badge = client.get("/taxa/57516/badge.svg?lang=es").content.decode()
    assert "modelo de iNaturalist: incluido" in badge
    translation.deactivate()


def test_mails_come_in_the_subscription_s_language(announced, subscriber, settings):
    settings.SITE_URL = "https://leafline.example.org"
    subscriber("ana@example.org", language="es")
    subscriber("bo@example.org")
    cutoff = announced()
    Cutoff.objects.filter(pk=cutoff.pk).update(note="Bring friends.")
    sending.deliver(NOW)
    by_address = {message.to[0]: message for message in mail.outbox}
    assert by_address["ana@example.org"].subject == "Leafline: corte de iNaturalist Winter 2027: anunciado"
    assert "El corte es el 20 de enero de 2027, 00:00 UTC." in by_address["ana@example.org"].body
    assert "No recibir más correos: https://" in by_address["ana@example.org"].body
    assert by_address["bo@example.org"].subject == "Leafline: iNaturalist cutoff Winter 2027: announced"
    assert "The cutoff is on 20 January 2027, 00:00 UTC." in by_address["bo@example.org"].body


def test_the_question_comes_in_the_language_in_which_it_was_asked_for(db):
    services.subscribe(
        "ana@example.org", list(Phase.values), clade=None, is_digest=False, language="es", user=None, now=NOW
    )
    sending.deliver(NOW)
    question = "Leafline: ¿quiere recibir correos sobre los cortes y blitzes de iNaturalist?"
    assert mail.outbox[0].subject == question


def test_the_language_of_mails_can_be_changed(subscriber, client):
    subscription = subscriber("ana@example.org")
    address = f"/subscriptions/{subscription.token}/"
    assert '<option value="en" selected>English</option>' in client.get(address).content.decode()
    client.post(address, {"phases": ["announced"], "language": "es"})
    assert Subscription.objects.get().language == "es"
