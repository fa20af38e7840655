"""The catalogues of translations. ``python -m tools.catalogue`` brings them up to date and compiles them.

Messages are found by Babel in Python and in Django's templates: no gettext tools are needed.
"""

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from portal.messages import TEXTS

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
KEYWORDS: dict[str, Any] = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop")),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    "npgettext": ((1, "c"), 2, 3),
}
HEADER = "# Translations of Leafline. How to add to them: CONTRIBUTING.md, How to translate."


def extract_template(file: IO[bytes], keywords: Any, comment_tags: Any, options: Any) -> Iterator[Any]:
    """Babel's method for a template of Django's, which Django itself turns into calls of gettext."""
    calls = templatize(file.read().decode())
    flush_left = re.sub(r"(?m)^[ \t]+", "", calls)
    return extract_python(BytesIO(flush_left.encode()), keywords, comment_tags, options)


def extracted() -> Catalog:
    """Every message of the portal, without translations, in the order of its files; then the stored ones."""
    # Babel takes functions and files without a line too, of which its types know nothing.
    methods: list[tuple[str, Any]] = [("portal/**.py", "python"), ("templates/**", extract_template)]
    nowhere: Any = None
    result = Catalog()
    for file, _line, message, comments, context in extract_from_dir(ROOT, methods, keywords=KEYWORDS):
        result.add(message, None, [(file, nowhere)], auto_comments=comments, context=context)
    for text in TEXTS.values():
        result.add((text.one, text.many) if text.many else text.one, None, [("portal/messages.py", nowhere)])
    return result


def languages() -> list[str]:
    """The languages that have a catalogue."""
    return sorted(folder.name for folder in LOCALE.iterdir() if folder.is_dir())


def path_of(language: str) -> Path:
    """Where a language's catalogue lies; the compiled one lies beside it as django.mo."""
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def read(language: str) -> Catalog:
    """A language's catalogue as it is written."""
    with path_of(language).open("rb") as file:
        return read_po(file, locale=language)


def messages(catalogue: Catalog) -> list[Message]:
    """Its messages but for the header."""
    return [message for message in catalogue if message.id]


def is_translated(message: Message) -> bool:
    """Whether every form of a message has its words, and nobody doubts them."""
    forms = message.string if isinstance(message.string, tuple) else (message.string,)
    return all(forms) and not message.fuzzy


def compiled(catalogue: Catalog) -> bytes:
    """The catalogue as Django reads it."""
    file = BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def update(language: str) -> list[Message]:
    """Take new messages into a language's catalogue, drop those gone, and compile; gives what lacks words."""
    path = path_of(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    catalogue = read(language) if path.exists() else _new(language)
    catalogue.update(extracted(), no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    with path.open("wb") as file:
        write_po(file, catalogue, width=110, include_lineno=False, sort_by_file=True)
    path.with_suffix(".mo").write_bytes(compiled(catalogue))
    return [message for message in messages(catalogue) if not is_translated(message)]


def _new(language: str) -> Catalog:
    now = datetime.now(UTC)
    return Catalog(
        language,
        header_comment=HEADER,
        project="Leafline",
        version="1",
        creation_date=now,
        revision_date=now,
        last_translator="Leafline contributors",
        language_team=language,
        msgid_bugs_address="see CONTRIBUTING.md",
        fuzzy=False,
    )


def main(*names: str) -> None:
    """Bring these languages up to date, or all; say what is left to translate."""
    for language in names or languages():
        missing = update(language)
        print(f"{language}: {len(missing)} messages to translate in {path_of(language).relative_to(ROOT)}")
        for message in missing:
            print(f"  {message.id if isinstance(message.id, str) else message.id[0]}")


if __name__ == "__main__":
    main(*sys.argv[1:])
