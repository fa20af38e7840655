"""What every page is framed with: the data that its numbers come from, and places for higher rooms."""

from typing import Any
from urllib.parse import urlencode

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language

from portal import slots
from portal.lake import wording
from portal.lake.models import Refresh
from portal.lake.queries import NAMED, current_refresh
from portal.messages import rendered

register = template.Library()

register.filter("rendered", rendered)


@register.simple_tag(takes_context=True)
def current_data(context: template.Context) -> Refresh | None:
    """The refresh that every number on the page comes from, unless the view has looked it up already."""
    return context["data"] if "data" in context else current_refresh(context.get("criteria") or "")


@register.filter
def sources(refresh: Refresh) -> str:
    """Where the data came from, in words."""
    return wording.sources(refresh.sources)


@register.filter
def source_ages(refresh: Refresh) -> list[str]:
    """How old the records of each source are, a sentence each."""
    return wording.ages(refresh.sources)


@register.filter
def common_names_note(refresh: Refresh) -> str:
    """In which language the reader sees common names."""
    language = (get_language() or settings.LANGUAGE_CODE).partition("-")[0]
    return wording.common_names(language, refresh.counts.get(NAMED, {}).get(language, 0))


@register.simple_tag(takes_context=True)
def sign_in_url(context: template.Context) -> str:
    """Where to sign in, to come back to this page; to where one would have come, on pages of accounts."""
    address = reverse("accounts:sign_in")
    request = context.get("request")
    if request is None:
        return address
    here = request.get_full_path()
    if here.startswith(reverse("accounts:account")):
        here = request.GET.get("next", "")
    return f"{address}?{urlencode({'next': here})}" if here else address


@register.simple_tag
def contact() -> str:
    """Where people reach whoever runs this portal."""
    return settings.CONTACT


@register.simple_tag(takes_context=True)
def slot(context: template.Context, place: str, subject: Any = None) -> Any:
    """What a higher room has for this place in the page."""
    return slots.filled(place, context, subject)
