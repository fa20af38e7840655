"""Places by their codes, in templates."""

from django import template

from portal.places import place_with_code

register = template.Library()


@register.filter
def place_name(code: str) -> str:
    """The name of the place of that code; empty where there is none."""
    return str(place_with_code(code) or "")
