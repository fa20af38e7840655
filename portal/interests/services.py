"""Writes of what people chose."""

from django.contrib.auth.models import User

from portal.interests.choices import Choice
from portal.interests.models import Interests


def keep(user: User, choice: Choice) -> None:
    """Keep a choice with an account, in place of the one before."""
    values = {"groups": list(choice.groups), "places": list(choice.places)}
    Interests.objects.update_or_create(user=user, defaults=values)
