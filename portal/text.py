"""Text as each format can carry it: one function a format, used wherever the portal writes that format.

Notes and names come from people and from the lake, and may hold any character. HTML is escaped by the
templates, and CSV cells by `exporter.output.csv_cell`.
"""

import re
import unicodedata
from typing import Any

from django import forms

#: What word processors, terminals and Unicode put between lines and pages besides a line feed.
_LINE_BREAKS = re.compile("\r\n?|[\v\f\x85\u2028\u2029]")
#: What XML 1.0 cannot hold: control characters, halves of surrogate pairs, and U+FFFE and U+FFFF. U+007F to
#: U+009F are legal there, but no reader shows them.
_UNWRITABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
#: Letters that no decomposition turns into plain ones.
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ı": "i"})
_APOSTROPHES = str.maketrans("", "", "'’ʼ`´")
#: The longest title that Discourse takes, and the shortest.
LONGEST_TITLE, SHORTEST_TITLE = 255, 15


def plain(text: object) -> str:
    """Return text of several lines without what no format can carry; every line ends in a line feed.

    Fit for XML, iCalendar's longer texts, the body of a mail and JSON.
    """
    return _UNWRITABLE.sub("", _LINE_BREAKS.sub("\n", str(text)))


def line(text: object) -> str:
    """Return text as one line, with single blanks: a mail's header, a title, an iCalendar summary."""
    return " ".join(plain(text).split())


def title(text: object) -> str:
    """Return one line that Discourse takes as a title: 15 to 255 characters."""
    return line(text)[:LONGEST_TITLE].strip().ljust(SHORTEST_TITLE, ".")


def http_header(text: object) -> str:
    """Return one line that HTTP takes as a header: its UTF-8 bytes, which Python sends as Latin-1."""
    return line(text).encode().decode("latin-1")


def fold(name: str) -> str:
    """The name in lower case without accents or signs, words one blank apart: "Wilson's ×" is "wilsons"."""
    name = name.translate(_APOSTROPHES)
    if not name.isascii():
        decomposed = unicodedata.normalize("NFKD", name)
        name = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    name = name.casefold().translate(_LETTERS)
    return " ".join("".join(sign if sign.isalnum() else " " for sign in name).split())


class CleanTextForm(forms.BaseForm):
    """A form (put it before `forms.Form`) that drops from what people type what no format can carry.

    Only a text area keeps its line breaks.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_bound:
            return
        typed_in: Any = self.data.copy()  # type: ignore[attr-defined]  # what a form is given has it
        self.data = typed_in
        for name, field in self.fields.items():
            typed = self.data.get(self.add_prefix(name))
            if isinstance(field, forms.CharField) and isinstance(typed, str):
                is_long = isinstance(field.widget, forms.Textarea)
                typed_in[self.add_prefix(name)] = plain(typed) if is_long else line(typed)
