"""Common names: which one a reader sees, and under which words a search finds a taxon.

A name is folded the same way when it is stored for the search and when it is searched.
"""

from typing import Any, NamedTuple

from django.conf import settings
from django.utils.translation import get_language

from portal.text import fold

KEY_LENGTH = 100
#: The column of `Taxon` that has the common name in a language.
COLUMNS = {"en": "common_name", "es": "common_name_es"}
#: Whose search lists a name: everybody's for scientific and English ones, else that of a language's readers.
EVERYBODYS = ""


class CommonName(NamedTuple):
    """A common name, and the language that it is in. ``text`` is empty where there is none."""

    text: str
    language: str


def common_name(taxon: Any, language: str | None = None) -> CommonName:
    """The common name that readers of a language see: the English one where there is none in their own.

    ``taxon``: what has the columns, or some of them. ``language``: by default that of the answer under way.
    """
    for each in _languages(language or get_language()):
        if each in COLUMNS and (text := getattr(taxon, COLUMNS[each], "")):
            return CommonName(text, each)
    return CommonName("", settings.LANGUAGE_CODE)


def common_names(taxon: Any) -> dict[str, str]:
    """Every common name of a taxon by its language; languages without one are left out."""
    named = {language: str(getattr(taxon, column, "")) for language, column in COLUMNS.items()}
    return {language: text for language, text in named.items() if text}


def searched(language: str | None = None) -> tuple[str, ...]:
    """Whose names a reader's search lists, as `TaxonName.language` has it: everybody's, and the reader's."""
    spoken = (each for each in _languages(language or get_language()) if each != settings.LANGUAGE_CODE)
    return (EVERYBODYS, *(each for each in spoken if each in COLUMNS))


def search_names(name: str, common_names: dict[str, str]) -> list[tuple[str, str]]:
    """What a search finds a taxon by: folded names from each word on, and whose search lists them.

    ``common_names``: by language. What everybody's search lists is listed once.
    """
    everybodys = word_starts(name, common_names.get(settings.LANGUAGE_CODE, ""))
    others = [language for language in common_names if language != settings.LANGUAGE_CODE]
    return [(key, EVERYBODYS) for key in everybodys] + [
        (key, language) for language in others for key in word_starts(common_names[language]) - everybodys
    ]


def word_starts(*names: str) -> set[str]:
    """The folded names from each of their words on, at most `KEY_LENGTH` characters of each."""
    keys: set[str] = set()
    for name in names:
        words = fold(name).split()
        keys.update(" ".join(words[start:])[:KEY_LENGTH].rstrip() for start in range(len(words)))
    return keys


def _languages(language: str | None) -> list[str]:
    """A locale, the language that it is a variety of, and English: where a reader's name is looked for."""
    wanted = language or settings.LANGUAGE_CODE
    return list(dict.fromkeys([wanted, wanted.partition("-")[0], settings.LANGUAGE_CODE]))
