"""The methods page: the documents that say how numbers are come by, as they lie in docs/."""

import re
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from markdown import Markdown

DOCUMENTS = ("methods.md", "guards.md")
#: A link to another file of the repository, which has no address here.
_FILE_LINK = re.compile(r"\[([^\]]*)\]\((?!https?:|#|/)[^)]*\)")
_EXTENSIONS = {
    "tables": {"use_align_attribute": True},  # the content-security policy lets no style into markup
    "fenced_code": {},
    "toc": {"baselevel": 2, "toc_depth": "2-3"},
}


def methods(request: HttpRequest) -> HttpResponse:
    """How hotspots and guards are computed, and what they cannot see."""
    files = [_in_language(settings.BASE_DIR / "docs", name) for name in DOCUMENTS]
    documents = [rendered(file) for file in files if file.exists()]
    return render(request, "home/methods.html", {"documents": documents})


def _in_language(folder: Path, name: str) -> Path:
    """The document in the reader's language, or the original where that has none."""
    translated = folder / (get_language() or "") / name
    return translated if translated.exists() else folder / name


def rendered(file: Path) -> dict[str, SafeString]:
    """A Markdown document as HTML: title, contents, and body with headings from the second level on."""
    converter = Markdown(extensions=[*_EXTENSIONS], extension_configs=_EXTENSIONS)
    body = converter.convert(_FILE_LINK.sub(r"\1", file.read_text(encoding="utf-8")))
    title = converter.toc_tokens[0]["html"]
    parts = {"title": title, "body": body, "contents": converter.toc}
    return {name: mark_safe(part) for name, part in parts.items()}  # noqa: S308 our own documents
