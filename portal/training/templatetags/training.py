"""Template tags for runs."""

from django import template

from portal.training import wording

register = template.Library()

register.filter("share_of_photos", wording.share_words)
register.filter("duration", wording.duration)
register.filter("training_steps", wording.steps)
register.filter("points_of", wording.points)
register.filter("width_of", wording.width)
register.filter("share_of_tests", wording.share_of_tests)
register.filter("question", wording.question)
register.filter("verdict", wording.verdict)


@register.filter
def way(name: str) -> str:
    """A way to name a photo, in words."""
    return str(wording.WAYS[name])
