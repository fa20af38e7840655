"""Template tags for runs."""

from django import template

from portal.training import wording

register = template.Library()

register.filter("share_of_photos", wording.share_words)
register.filter("duration", wording.duration)
register.filter("training_steps", wording.steps)
