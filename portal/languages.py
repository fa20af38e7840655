"""Which language an answer is in: the address says it, or the reader's choice, or the reader's browser.

Pages speak the language chosen in the footer, else the one that the browser prefers. What programs read is
English, whoever asks. Addresses of feeds and badges are handed on, so they may say the language: `?lang=es`.
"""

import re
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.text import capfirst
from django.utils.translation import get_language_info
from django.views.decorators.csrf import csrf_exempt
from django.views.i18n import set_language

#: The languages by their own names.
LANGUAGES = [(code, capfirst(get_language_info(code)["name_local"])) for code, _name in settings.LANGUAGES]
PARAMETER = "lang"
#: Everything under /api/ but the two pages about it.
_PROGRAMS = re.compile(r"/api/(?!$|docs/)|/metrics$|/taxa/[0-9]+/badge\.svg$")
_ADDRESSED = re.compile(r"/feeds/|/taxa/[0-9]+/badge\.svg$")

#: Keeps the choice in a cookie. Open to posts from anywhere, for all that they can do is show another
#: language; a token would put a cookie on everybody who only reads.
choose = csrf_exempt(set_language)


class LanguageMiddleware(LocaleMiddleware):
    """Activates the language of the answer, and says to caches what it depends on."""

    def process_request(self, request: HttpRequest) -> None:
        language = _said_by_address(request)
        if language is None:
            super().process_request(request)
        else:
            translation.activate(language)
            request.LANGUAGE_CODE = language

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response.headers.setdefault("Content-Language", translation.get_language())
        if _said_by_address(request) is None:
            patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response


def _said_by_address(request: HttpRequest) -> str | None:
    """The language that the address alone decides; None where the reader does."""
    requested = request.GET.get(PARAMETER) if _ADDRESSED.match(request.path_info) else None
    if requested in dict(settings.LANGUAGES):
        return requested
    return settings.LANGUAGE_CODE if _PROGRAMS.match(request.path_info) else None


def feed_query(**values: str) -> str:
    """The query of a feed's or a badge's address, with the reader's language unless that is English."""
    language = translation.get_language()
    if language not in (None, settings.LANGUAGE_CODE):
        values[PARAMETER] = language
    return f"?{urlencode(values)}" if values else ""
