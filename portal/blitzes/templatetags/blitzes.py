"""Template tags for blitzes."""

from django import template

from exporter.draw import commitment
from portal.blitzes import wording
from portal.blitzes.models import Blitz
from portal.numbers import percent

register = template.Library()

register.filter("expected_words", wording.expected)
register.filter("changed_words", wording.changed)
register.filter("moved_back_words", wording.moved_back)
register.filter("unsuspected_words", wording.unsuspected_moved)


@register.filter
def share_of(count: int, of: int) -> int:
    """So many of so many, in per cent."""
    return percent(count / of) if of else 0


@register.filter
def seal(blitz: Blitz) -> str:
    """The digest of the seed that draws its second looks."""
    return commitment(blitz.draw_seed)
