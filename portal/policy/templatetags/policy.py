"""The lab's numbers and names in templates."""

from django import template

from portal.numbers import number, percent_words, significant
from portal.policy import wording

register = template.Library()


@register.filter
def points(value: float | None) -> str:
    """A change in a share, in points: "−0.17"."""
    return wording.points(value)


@register.filter
def share_words(value: float | None) -> str:
    """A share of 1 as per cent, with one place."""
    return "–" if value is None else percent_words(value, 1)


@register.filter
def count_words(value: float | None) -> str:
    """A mean number of things, whole."""
    return "–" if value is None else number(round(value))


@register.filter
def short(value: float) -> str:
    """A number of a scale: "0.25", "4"."""
    return significant(value, 3)


@register.filter
def days_words(count: int) -> str:
    """So many days in words."""
    return wording.days(count)


@register.filter
def reaction(name: str) -> str:
    """Who reacts, in words."""
    return str(wording.REACTIONS[name])


@register.filter
def arm(name: str) -> str:
    """A way to live through the generations, in words."""
    return str(wording.ARMS[name])
