"""Everything that people read can be translated, and each catalogue translates all of it."""

import re
from html.parser import HTMLParser

import pytest

from tools import catalogue

TEMPLATES = sorted(path for path in (catalogue.ROOT / "templates").rglob("*") if path.is_file())
#: What is the same in every language.
NAMES = {"Leafline", "SHA-256", "manifest.json", "curl", "Python", "R", "UTC"}
READ_ATTRIBUTES = {"alt", "aria-label", "placeholder", "title", "label", "data-label", "data-words"}
#: Formats of dates that programs read.
ISO = {"c", "Y-m-d", "Y-m-d H:i"}
#: What stands in these is no language: code, and the names of keys.
UNREAD = ("code", "kbd", "pre", "script", "style")
PLACES = re.compile(r"%\(\w+\)[sd]|%[sd%]|{\w*(?::[^{}]*)?}|</?\w+(?:\s[^>]*)?/?>")


class Words(HTMLParser):
    """The words of a page that stand in it literally: its text, and the attributes that people read."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._unread = 0

    def handle_starttag(self, tag, attributes):
        self._unread += tag in UNREAD
        self.found += [value or "" for name, value in attributes if name in READ_ATTRIBUTES]

    def handle_endtag(self, tag):
        self._unread -= tag in UNREAD

    def handle_data(self, data):
        self.found += [] if self._unread else [data]


def literal_words(template: str) -> set[str]:
    """Words of a template that no tag translates."""
    for kind in ("comment", "blocktranslate"):
        template = re.sub(rf"(?s){{%\s*{kind}\b.*?{{%\s*end{kind}\s*%}}", "", template)
    parser = Words()
    parser.feed(re.sub(r"(?s){%.*?%}|{{.*?}}|{#.*?#}", " ", template))
    parts = (part.strip(" ·,:.()") for words in parser.found for part in words.split("\n"))
    return {part for part in parts if re.search(r"[^\W\d_]", part)} - NAMES


def test_literal_words_are_found():
    template = """{% load i18n %}<h1>{% translate "Home" %}</h1><p title="{{ name }}">Hello {{ name }}</p>
        {% blocktranslate %}<i>In</i> a block{% endblocktranslate %}
        <img alt="A leaf"><code>make run</code> · Leafline
        {% comment %}What it is for{% endcomment %}"""
    assert literal_words(template) == {"Hello", "A leaf"}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_no_words_that_cannot_be_translated(path):
    assert literal_words(path.read_text(encoding="utf-8")) == set()


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_leave_the_form_of_dates_to_the_language(path):
    formats = set(re.findall(r'date:"([^"]*)"', path.read_text(encoding="utf-8"))) - ISO
    assert {name for name in formats if not name.endswith("_FORMAT")} == set()


@pytest.fixture(params=catalogue.languages())
def language(request):
    return request.param


def _key(message):
    return message.context, message.id


def test_a_catalogue_has_every_message_and_no_other(language):
    """`make messages` brings it up to date."""
    selected = {_key(message) for message in catalogue.messages(catalogue.extracted())}
    written = {_key(message) for message in catalogue.messages(catalogue.read(language))}
    assert (selected - written, written - selected) == (set(), set())


def test_every_message_is_translated(language):
    messages = catalogue.messages(catalogue.read(language))
    assert [message.id for message in messages if not catalogue.is_translated(message)] == []


def test_what_a_message_leaves_open_its_translation_does_too(language):
    wrong = []
    for message in catalogue.messages(catalogue.read(language)):
        originals = message.id if isinstance(message.id, tuple) else (message.id,)
        translations = message.string if isinstance(message.string, tuple) else (message.string,)
        # The form for one may say "a" for its number.
        for original, words in zip((*originals, originals[-1]), translations, strict=False):
            places, recorded = (sorted(PLACES.findall(text)) for text in (original, words))
            if places != recorded:
                wrong.append((original, words))
    assert wrong == []


def test_a_translation_begins_and_ends_as_its_message(language):
    """A capital, a full stop, a blank at an end, a line break: what stands around it relies on them."""
    wrong = []
    for message in catalogue.messages(catalogue.read(language)):
        if isinstance(message.id, tuple):
            continue
        original, words = message.id, message.string
        ends = original[-1] in ".:?" and words[-1:] != original[-1]
        blanks = (original[:1].isspace(), original[-1:].isspace()) != (
            words[:1].isspace(),
            words[-1:].isspace(),
        )
        if ends or blanks:
            wrong.append((original, words))
    assert wrong == []


def test_the_compiled_catalogue_is_what_the_written_one_says(language):
    path = catalogue.path_of(language)
    assert path.with_suffix(".mo").read_bytes() == catalogue.compiled(catalogue.read(language))
