"""Whatever people and the lake write, each format carries it, and a real reader gets it back."""

import csv
import io
import json
import re
from email import message_from_bytes, policy
from xml.etree import ElementTree

import feedparser
import pytest
from django.core.mail import EmailMessage
from django.http import QueryDict
from hypothesis import example, given
from hypothesis import strategies as st
from icalendar import Calendar, Event

from exporter.output import csv_cell
from portal import text
from portal.buttons import ButtonForm
from portal.cutoffs.forms import CutoffForm
from portal.feeds import CleanAtom

ANY_TEXT = st.text(st.characters(), max_size=60)
SPACE = {"a": "http://www.w3.org/2005/Atom"}
VERTICAL_TAB = "first line\vsecond line"
FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
WORST = "".join(map(chr, range(0xA0))) + "\u2028\u2029\ufffe\uffff\ud800</script>&<![CDATA[]]>"


def parsed_feed(words):
    """The title, an entry's title and its summary, as an XML parser reads the feed that holds these words."""
    feed = CleanAtom(title=words, link="https://example.org/", description=words)
    feed.add_item(title=words, link="https://example.org/1", description=words)
    written = feed.writeString("utf-8")
    assert not feedparser.parse(written.encode()).bozo
    root = ElementTree.fromstring(written)
    paths = ("a:title", "a:entry/a:title", "a:entry/a:summary")
    return [root.findtext(path, namespaces=SPACE) for path in paths]


@given(ANY_TEXT)
@example(VERTICAL_TAB)
@example(WORST)
def test_a_feed_holds_any_text(words):
    assert parsed_feed(words) == [text.line(words), text.line(words), text.plain(words)]


@given(ANY_TEXT)
@example(VERTICAL_TAB)
@example(WORST)
def test_a_calendar_holds_any_text(words):
    entry = Event()
    entry.add("summary", text.line(words))
    entry.add("description", text.plain(words))
    calendar = Calendar()
    calendar.add_component(entry)
    written = calendar.to_ical()
    (read,) = Calendar.from_ical(written).events
    assert (str(read["summary"]), str(read["description"])) == (text.line(words), text.plain(words))
    assert not re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", written)


@given(ANY_TEXT)
@example("A subject\r\nBcc: everybody@example.org")
@example(WORST)
def test_a_mail_holds_any_text(words):
    mail = EmailMessage(text.line(words), text.plain(words), "from@example.org", ["to@example.org"])
    read = message_from_bytes(mail.message().as_bytes(), policy=policy.default)
    assert set(read.keys()) == {
        *("Content-Type", "MIME-Version", "Content-Transfer-Encoding"),
        *("Subject", "From", "To", "Date", "Message-ID"),
    }
    assert str(read["Subject"]).split() == text.line(words).split()
    assert read.get_content().rstrip("\n") == text.plain(words).rstrip("\n")


@given(st.lists(ANY_TEXT.filter(lambda words: "\0" not in words), min_size=1, max_size=4))
@example(['=HYPERLINK("https://example.org")', "+1", "-1", "@x", "\t=1", "\uff1d1", "a=b", ""])
def test_no_cell_of_a_csv_file_is_a_formula(words):
    file = io.StringIO(newline="")
    csv.writer(file).writerow(map(csv_cell, words))
    (read,) = csv.reader(io.StringIO(file.getvalue(), newline=""))
    assert [cell.removeprefix("'") for cell in read] == [cell.removeprefix("'") for cell in words]
    assert not [cell for cell in read if cell.startswith(FORMULA)]


@pytest.mark.parametrize("value", [-1, -0.5, 0, None, True, "Bombus", "'quoted'"])
def test_numbers_and_other_text_stay_as_they_are(value):
    assert csv_cell(value) is value


@given(ANY_TEXT)
@example(WORST)
def test_json_holds_any_text(words):
    written = json.dumps({"note": text.plain(words)}, ensure_ascii=False).encode()
    assert json.loads(written) == {"note": text.plain(words)}


@given(ANY_TEXT)
@example("")
@example("x" * 300)
@example(WORST)
def test_a_title_is_one_line_of_15_to_255_characters(words):
    result = text.title(words)
    assert 15 <= len(result) <= 255
    assert result == text.line(result)


@given(ANY_TEXT)
@example("key\r\nX-Injected: 1")
@example("Юля")
def test_a_header_is_one_line_in_utf_8(words):
    assert text.http_header(words).encode("latin-1").decode() == text.line(words)


@given(ANY_TEXT)
@example(WORST)
def test_cleaning_twice_changes_nothing_more(words):
    assert text.plain(text.plain(words)) == text.plain(words)
    assert text.line(text.line(words)) == text.line(words)


def test_ordinary_text_stays():
    words = "Sphecidae – “wasps”, año 2027: 🐝\n\tsecond line"
    assert text.plain(words) == words
    assert text.line(words) == "Sphecidae – “wasps”, año 2027: 🐝 second line"


def test_forms_drop_at_the_door_what_no_format_can_carry():
    form = ButtonForm(QueryDict("text=looked%0Bat%00 it"))
    assert form.is_valid()
    assert form.cleaned_data == {"text": "looked at it"}
    assert ButtonForm(QueryDict("text=%00%07")).errors == {"text": ["This field is required."]}


def test_only_a_text_area_keeps_its_lines():
    form = CutoffForm({"name": "Winter\v2027\0", "note": f"{VERTICAL_TAB}\r\nthird\x01"})
    form.is_valid()
    assert form.cleaned_data["name"] == "Winter 2027"
    assert form.cleaned_data["note"] == "first line\nsecond line\nthird"
